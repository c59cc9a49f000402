"""What an entry of the catalogue is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from harness.events import FaultEvent, parts_of
from harness.faults.steps import AwaitHealthy, AwaitSent, Need, Part, Send, Step, Together
from harness.faults.timing import least_s

Config = Mapping[str, Any]
_SET_UP_S = 1.5  # and the scan


@dataclass(frozen=True)
class Script:
    """The steps of a trial: what is set up, the load that is started then, what happens meanwhile, what is undone.

    The load goes on while ``during`` is carried out; after it the trial waits until all is sent and reported.
    """

    load: Send
    before: tuple[Step, ...] = ()
    during: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*self.before, self.load, *self.during, AwaitSent(), *self.after)

    @property
    def every_step(self) -> Iterator[Step]:
        """Those of parts among them."""
        return flat(self.steps)


@dataclass(frozen=True)
class InTurn:
    """Scripts, each begun when the one before has ended and the cluster is whole again, with the names of their
    faults.
    """

    parts: tuple[tuple[str, Script], ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        first, *others = (Part(fault, script.steps) for fault, script in self.parts)
        return (first, *(step for other in others for step in (AwaitHealthy(), other)))

    @property
    def every_step(self) -> Iterator[Step]:
        return flat(self.steps)


def flat(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps, and those of parts in the place of the parts."""
    for step in steps:
        if isinstance(step, Together):
            yield from flat(step.parts)
        elif isinstance(step, Part):
            yield from flat(step.steps)
        else:
            yield step


def _loads(fault: str, steps: Sequence[Step]) -> Iterator[tuple[str, Send]]:
    for step in steps:
        if isinstance(step, Part):
            yield from _loads(step.fault, step.steps)
        elif isinstance(step, Send):
            yield fault, step


def _says_something(parameters: Any, config: Config) -> str | None:
    return None


@dataclass(frozen=True)
class Fault:
    """One entry of the catalogue. All its functions are pure."""

    name: str
    summary: str
    parameters: type[BaseModel]
    """Has ``messages``, ``message_size``, ``warmup`` and ``seeded`` (``Parameters``)."""
    script: Callable[[Any], Script | InTurn]
    """Of its parameters. What is left to chance and not drawn yet is as late as it may be."""
    fired: Callable[[Sequence[FaultEvent]], bool]
    estimate_s: Callable[[Any, Config], float]
    """About how long a trial of it takes, set-up and scan included, where the script does not take longer."""
    refuses: Callable[[Any, Config], str | None] = _says_something
    """Why the fault would say nothing in this configuration, or None."""
    settings: Callable[[Any], Config] = lambda parameters: {}
    """Settings of client and topic that the recipe is made for, in Kafka's names; a workload's own win."""
    states: Mapping[str, Any] = field(default_factory=dict)
    """What of its ``harness.effects.Effects`` its script does not say, or says otherwise."""

    def drawn(self, parameters: Any, seed: int) -> Script | InTurn:
        """What a trial carries out; the same seed draws the same of all that is left to chance."""
        return self.script(parameters.seeded(seed))

    def loads(self, parameters: Any) -> dict[str, Send]:
        """The load under which each fault that it is composed of really runs; a simple one's is its own.

        Faults at once share one load, whatever their own parameters say.
        """
        loads = _loads(self.name, self.script(parameters).steps)
        return {part: load for fault, load in loads for part in parts_of(fault)}

    def needs(self, parameters: Any) -> frozenset[Need]:
        """What its steps need, of the cluster and of the client's line to it."""
        return frozenset().union(*(step.needs for step in self.script(parameters).every_step))

    def messages(self, parameters: Any) -> int:
        """How many messages a trial of it sends, warm-up included."""
        return int(parameters.warmup + parameters.messages)

    def message_size(self, parameters: Any) -> int:
        return int(parameters.message_size)

    def seconds(self, parameters: Any, config: Config) -> float:
        """About how long a trial of it takes; never less than its script does."""
        return max(self.estimate_s(parameters, config), _SET_UP_S + least_s(self.script(parameters).steps))


def given(*names: str) -> Callable[[Any], Config]:
    """Settings that a fault's parameters of the same names give, with underscores for dots; None leaves one alone."""

    def settings(parameters: Any) -> Config:
        values = {name: getattr(parameters, name.replace(".", "_")) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    return settings


def in_order(*whats: str) -> Callable[[Sequence[FaultEvent]], bool]:
    """Evidence that these events came to pass, in this order, whatever else did in between."""

    def fired(events: Sequence[FaultEvent]) -> bool:
        seen = iter(event.what for event in events)
        return all(what in seen for what in whats)

    return fired


def hit(action: str) -> Callable[[Sequence[FaultEvent]], bool]:
    """The proxy says that a rule of this action fell on a request."""
    return lambda events: any(event.what == action for event in events)


def no_ack(otherwise: str) -> Callable[[Any, Config], str | None]:
    """Refuses acks=0, with this reason."""
    return lambda parameters, config: otherwise if config["acks"] == "0" else None


def no_transactions(parameters: Any, config: Config) -> str | None:
    """Refuses to strike at a point of a transaction where there are none."""
    strikes_in_one = parameters.point is not None and not config.get("transactional")
    return "it has no transactions that could be open" if strikes_in_one else None


def first_of(*refusals: Callable[[Any, Config], str | None]) -> Callable[[Any, Config], str | None]:
    """Refuses with the first reason that there is."""
    return lambda parameters, config: next(filter(None, (refuses(parameters, config) for refuses in refusals)), None)
