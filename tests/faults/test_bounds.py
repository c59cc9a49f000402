"""Every wait of every recipe, at the extremes of its parameters, is longer than what is waited for takes of itself."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from harness import clients
from harness.bounds import Bounds, bytes_of
from harness.faults import FAULTS
from harness.faults.fault import InTurn, Script
from harness.faults.stage import RecipeFailed, Stage
from harness.faults.steps import AwaitAcks, AwaitFired, AwaitSent, KillClient, Part, Send, SetRules, Sleep, Step
from harness.faults.timing import losses, outage_s, slowest_rate
from harness.topics import Topics
from harness.trial.waits import client_waits
from harness.workers.fleet import Fleet
from harness.workers.movement import Movement
from harness.workers.worker import Worker

COMPOSED = (
    "lose-ack then kill-leader",
    "pause-controller with kill-leader",
    "restart-producer then partition-followers",
    "hold with slow-follower then rolling-kill",
    "kill-coordinator with kill-in-transaction",
)
_LARGE = 10_000_000
_BYTES_PER_S = 20_000_000  # a slow cluster replicates more
BROKERS = 3


def _extremes(annotation: Any, default: Any, metadata: list[Any]) -> list[Any]:
    """The values at the ends of what a field takes, and its default."""
    if annotation is bool:
        return [False, True]
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation()]
    kinds = get_args(annotation) or (annotation,)
    kind = next(each for each in kinds if each is not NoneType)
    if get_origin(kind) is Literal:
        return [*get_args(kind), None]
    least = next((getattr(m, name) for m in metadata for name in ("ge", "gt") if hasattr(m, name)), 0)
    most = next((m.le for m in metadata if hasattr(m, "le")), _LARGE)
    ends = [kind(least) or (kind(1) if kind is int else 0.001), kind(most), default]
    return [*ends, None] if NoneType in kinds else ends


def _parameters(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Instances of a parameter model with each field at one of its extremes."""
    each = {
        name: _parameters(field.annotation)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        else st.sampled_from(_extremes(field.annotation, field.get_default(call_default_factory=True), field.metadata))
        for name, field in model.model_fields.items()
    }
    return st.fixed_dictionaries(each).map(lambda given: _valid(model, given)).filter(lambda made: made is not None)


def _valid(model: type[BaseModel], given: dict[str, Any]) -> Any:
    try:
        return model.model_validate(given)
    except ValidationError:  # triggers that exclude each other, an error that no broker gives for what it wrote
        return None


_CONFIGS: tuple[dict[str, Any], ...] = (
    {},
    {"request.timeout.ms": 1, "delivery.timeout.ms": 1, "linger.ms": 0, "retry.backoff.ms": 1},
    {"request.timeout.ms": 600_000, "delivery.timeout.ms": 3_600_000, "linger.ms": 900_000, "enable.idempotence": True},
)


def _bounds(script: Script | InTurn, client: str, config: dict[str, Any], messages: int, size: int) -> Bounds:
    waits = client_waits(client, config, {**clients.load(client).DEFAULTS, **config})
    return Bounds.of(
        waits,
        bytes_of(messages, size),
        rate=slowest_rate(script.every_step),
        outage_s=outage_s(script.every_step, BROKERS),
        losses=losses(script.every_step),
    )


@pytest.mark.parametrize("name", [*FAULTS, *COMPOSED])
@settings(max_examples=20)
@given(data=st.data())
def test_no_wait_ends_before_what_is_waited_for(name: str, data: st.DataObject) -> None:
    fault = FAULTS[name]
    parameters = data.draw(_parameters(fault.parameters))
    client = data.draw(st.sampled_from(sorted(clients.CLIENTS)))
    config = data.draw(st.sampled_from(_CONFIGS))
    script = fault.script(parameters)
    bounds = _bounds(script, client, config, fault.messages(parameters), fault.message_size(parameters))

    slept_s = sum(step.seconds for step in script.every_step if isinstance(step, Sleep))
    silent_s = slept_s + _unanswered_s(script, client, config)
    stored_bytes = bytes_of(fault.messages(parameters), fault.message_size(parameters))
    assert bounds.cluster_s > slept_s + stored_bytes / _BYTES_PER_S
    for load in (step for step in script.every_step if isinstance(step, Send)):
        for wait in script.every_step:
            if isinstance(wait, AwaitAcks | AwaitFired):
                _waited(bounds, load, wait.count if isinstance(wait, AwaitAcks) else load.count, silent_s)
            if isinstance(wait, AwaitSent):  # all but the rules is undone by then
                _waited(bounds.undisturbed, load, load.count, silent_s - slept_s)


def _unanswered_s(script: Script | InTurn, client: str, config: dict[str, Any]) -> float:
    """How long the script's silent rules keep a client waiting that has nothing better to do than to wait for each."""
    timeout_s = float(config.get("request.timeout.ms", 30_000)) / 1000
    given_up_s = float(config.get("delivery.timeout.ms", 120_000)) / 1000
    if client == "aiokafka":  # an idempotent one never gives up
        given_up_s = math.inf if config.get("enable.idempotence") else 0.0
    rules = [rule for step in script.every_step if isinstance(step, SetRules) for rule in step.rules if rule.silent]
    return min(timeout_s * (1 + sum(rule.times or 0 for rule in rules)), max(timeout_s, given_up_s))


