"""The course of one trial, from its stored events: what was done when, who led and who was in sync, and from when on.

Times are seconds from when the trial's first message was due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from harness.events import OBSERVED
from harness.store import TrialRecord
from harness.words import count

NOBODY = "none"


@dataclass(frozen=True)
class Mark:
    """What the fault did, once or several times in a row."""

    at_s: tuple[float, ...]
    text: str
    """``kill broker 2``, ``failover, leader 3``, ``lose-ack, 5 times``."""


@dataclass(frozen=True)
class Spell:
    """How long something held."""

    start_s: float
    end_s: float
    text: str


def marks(record: TrialRecord) -> list[Mark]:
    """The deeds of the fault, those of one kind that follow each other as one."""
    deeds = [event for event in _timed(record) if event["what"] not in OBSERVED]
    return [_mark(what, list(events)) for what, events in groupby(deeds, key=lambda event: str(event["what"]))]


def leaders(record: TrialRecord, end_s: float) -> list[Spell]:
    """Who led partition 0, until ``end_s``; empty for a trial that nobody watched."""
    return list(_spells(_of_partition_0(record, "leader"), end_s, lambda event: _broker(event["leader"])))


def in_sync(record: TrialRecord, end_s: float) -> list[Spell]:
    """The in-sync replicas of partition 0, until ``end_s``; empty for a trial that nobody watched."""
    isr = _of_partition_0(record, "isr")
    return list(_spells(isr, end_s, lambda event: ", ".join(map(str, event["isr"])) or NOBODY))


def end_s(record: TrialRecord) -> float:
    """When its last message was reported, or the last thing was done or seen if that was later."""
    last_bin = max((start for start, _ in record.ack_rate or ()), default=0.0) + (record.ack_rate_bin_s or 0.0)
    return max([last_bin, *(float(event["at_s"]) for event in _timed(record))])


def lanes(starts: Sequence[float], widths: Sequence[float]) -> list[int]:
    """How high each label has to be, 0 being the lowest, so that none covers another or the line of another.

    A label goes to the right from its start, which is where its line comes up from below; starts ascend. So each has
    to be above all that start within it.
    """
    found = [0] * len(starts)
    for i in reversed(range(len(starts))):
        within = [found[j] for j in range(i + 1, len(starts)) if starts[j] < starts[i] + widths[i]]
        found[i] = max(within, default=-1) + 1
    return found


def _timed(record: TrialRecord) -> list[Mapping[str, Any]]:
    timed = [event for event in record.fault.events if event.get("at_s") is not None]
    return sorted(timed, key=lambda event: event["at_s"])


def _of_partition_0(record: TrialRecord, what: str) -> list[Mapping[str, Any]]:
    """What was seen of it: the partition that faults hit. Events of older runs are of no other."""
    return [event for event in _timed(record) if event["what"] == what and event.get("partition", 0) == 0]


def _mark(what: str, events: Sequence[Mapping[str, Any]]) -> Mark:
    nodes = sorted({event["node"] for event in events if event.get("node") is not None})
    text = f"{what} broker{'s' if len(nodes) > 1 else ''} {', '.join(map(str, nodes))}" if nodes else what
    leads = events[-1].get("leader")
    if not nodes and leads is not None:
        text += f", leader {_broker(leads)}"
    often = sum(event.get("times", 1) for event in events)  # the last firing of a rule stands for those not listed
    times = f", {count(often)} times" if often > max(1, len(nodes)) else ""
    return Mark(tuple(event["at_s"] for event in events), text + times)


def _spells(
    events: Sequence[Mapping[str, Any]], end_s: float, text: Callable[[Mapping[str, Any]], str]
) -> Iterator[Spell]:
    ends = [*(event["at_s"] for event in events[1:]), max(end_s, events[-1]["at_s"])] if events else []
    for event, end in zip(events, ends, strict=True):
        yield Spell(event["at_s"], end, text(event))


def _broker(node: int) -> str:
    return NOBODY if node < 0 else str(node)
