"""What is done to the new arm, and what has to show it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from harness.compare.outcome import Outcome
from harness.events import Metric
from harness.trial.venue import Running
from harness.wire.rules import WireRule
from harness.workers.fleet import Fleet

_FAULT_ROUNDS = 10


@dataclass(frozen=True)
class Effect:
    """What befalls the new arm, and what has to show it."""

    name: str
    shows: tuple[Metric, ...] = ()
    """Any of these figures."""
    outcome: Outcome = Outcome.REGRESSED
    """What a comparison with it has to come to."""
    rule: Callable[[Base], WireRule] | None = None
    paced: bool = False
    """Whether it is for the paced load; else for that as fast as it goes."""
    from_share: float = 0.0
    """Of the load, when it begins."""
    once: Callable[[Running, Fleet], None] | None = None
    """Done once, behind ``from_share`` of a load as fast as it goes of the new arm, in its second round."""
    loses_a_record: bool = False
    """One trial of the new arm has none."""
    fault: str | None = None
    """In all trials, instead of the loads."""
    acks: tuple[str, str] = ("all", "all")
    """Of the base and of the new arm."""

    def trials(self, loads: Sequence[Mapping[str, object]]) -> dict[str, object]:
        """What a workload says of them."""
        if self.fault is not None:
            return {"faults": {"recipes": [self.fault], "repeats": _FAULT_ROUNDS}}
        return {"performance": {"partitions": 1, "loads": [*map(dict, loads)]}}

    @property
    def rounds(self) -> int | None:
        """Of one comparison, where nothing is to be estimated: none is drawn from it."""
        if self.fault is not None:
            return _FAULT_ROUNDS
        return 4 if self.once is not None or self.loses_a_record else None


@dataclass(frozen=True)
class Base:
    """What the base has without the effect, by its last trials."""

    bytes_per_s: float
    median_ms: float


def line(factor: float, base: Base) -> WireRule:
    return WireRule("bandwidth", bytes_per_s=int(factor * base.bytes_per_s))


def _kill(running: Running, fleet: Fleet) -> None:
    os.kill(fleet.workers[0].pid, signal.SIGKILL)


ALIKE = Effect("alike", outcome=Outcome.PASSED)


def effects(factor: float) -> Iterator[Effect]:
    """A line of ``factor`` times the base's bytes a second takes a fifth of the throughput."""
    yield Effect("a fifth less throughput", (Metric.THROUGHPUT,), rule=partial(line, factor))
    yield Effect(
        "median latency up by a fifth", (Metric.MEDIAN,), paced=True,
        rule=lambda base: WireRule("delay", ms=max(1, round(0.2 * base.median_ms))),
    )  # fmt: skip
    yield Effect(
        "20 ms more for every 50th request", (Metric.P99,), paced=True,
        rule=lambda base: WireRule("delay", ms=20, every=50),
    )  # fmt: skip
    yield Effect(
        "a line half as wide in the last third", (Metric.THROUGHPUT, Metric.LAST_THIRD),
        rule=partial(line, factor / 2), from_share=2 / 3,
    )  # fmt: skip
    yield Effect(
        "acks=0 for 1 where requests get lost", outcome=Outcome.GIVEN_UP, fault="lose-request", acks=("1", "0")
    )
    yield Effect("a producer killed, once", outcome=Outcome.INCOMPLETE, once=_kill, from_share=0.5)
    yield Effect("a trial without a record", outcome=Outcome.INCOMPLETE, loses_a_record=True)
