"""What promises rest on: seen in the run itself or, where nobody watched, foreseen from faults and their parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.verify.seen import Seen
from harness.verify.waiting import SESSION_S

Faults = Mapping[str, Mapping[str, Any]]
"""Faults that are at work at the same time, with their parameters."""

NONE = "none"
_LEAVE_THE_CLUSTER_ALONE = frozenset(
    {
        NONE,
        *("lose-ack", "lose-request", "inject-error", "reorder", "delay", "hold", "refuse", "bandwidth"),
        *("kill-producer", "restart-producer", "pause-producer"),
    }
)
_NO_LEADERS = frozenset({"kill-follower", "partition-followers", "slow-follower", "power-loss-follower"})
"""The leader of partition 0 leads on; the node that is hit may lead another partition."""
_FREEZE = {"pause-controller": "down_s", "stalled-leader": "pause_s"}
"""Another leads only if the freeze outlasts a session: a controller that wakes holds every session for over."""
_FORGETS_ALL = "power-loss"
_FORGETS_ONE = ("power-loss-leader", "disk-lost", "power-loss-follower")


@dataclass(frozen=True)
class Layout:
    """What of a configuration decides who has a message and who may lead."""

    replicas: int
    partitions: int
    min_insync: int
    """Effective: never more than there are replicas."""
    eligible: bool
    """Of replicas that fell out of sync one may lead that has all that min.insync.replicas had acked (KIP-966)."""
    unclean: bool
    """A replica that is behind may lead."""
    flushed: bool
    """Every message is forced to disk before it is acked."""


@dataclass(frozen=True)
class Premises:
    """Of one trial as a whole."""

    leads_on: bool
    """The leader of every partition leads on, with all it has."""
    same_log: bool
    """Or nobody else ever leads, and it comes back with the log it had."""
    survives: bool
    """Whoever leads has all that acks=all acked."""
    erased: bool
    """A disk forgot what it had, and no replica kept it for sure: what was written may be gone, copies and all."""
    gave_up: bool
    """The client gave a message up that may still be on its way."""


def seen_premises(seen: Seen, layout: Layout) -> Premises:
    """Those of a run that was watched."""
    forgot = bool(seen.forgot(flushed=layout.flushed))
    kept = seen.kept_all(layout.min_insync, eligible=layout.eligible, flushed=layout.flushed)
    clean = not (layout.unclean or seen.unclean) or seen.everyone_had_all(layout.min_insync)
    return Premises(
        leads_on=seen.led_on,
        same_log=seen.led_on or (layout.replicas == 1 and seen.one_leader_each and not forgot),
        survives=seen.led_on or kept or (clean and not forgot),
        erased=forgot and not kept,
        gave_up=seen.gave_up,
    )


def foreseen_premises(in_turn: Sequence[Faults], layout: Layout) -> Premises:
    """Those that hold however it goes, with these faults one after the other, some of them at once: no more than that
    can be said before.
    """
    leading = all(leads_on(faults, layout) for faults in in_turn)
    forgot = any(_forgets(fault, of, layout) for faults in in_turn for fault, of in faults.items())
    kept = all(_keeps(faults, layout) for faults in in_turn)
    unclean = layout.unclean or any("unclean-election" in faults for faults in in_turn)
    clean = not unclean or layout.min_insync > 1
    return Premises(
        leads_on=leading,
        same_log=leading or (layout.replicas == 1 and not forgot),
        survives=leading or (forgot and kept) or (clean and not forgot),
        erased=forgot and not kept,
        gave_up=False,
    )


def leads_on(faults: Faults, layout: Layout) -> bool:
    """Whether the leader of every partition surely leads on under these faults at once."""
    return all(_leads_on(fault, of, layout) for fault, of in faults.items())


def _leads_on(fault: str, parameters: Mapping[str, Any], layout: Layout) -> bool:
    if fault in _LEAVE_THE_CLUSTER_ALONE or fault == "kill-controller":
        return True
    if fault in _FREEZE:
        return layout.replicas == 1 or float(parameters.get(_FREEZE[fault]) or 1.0) < SESSION_S
    return fault in _NO_LEADERS and layout.partitions == 1 and not _leader_dies(parameters)


def _forgets(fault: str, parameters: Mapping[str, Any], layout: Layout) -> bool:
    return fault == "disk-lost" or (not layout.flushed and fault in (_FORGETS_ALL, *_FORGETS_ONE))


def _keeps(faults: Faults, layout: Layout) -> bool:
    """Whether some replica surely stays whole and in sync: whom another fault of nodes beside hits, nobody knows."""
    forget = [fault for fault, of in faults.items() if _forgets(fault, of, layout)]
    if not forget:
        return True
    if _FORGETS_ALL in forget:
        return False
    strike = [fault for fault in faults if fault not in _LEAVE_THE_CLUSTER_ALONE and "controller" not in fault]
    return len(strike) == 1 and layout.replicas > (2 if _leader_dies(faults[forget[0]]) else 1)


def _leader_dies(parameters: Mapping[str, Any]) -> bool:
    return str(parameters.get("leader_dies", False)).lower() == "true"
