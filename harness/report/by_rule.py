"""What would be safe by the rules alone: for what no configuration of the run both promised and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from harness.events import Permission
from harness.report.guarantees import Setup, weakens
from harness.report.labels import Subject
from harness.report.matrix import WRONG, Matrix
from harness.report.nearest import gone_wrong, permitted, ran
from harness.workload.combinations import contradictions
from harness.workload.settings import SETTINGS

_STRONGER: Mapping[str, tuple[Any, ...]] = {
    "acks": ("all",),
    "enable.idempotence": (True,),
    "replication.factor": (3,),
    "min.insync.replicas": (2,),
    "unclean.leader.election.enable": (False,),
    "flush.messages": (1,),
    "retries": (None,),  # left to the client, it tries without end
    "max.in.flight.requests.per.connection": (5, 1),  # five is the most that idempotence allows
    "delivery.timeout.ms": (120_000,),  # Kafka's own default
    "processing.guarantee": ("exactly-once",),
}
"""What can be asked for to be promised more, the first to be asked for first."""
_NONE_STATED: Mapping[str, Any] = {"acks": "all", "replication.factor": 1, "min.insync.replicas": 1}


@dataclass(frozen=True)
class Promised:
    """What the rules say would be safe, or that nothing is. Nobody measured it."""

    changes: Mapping[str, Any] | None
    """The fewest settings to change; empty if the configuration itself promises it, None if no settings do."""
    allowed: tuple[str, ...] = ()
    """Of lost, duplicate and reordered what no rule forbids there."""
    because: tuple[str, ...] = ()
    """Where no settings do: why not, for each anomaly that stays whatever is set."""


def promised(subject: Subject, fault: str, found: Matrix) -> Promised:
    """Of all stronger settings that Kafka and the client run, the fewest under which the rules forbid what went wrong,
    and whatever they forbid here, and expect nothing else.
    """
    cell = found.cells[subject, fault]
    here, under = Setup.of(ran(cell)[0]), ran(cell)[0].fault
    must = gone_wrong(cell) | permitted(Permission.FORBIDDEN, here.foreseen(under).values()).intersection(cell.harm)
    stays: tuple[str, ...] = ()
    for changes in _stronger(here, _settings_of(subject.client, found)):
        rules = here.changed(changes).foreseen(under)
        forbidden = permitted(Permission.FORBIDDEN, rules.values())
        not_safe = (must - forbidden | permitted(Permission.EXPECTED, rules.values())).intersection(WRONG)
        if not not_safe:
            return Promised(changes, allowed=tuple(a.value for a in cell.harm if a not in forbidden))
        reasons = {a: rules[a].reason if a in rules else "no rule is about it" for a in WRONG if a in not_safe}
        stays = tuple(f"{anomaly}: {reason}" for anomaly, reason in reasons.items())
    return Promised(None, because=stays)


def _stronger(here: Setup, has: Set[str]) -> Iterator[dict[str, Any]]:
    """Changes that weaken nothing and contradict nothing, the fewest first."""
    asked = [
        (setting, value)
        for setting, values in _STRONGER.items()
        for value in values
        if setting in has and _is_stronger(here, setting, value)
    ]
    for number in range(len(asked) + 1):
        for chosen in combinations(asked, number):
            changes = dict(chosen)
            there = here.changed(changes)
            if len(changes) == number and not weakens(here, there) and _clashes(there) <= _clashes(here):
                yield changes


def _is_stronger(here: Setup, setting: str, value: Any) -> bool:
    """Whether it is a change, which weakens nothing whatever else changes. Only what is stated can be left out."""
    known = here.stated if value is None else here.config
    return known.get(setting) != value and not weakens(here, here.changed({setting: value}))


def _settings_of(client: str, found: Matrix) -> Set[str]:
    """What the client has of them, by what it was run with and what it says of itself; topics have theirs anyway."""
    trials = [trial for (subject, _), cell in found.cells.items() if subject.client == client for trial in ran(cell)]
    own = {setting for trial in trials for setting in Setup.of(trial).config}
    return own | {name for name, setting in SETTINGS.items() if setting.kind == "topic"}


def _clashes(setup: Setup) -> Set[Any]:
    """Why Kafka would not run it. What a recipe brings with it may clash already, and ran all the same."""
    try:
        return set(contradictions({**_NONE_STATED, **setup.stated}, setup.kafka))
    except (ValueError, TypeError):
        return {"settings that are none"}
