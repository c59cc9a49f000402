"""Recipes as data: their steps, and what counts as evidence. What becomes of parts of others is in ``test_parts``."""

from __future__ import annotations

from typing import Any

import aiokafka.errors
import kafka.errors
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from harness.clusters.can import Ability
from harness.events import FaultEvent
from harness.faults import FAULTS, Fault
from harness.faults.fault import flat
from harness.faults.parameters import UnderLoad
from harness.faults.steps import (
    AwaitAcks,
    AwaitEnd,
    AwaitFired,
    Cut,
    Kill,
    LineNeed,
    MakeReadOnly,
    MakeWritable,
    Mend,
    Pause,
    PauseClient,
    Restart,
    Resume,
    ResumeClient,
    Send,
    SetRules,
    ShutDown,
    Sleep,
)
from harness.faults.wire import InjectError, LoseAck, LoseRequest, Reorder
from harness.wire.rules import WireRule


def _events(*whats: str) -> list[FaultEvent]:
    return [FaultEvent(at_ns, what, {}) for at_ns, what in enumerate(whats)]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@given(st.integers(1, 10_000_000), st.integers(1, 1_000_000))
@settings(max_examples=20)
def test_a_recipe_sends_what_it_is_asked_for_and_nothing_proves_it_but_its_deeds(
    fault: Fault, messages: int, warmup: int
) -> None:
    parameters = fault.parameters(messages=messages, warmup=warmup)
    (load,) = [step for step in fault.drawn(parameters, seed=1).steps if isinstance(step, Send)]
    assert fault.loads(parameters) == {fault.name: load}
    assert load.count == messages and (load.rate is None or load.rate == parameters.rate)  # type: ignore[attr-defined]
    assert fault.messages(parameters) == messages + warmup, "a journal's row for each message"
    assert fault.seconds(parameters, {}) >= (messages / load.rate if load.rate else 0) or fault.name == "kill-producer"
    assert not fault.fired([]) and not fault.fired(_events("sent", "leader", "isr", "jitter", "observe"))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_recipe_undoes_what_it_did(fault) -> None:  # type: ignore[no-untyped-def]
    steps = fault.script(fault.parameters()).steps
    frozen: set[str] = set()
    down: set[str] = set()
    locked: set[str] = set()
    cut_off: set[str] = set()
    for step in steps:
        match step:
            case Pause(target):
                frozen.add(target)
            case Resume(target):
                frozen.remove(target)
            case Kill(target) | ShutDown(target) | AwaitEnd(target):
                frozen.discard(target)
                down.add(target)
            case Restart(target):
                down.remove(target)
            case PauseClient():
                frozen.add("client")
            case ResumeClient():
                frozen.remove("client")
            case MakeReadOnly(target):
                locked.add(target)
            case MakeWritable(target):
                locked.remove(target)
            case Cut(target=target):
                cut_off.add(target)
            case Mend(target):
                cut_off.remove(target)
    assert not frozen | down | locked | cut_off
    wires = [step for step in steps if isinstance(step, SetRules)]
    assert not wires or wires[-1].rules == ()


def test_when_a_fault_strikes() -> None:
    assert UnderLoad(after_acks=100).trigger == (AwaitAcks(100),)
    assert UnderLoad(after_acks=100, messages=10).trigger == (AwaitAcks(10),)
    assert UnderLoad(after_s=1.5).trigger == (Sleep(1.5),)
    after = UnderLoad(after_requests=7)
    assert after.trigger == (AwaitFired("observe"),)
    (watch,) = after.watch
    assert isinstance(watch, SetRules) and watch.rules == (WireRule("observe", skip=6, times=1),)
    with pytest.raises(ValueError, match="exclude each other"):
        UnderLoad(after_s=1, after_requests=7)


def _jitter_s(fault: str, drawn_by: int, /, **parameters: Any) -> list[float]:
    """What was drawn of it, part by part."""
    steps = FAULTS[fault].drawn(FAULTS[fault].parameters(**parameters), drawn_by).steps
    return [step.seconds for step in flat(steps) if isinstance(step, Sleep) and step.drawn]


@given(st.integers(0, 2**48), st.integers(0, 2**48), st.floats(0.001, 60))
def test_chance_is_of_the_seed(seed: int, other: int, jitter_s: float) -> None:
    (once,), (again,) = (_jitter_s("kill-leader", seed, jitter_s=jitter_s) for _ in range(2))
    assert once == again and 0 <= once <= jitter_s
    assert (_jitter_s("kill-leader", other, jitter_s=jitter_s) == [once]) is (seed == other)
    pinned = [_jitter_s("kill-leader", each, jitter_s=jitter_s, seed=7) for each in (seed, other)]
    assert pinned[0] == pinned[1], "a seed of its own pins it"
    both = {"kill_leader": {"jitter_s": jitter_s}, "kill_controller": {"jitter_s": jitter_s}}
    first, second = _jitter_s("kill-leader with kill-controller", seed, **both)
    assert first != second, "parts draw for themselves"
    assert UnderLoad(jitter_s=jitter_s).trigger[-1] == Sleep(jitter_s, drawn=True), "undrawn as late as it may be"


