"""What promises rest on: seen in the run itself or, where nobody watched, foreseen from faults and their parameters."""

from __future__ import annotations

from dataclasses import dataclass

from harness.effects import AtOnce, Effects, InTurn
from harness.verify.seen import Seen
from harness.verify.waiting import SESSION_S


@dataclass(frozen=True)
class Topic:
    """What of a trial's topics decides who has a message and who may lead."""

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


def seen_premises(seen: Seen, topic: Topic) -> Premises:
    """Those of a run that was watched."""
    forgot = bool(seen.forgot(flushed=topic.flushed))
    kept = seen.kept_all(topic.min_insync, eligible=topic.eligible, flushed=topic.flushed)
    clean = not (topic.unclean or seen.unclean) or seen.everyone_had_all(topic.min_insync)
    return Premises(
        leads_on=seen.led_on,
        same_log=seen.led_on or (topic.replicas == 1 and seen.one_leader_each and not forgot),
        survives=seen.led_on or kept or (clean and not forgot),
        erased=forgot and not kept,
        gave_up=seen.gave_up,
    )


def foreseen_premises(in_turn: InTurn, topic: Topic) -> Premises:
    """Those that hold however it goes, with these faults one after the other, some of them at once: no more than that
    can be said before.
    """
    leading = all(leads_on(faults, topic) for faults in in_turn)
    every = [effects for faults in in_turn for effects in faults.values() if effects]
    forgot = any(_forgets(effects, topic) for effects in every)
    kept = all(_keeps(faults, topic) for faults in in_turn)
    unclean = topic.unclean or any(effects.behind_leads for effects in every)
    clean = not unclean or topic.min_insync > 1
    return Premises(
        leads_on=leading,
        same_log=leading or (topic.replicas == 1 and not forgot),
        survives=leading or (forgot and kept) or (clean and not forgot),
        erased=forgot and not kept,
        gave_up=False,
    )


def leads_on(faults: AtOnce, topic: Topic) -> bool:
    """Whether the leader of every partition surely leads on under these faults at once."""
    return all(effects is not None and _leads_on(effects, topic) for effects in faults.values())


def _leads_on(effects: Effects, topic: Topic) -> bool:
    match effects.elects:
        case "nobody":
            return True
        case "after a session":
            # A freeze that is not that long ends nobody's; a controller that wakes later holds every session for over.
            frozen_s = max((away.seconds for away in effects.away if away.how == "frozen"), default=0.0)
            return topic.replicas == 1 or frozen_s < SESSION_S
        case "in another partition":
            return topic.partitions == 1
    return False


def _forgets(effects: Effects, topic: Topic) -> bool:
    return effects.forgets is not None and (effects.forgets.what == "everything" or not topic.flushed)


def _keeps(faults: AtOnce, topic: Topic) -> bool:
    """Whether some replica surely stays whole and in sync: whom another fault of nodes beside hits, nobody knows."""
    forget = [effects for effects in faults.values() if effects and _forgets(effects, topic)]
    if not forget:
        return True
    strike = [effects for effects in faults.values() if effects is None or _strikes(effects)]
    return len(strike) == 1 and topic.replicas > _hit(forget[0], topic)


def _strikes(effects: Effects) -> bool:
    """It may take a replica away from where it is needed."""
    return effects.elects != "nobody" and not effects.only_the_controller


def _hit(effects: Effects, topic: Topic) -> int:
    """How many replicas it takes."""
    several = {"all": topic.replicas, "each": topic.replicas, "followers": topic.replicas - 1, "controller": 0}
    return sum(several.get(whom, 1) for whom in {away.whom for away in effects.away})
