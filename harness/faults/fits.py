"""Which faults cannot be composed, and why: read from their scripts, so that it holds for faults that are to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from harness.faults import steps
from harness.faults.fault import InTurn, Script, flat

_OF_THE_PRODUCER = (steps.PauseClient, steps.KillClient, steps.RestartClient, steps.StopClient)
_OF_THE_LINKS = (steps.Cut, steps.Mend)
_TAKES = (steps.Pause, steps.Kill, steps.ShutDown, steps.MakeReadOnly, steps.FillDisk, steps.Disconnect)
_NODES: Mapping[steps.Target, frozenset[str]] = {
    "leader": frozenset({"leader"}),
    "follower": frozenset({"follower"}),
    "followers": frozenset({"follower", "other followers"}),
    "controller": frozenset({"controller"}),
    # Which broker it is only the cluster knows: whether another part has it, the stage finds out.
    "txn-coordinator": frozenset({"txn-coordinator"}),
    "group-coordinator": frozenset({"group-coordinator"}),
    "all": frozenset({"leader", "follower", "other followers", "txn-coordinator", "group-coordinator"}),
}

_NAMES = ["leader", "follower", "other followers", "controller", "txn-coordinator", "group-coordinator"]

_Moment = tuple[object, ...]
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
    return next(filter(None, (_same_worker(one, other) for one, other in combinations(scripts.parts, 2))), None)


def _same_worker(one: _Named, other: _Named) -> str | None:
    """A worker is told when it starts where it is to stop; who takes over from it is told by the fault that did it."""
    its, others = (
        {step.worker for step in script.every_step if isinstance(step, steps.AwaitStop)} for _, script in (one, other)
    )
    if not its & others:
        return None
    names, which = f"{one[0]} and {other[0]}", min(its & others)
    return f"{names} both wait for worker {which} to stop, which it does for one of them: let each strike its own"


def conflict_at_once(parts: Sequence[_Named]) -> str | None:
    """Two hands on one process, or on the links between nodes: one would undo what the other does, or do it in vain."""
    return next((why for one, other in combinations(parts, 2) if (why := _conflict_of_two(one, other))), None)


def _conflict_of_two(one: _Named, other: _Named) -> str | None:
    names = f"{one[0]} and {other[0]}"
    if _both(one, other, _OF_THE_PRODUCER):
        return f"{names} are both of the producer's process, so that they cannot be at once"
    if why := _same_worker(one, other):
        return why
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
    """Which, or nothing."""
    for moment, target in _taken(one):
        for other_moment, other_target in _taken(other):
            if moment == other_moment and (same := _NODES[target] & _NODES[other_target]):
                return min(same, key=_NAMES.index)
    return ""


def _taken(script: Script) -> Iterator[tuple[_Moment, steps.Target]]:
    """What is frozen, ended or harmed, and when. All loads begin at one moment."""
    waited: list[object] = []
    for step in flat((*script.before, script.load, *script.during)):
        if isinstance(step, _TAKES):
            yield tuple(waited), step.target
        elif isinstance(step, steps.RestartInTurn):
            yield tuple(waited), "leader"
        waited += _waits(step)


def _waits(step: steps.Step) -> list[object]:
    """What a step waits for, if it waits, or decides of a wait."""
    match step:
        case steps.Sleep(drawn=True):
            return [object()]  # what is left to chance is never the same
        case steps.Sleep() | steps.SetRules():
            return [step]
        case steps.AwaitAcks(count=count):
            return [("acks", count)]
        case (
            steps.Send()
            | steps.AwaitFired()
            | steps.AwaitFailover()
            | steps.AwaitCoordinator()
            | steps.AwaitStopped()
            | steps.AwaitExpired()
            | steps.AwaitCommitted()
            | steps.AwaitGoneOn()
            | steps.AwaitIsrOfLeader()
            | steps.AwaitHealthy()
            | steps.AwaitEnd()
            | steps.RestartInTurn()
        ):
            return [type(step)]
    return []


def _ends_the_load(of: Iterator[steps.Step]) -> bool:
    kinds = [type(step) for step in of]
    return steps.KillClient in kinds and steps.RestartClient not in kinds


def _acks_until_the_end(script: Script) -> int | None:
    """How many acks are waited for before the producer is killed for good; None if it is not, or not by acks alone."""
    match script.during:
        case (steps.AwaitAcks(count=count), steps.KillClient(), *_) if _ends_the_load(script.every_step):
            return count
    return None


def _acks_wanted(script: Script) -> int:
    wanted = (step for step in script.every_step if isinstance(step, steps.AwaitAcks) and step.required)
    return max((step.count for step in wanted), default=0)