def test_which_requests_are_hit_by_chance_is_of_the_seed() -> None:
    def rule(drawn_by: int, /, **given: Any) -> WireRule:
        wire, *_ = FAULTS["lose-ack"].drawn(LoseAck(probability=0.25, **given), drawn_by).steps
        assert isinstance(wire, SetRules)
        return wire.rules[0]

    ordinals = [[n for n in range(200) if rule(seed).due(n)] for seed in (1, 1, 2)]
    assert ordinals[0] == ordinals[1] != ordinals[2]
    assert rule(1, seed=9) == rule(2, seed=9) and rule(1).every is None


def test_a_zombie_is_one_only_if_another_led_before_it_woke() -> None:
    fired = FAULTS["zombie-leader"].fired
    assert fired(_events("pause", "failover", "resume", "sent"))
    assert not fired(_events("pause", "resume", "failover"))
    assert not fired(_events("pause", "failover"))


def test_a_kill_counts_only_if_the_cluster_noticed() -> None:
    fired = FAULTS["kill-leader"].fired
    assert fired(_events("kill", "failover", "restart"))
    assert not fired(_events("kill", "restart"))


def test_a_partition_counts_only_if_the_cluster_reacted_while_it_lasted() -> None:
    for name, reaction in (
        ("partition-controller", "failover"),
        ("partition-followers", "isr-shrunk"),
        ("partition-leader", "failover"),
    ):
        fired = FAULTS[name].fired
        assert fired(_events("cut", reaction, "mend", "healthy", "sent"))
        assert not fired(_events("cut", "mend", reaction))
        assert not fired(_events("cut", reaction))
        assert FAULTS[name].refuses(None, {"replication.factor": 1}) == "with replication factor 1 there is no follower"


def _needs(name: str, **parameters: Any) -> set[object]:
    return set(FAULTS[name].needs(FAULTS[name].parameters(**parameters)))


def test_what_a_fault_needs_is_what_its_steps_need() -> None:
    assert _needs("kill-producer") == set()
    assert _needs("kill-leader") == {Ability.KILL, Ability.START}
    assert _needs("kill-leader", after_requests=7) == {Ability.KILL, Ability.START, LineNeed.PROXY}
    assert _needs("partition-leader") == {Ability.LINKS, Ability.CONTROLLER}
    assert _needs("partition-followers") == {Ability.LINKS}
    assert _needs("kill-controller") == {Ability.KILL, Ability.START, Ability.CONTROLLER}
    assert _needs("disconnect-leader") == {Ability.DISCONNECT}
    assert _needs("disk-lost") == {Ability.KILL, Ability.START, Ability.DISKS}
    assert _needs("rolling-stop") == {Ability.SHUT_DOWN, Ability.START}
    assert _needs("rolling-kill") == {Ability.KILL, Ability.START}
    assert _needs("lose-ack with partition-leader") == {Ability.LINKS, Ability.CONTROLLER, LineNeed.PROXY}
    assert _needs("lose-ack then kill-leader") == {Ability.KILL, Ability.START, LineNeed.PROXY}


def test_wire_faults_count_only_if_a_request_was_hit() -> None:
    assert FAULTS["lose-ack"].fired(_events("lose-ack"))
    assert not FAULTS["lose-ack"].fired(_events("sent"))


def test_where_a_fault_says_nothing_it_says_why() -> None:
    assert FAULTS["lose-ack"].refuses(LoseAck(), {"acks": "0"}) == "acks=0 has no acknowledgement to lose"
    assert FAULTS["lose-ack"].refuses(LoseAck(), {"acks": "1"}) is None
    assert "nobody else can lead" in (FAULTS["zombie-leader"].refuses(None, {"replication.factor": 1}) or "")
    assert FAULTS["zombie-leader"].refuses(None, {"replication.factor": 3}) is None
    assert FAULTS["lose-request"].refuses(LoseRequest(), {"acks": "0"}) is None


@pytest.mark.parametrize("name", ["kill-coordinator", "pause-coordinator", "kill-in-transaction"])
def test_what_is_about_transactions_says_nothing_without_any(name: str) -> None:
    fault = FAULTS[name]
    assert (fault.refuses(fault.parameters(), {}) or "").startswith("it has no transactions")
    assert fault.refuses(fault.parameters(), {"transactional": True}) is None