@dataclass
class _Client:
    """One that hands a load over at its pace, a message a millisecond where it has none, and reports all as it goes,
    but for an outage from its first message on.
    """

    load: Send
    outage_s: float
    now_s: float = 0.0
    killed = False

    @property
    def progress(self) -> _Client:
        """It keeps count by itself."""
        return self

    def moved(self) -> tuple[int, int]:
        at_work_s = max(0.0, self.now_s - self.outage_s)
        sent = min(self.load.count, 1 + int(at_work_s * (self.load.rate or 1000)))
        return sent, sent if at_work_s else 0

    def acks(self, first: int = 0) -> int:
        return self.moved()[1]

    def fail_if_dead(self) -> None: ...

    def stage(self, bounds: Bounds) -> Stage:
        cluster = cast(Any, self)  # which has not ended either
        fleet = Fleet([cast(Worker, self)])
        fleet.start(self.load.count, bounds, rate=self.load.rate)
        return Stage(cluster, Topics(("",), 1), fleet, None, bounds, clock_ns=lambda: int(self.now_s * 1e9))

    def start(self, count: int, bounds: Bounds, **how: Any) -> None: ...

    def sent(self) -> int:
        return 0  # when the load begins


def _waited(bounds: Bounds, load: Send, count: int, outage_s: float) -> None:
    """A wait for so many acks of this load comes to its end, however long the load takes."""
    client = _Client(load, outage_s)
    pace_s = 1 / (load.rate or 1000)
    waiting = client.stage(bounds).while_load_moves(lambda: client.acks() >= min(count, load.count), "not acked")
    for look in range(1_000):
        if next(waiting, "over") == "over":
            return
        # Looks within the outage and between the first messages; then as few as there is time for in a test.
        seldom_s = pace_s / 3 if look < 40 else max(1.5 * pace_s, load.count * pace_s / 100)
        step_s = outage_s / 20 if client.now_s < outage_s else seldom_s
        client.now_s += max(step_s, client.now_s * 1e-9)  # what a float still tells apart
    raise AssertionError("it did not end")


def test_a_wait_for_a_load_that_stands_still_ends() -> None:
    client = _Client(Send(100, rate=10), outage_s=1e9)
    waiting = client.stage(Bounds(explained_s=5, undisturbed_s=5, asked_s=5, cluster_s=5)).while_load_moves(
        lambda: False, "it was not acked"
    )
    with pytest.raises(RecipeFailed, match=r"nothing moved for 1[56]\.\d s: settings and fault explain 5\.0 s"):
        for _ in waiting:
            client.now_s += 0.5


def test_a_wait_for_what_a_load_brings_about_ends_soon_after_the_load() -> None:
    client = _Client(Send(100, rate=10), outage_s=0)
    waiting = client.stage(Bounds(explained_s=1000, undisturbed_s=5, asked_s=5, cluster_s=5)).while_load_moves(
        lambda: False, "it did not end", 3
    )
    with pytest.raises(RecipeFailed, match=r"it did not end, and nothing moved for 3\.\d s: the load is over"):
        for _ in waiting:
            client.now_s += 0.1
    assert 13 <= client.now_s < 14


def test_what_a_full_client_is_offered_again_and_again_moves_nothing() -> None:
    counts = itertools.cycle([(500, 100), (480, 100)])
    now_s = itertools.count()
    movement = Movement(lambda: next(counts), lambda: next(now_s) * 10**9)
    assert [movement.still_s() for _ in range(4)] == [1, 2, 3, 4]


def _outermost(steps: Sequence[Step]) -> list[Step]:
    """Those that follow each other, whosever they are; not those of parts at once."""
    return [own for step in steps for own in (_outermost(step.steps) if isinstance(step, Part) else [step])]


@pytest.mark.parametrize("name", [*FAULTS, *COMPOSED])
@settings(max_examples=20)
@given(data=st.data())
def test_no_estimate_is_shorter_than_what_surely_passes(name: str, data: st.DataObject) -> None:
    fault = FAULTS[name]
    parameters = data.draw(_parameters(fault.parameters))
    steps = _outermost(fault.script(parameters).steps)
    pauses_s = sum(step.seconds for step in steps if isinstance(step, Sleep))
    killed = any(isinstance(step, KillClient) for step in steps)
    paced_s = sum(step.count / step.rate for step in steps if isinstance(step, Send) and step.rate and not killed)
    assert fault.seconds(parameters, fault.settings(parameters)) >= max(pauses_s, paced_s)


@pytest.mark.parametrize(
    ("name", "parameters", "least_s", "most_s"),
    [
        ("kill-leader", {"rate": 50}, 180, 190),
        ("kill-producer", {"rate": 50}, 30, 35),
        ("lose-ack", {"silent": True}, 5, 15),
        ("lose-ack", {"silent": True, "request_timeout_ms": 20_000}, 100, 110),
        ("pause-leader", {"after_s": 60, "down_s": 100}, 160, 170),
        ("kill-producer with lose-ack", {"kill_producer": {"after_s": 60}}, 60, 70),
    ],
)
def test_estimates(name: str, parameters: dict[str, Any], least_s: float, most_s: float) -> None:
    fault = FAULTS[name]
    made = fault.parameters.model_validate(parameters)
    assert least_s <= fault.seconds(made, fault.settings(made)) <= most_s
