"""Which faults cannot be composed, and why: read from their scripts, so that it holds for faults that are to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from harness.faults.fault import InTurn, Script, flat
from harness.faults.steps import (
    AwaitAcks,
    AwaitEnd,
    AwaitFailover,
    AwaitFired,
    AwaitHealthy,
    AwaitIsrOfLeader,
    Cut,
    FillDisk,
    Kill,
    KillClient,
    MakeReadOnly,
    Mend,
    Pause,
    PauseClient,
    RestartClient,
    RestartInTurn,
    Send,
    ShutDown,
    Sleep,
    Step,
    Target,
)

_OF_THE_PRODUCER = (PauseClient, KillClient, RestartClient)
_OF_THE_LINKS = (Cut, Mend)
_TAKES = (Pause, Kill, ShutDown, MakeReadOnly, FillDisk)
_WAITS = (Send, Sleep, AwaitAcks, AwaitFired, AwaitFailover, AwaitIsrOfLeader, AwaitHealthy, AwaitEnd, RestartInTurn)
_NODES: Mapping[Target, frozenset[str]] = {
    "leader": frozenset({"leader"}),
    "follower": frozenset({"follower"}),
    "followers": frozenset({"follower", "other followers"}),
    "all": frozenset({"leader", "follower", "other followers"}),
    "controller": frozenset({"controller"}),
}

_Moment = tuple[Step, ...]
"""All that was waited for until then."""
_Named = tuple[str, Script]


def conflict_of_settings(settings_of: Mapping[str, Mapping[str, Any]]) -> str | None:
    """A trial has one client and one topic, so that parts that bring a setting have to bring the same."""
    for (one, ones), (other, others) in combinations(settings_of.items(), 2):
        for name in ones.keys() & others.keys():
            if ones[name] != others[name]:
                return (
                    f"{one} brings {name}={ones[name]} and {other} brings {name}={others[name]}, and a trial has one: "
                    "give their parameters the same"
                )
    return None


def conflict_in_turn(scripts: InTurn) -> str | None:
    """Whoever comes behind the last producer's end has nobody to send."""
    for (ends, script), (behind, _) in zip(scripts.parts, scripts.parts[1:], strict=False):
        if _ends_the_load(script.every_step):
            return f"{ends} leaves no producer that could send for {behind}: let it come last"
    return None


def conflict_at_once(parts: Sequence[_Named]) -> str | None:
    """Two hands on one process, or on the links between nodes: one would undo what the other does, or do it in vain."""
    return next((why for one, other in combinations(parts, 2) if (why := _conflict_of_two(one, other))), None)


def _conflict_of_two(one: _Named, other: _Named) -> str | None:
    names = f"{one[0]} and {other[0]}"
    if _both(one, other, _OF_THE_PRODUCER):
        return f"{names} are both of the producer's process, so that they cannot be at once"
    if _both(one, other, _OF_THE_LINKS):
        return f"{names} both cut what one of them mends, so that they cannot be at once"
    if same := _same_nodes_at_the_same_moment(one[1], other[1]):
        return f"{names} hit the {same} at the same moment: let one strike at another moment, or join them by 'then'"
    for (ender, ends), (waiter, waits) in ((one, other), (other, one)):
        if (last := _acks_until_the_end(ends)) is not None and (wanted := _acks_wanted(waits)) > last:
            return f"{waiter} waits for {wanted} acks, and {ender} ends the load at {last}"
    return None


def _both(one: _Named, other: _Named, kinds: tuple[type, ...]) -> bool:
    return all(any(isinstance(step, kinds) for step in script.every_step) for _, script in (one, other))


def _same_nodes_at_the_same_moment(one: Script, other: Script) -> str:
    """Which, or nothing. What is left to chance is never the same."""
    for moment, target in _taken(one):
        for other_moment, other_target in _taken(other):
            by_chance = any(isinstance(step, Sleep) and step.drawn for step in moment)
            if moment == other_moment and not by_chance and (same := _NODES[target] & _NODES[other_target]):
                return min(same, key=["leader", "follower", "other followers", "controller"].index)
    return ""


def _taken(script: Script) -> Iterator[tuple[_Moment, Target]]:
    """What is frozen, ended or harmed, and what was waited for before. All loads begin at one moment."""
    waited: list[Step] = []
    for step in flat((*script.before, Send(0), *script.during)):
        if isinstance(step, _TAKES):
            yield tuple(waited), step.target
        elif isinstance(step, RestartInTurn):
            yield tuple(waited), "leader"
        if isinstance(step, _WAITS):
            waited.append(step)


def _ends_the_load(steps: Iterator[Step]) -> bool:
    kinds = [type(step) for step in steps]
    return KillClient in kinds and RestartClient not in kinds


def _acks_until_the_end(script: Script) -> int | None:
    """How many acks are waited for before the producer is killed for good; None if it is not, or not by acks alone."""
    match script.during:
        case (AwaitAcks(count=count), KillClient(), *_) if _ends_the_load(script.every_step):
            return count
    return None


def _acks_wanted(script: Script) -> int:
    return max((step.count for step in script.every_step if isinstance(step, AwaitAcks) and step.required), default=0)