def test_a_producer_is_killed_in_a_transaction_only_if_some_of_it_was_acked() -> None:
    fault = FAULTS["kill-in-transaction"]
    killed = [[FaultEvent(0, "kill-client", {"acks": 9, "uncommitted": some})] for some in (0, 1)]
    assert [fault.fired(events) for events in killed] == [False, True]


@pytest.mark.parametrize("restart", [False, True])
def test_the_transaction_is_as_large_as_the_load_and_ends_before_it_is_aborted(restart: bool) -> None:
    fault = FAULTS["kill-in-transaction"]
    brought = fault.settings(fault.parameters(messages=700, restart=restart))
    assert int(brought["transaction.messages"]) > 700
    assert ("transaction.timeout.ms" in brought) is not restart
    assert int(brought["transaction.interval.ms"]) < int(brought.get("transaction.timeout.ms", 60_000))


def test_the_wire_rule_is_what_the_parameters_say() -> None:
    parameters = LoseAck(skip=1, every=3, times=2, silent=True)
    (wire, *_) = FAULTS["lose-ack"].script(parameters).steps
    assert isinstance(wire, SetRules)
    (rule,) = wire.rules
    assert (rule.action, rule.skip, rule.every, rule.times, rule.silent) == ("lose-ack", 1, 3, 2, True)


@pytest.mark.parametrize("error", [3, 6, 7, 20, 46, 56])
def test_what_a_broker_gives_for_what_it_wrote_can_be_forged_for_it(error: int) -> None:
    (wire, *_) = FAULTS["inject-error"].drawn(InjectError(error=error, forward=True), seed=1).steps
    assert isinstance(wire, SetRules) and (wire.rules[0].error, wire.rules[0].forward) == (error, True)


@pytest.mark.parametrize("error", [19, 87, 29])
def test_what_no_broker_gives_for_it_is_refused(error: int) -> None:
    assert InjectError(error=error).forward is False
    with pytest.raises(
        ValueError, match=f"no broker gives error {error} for what it wrote; with forward it is one of 3 "
    ):
        InjectError(error=error, forward=True)


def test_nobody_is_told_that_a_broker_has_what_it_never_got() -> None:
    with pytest.raises(ValueError, match="clients take error 46 for success, and no broker gives it for what"):
        InjectError(error=46)


@given(st.integers(1, 120))
def test_a_batch_is_refused_only_with_what_every_client_tries_again(error: int) -> None:
    """By the libraries' own word, and by Kafka's; librdkafka's cannot be asked."""
    tried_again = bool(kafka.errors.for_code(error).retriable and aiokafka.errors.for_code(error).retriable)
    try:
        assert Reorder(error=error).error == error and tried_again and ErrorCode(error).retriable
    except ValueError as refused:
        assert f"not every client sends a batch again after {error}; it is one of 3 UNKNOWN_TOPIC" in str(refused)
        assert not (tried_again and error in (3, 5, 6, 7, 19, 20, 56))


@pytest.mark.parametrize("name", ["lose-ack", "lose-request", "inject-error"])
def test_a_fault_of_some_requests_can_be_of_one_partition(name: str) -> None:
    fault = FAULTS[name]
    for partition in (None, 0, 2):
        (wire, *_) = fault.script(fault.parameters(partition=partition)).steps
        assert isinstance(wire, SetRules) and [rule.partition for rule in wire.rules] == [partition]
    with pytest.raises(ValueError, match="partition"):
        fault.parameters(partition=-1)


@pytest.mark.parametrize("name", ["lose-ack", "inject-error", "delay", "hold", "refuse", "bandwidth"])
def test_a_load_of_flushes_can_be_paced_instead(name: str) -> None:
    fault = FAULTS[name]
    flushed, paced = fault.parameters(messages=900), fault.parameters(messages=900, rate=300)
    assert fault.loads(flushed) == {name: Send(900, flush_every=50)}
    assert fault.loads(paced) == {name: Send(900, rate=300)}
    assert fault.seconds(paced, {}) >= 3


def test_a_fault_that_is_not_there_is_not_composed() -> None:
    for name in ("lose-ack then nothing", "nothing with lose-ack", "nothing"):
        with pytest.raises(KeyError):
            FAULTS[name]
    with pytest.raises(ValueError, match="names a fault twice"):
        FAULTS["lose-ack then lose-ack"]


@pytest.mark.parametrize(
    ("partitions", "messages", "rolls"), [(1, 16_000, True), (3, 16_000, False), (3, 40_000, True)]
)
def test_a_disk_that_is_read_only_is_found_out_only_where_a_segment_is_filled(
    partitions: int, messages: int, rolls: bool
) -> None:
    fault = FAULTS["read-only-disk"]
    parameters = fault.parameters(messages=messages)
    refusal = fault.refuses(parameters, {"partitions": partitions, **fault.settings(parameters)})
    assert (refusal is None) is rolls
