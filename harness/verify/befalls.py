"""What befalls a trial, whatever its configuration: effects in the words that rules ask for."""

from __future__ import annotations

from dataclasses import dataclass

from harness.effects import Away, Effects

_LEADER = ("leader", "all", "each")
_ENDS = ("killed", "shut down", "ended")
_LINE = {"late": "line", "slow": "line", "held": "held line"}


@dataclass(frozen=True)
class Befalls:
    """What one fault does, whatever the configuration: its effects in the words of rules. Empty is: nothing."""

    disturbed: bool
    """It does anything at all."""
    leader: str
    """What becomes of it at last: ``killed``, ``shut down``, ``ended``, ``in turn``, ``frozen``, ``cut off``,
    ``disconnected``.
    """
    stalled: bool
    """It was frozen when the load began: what was sent to it waits in its socket."""
    unaware: bool
    """Deposed, it goes on as if it led."""
    behind: str
    """Followers that have nothing of the load were taken for ``in sync`` or ``out of sync``."""
    behind_leads: bool
    """One of them is made to lead."""
    waits_for: str
    """What keeps requests or acks waiting: ``line``, ``held line``, ``leader``, ``stalled leader``, ``follower``,
    ``dead follower``, ``followers``.
    """
    fate: str
    """Of some requests or their answers: ``lost``, ``refused``."""
    written: bool
    """The broker wrote what is in them."""
    error: int
    """With which they are refused; 0 for none."""
    silent: bool
    """The connection stays open, so that the client has to time out by itself."""
    amid_others: bool
    """Those behind are on their way already."""
    resets: bool
    """Connections that are there end, all of them."""
    broker_ends: bool
    """The process of some broker ends."""
    coordinator: str
    """What becomes of the coordinator of transactions for certain: ``killed``, ``frozen``, ``cut off``."""
    producer: str
    """``killed``, ``taken over``, ``frozen``, ``fenced``."""
    point: str
    """Of a transaction, at which it strikes."""
    resends: bool
    """A producer that takes over sends again what its predecessor had no report for."""
    forgetful: str
    """Whose disk forgets: ``all``, ``leader``, ``follower``."""
    forgets: str
    """``unflushed``, ``everything``."""

    @classmethod
    def by(cls, effects: Effects) -> Befalls:
        requests, line, producer, forgets = effects.requests, effects.line, effects.producer, effects.forgets
        leaders = [away for away in effects.away if away.whom in _LEADER]
        behind = next((away for away in effects.away if away.before and away.whom == "followers"), None)
        waits = [*(_LINE.get(line.how, "") for line in (line,) if line), *map(_waits_for, effects.away)]
        return cls(
            disturbed=effects.do_anything,
            leader="" if not leaders else "in turn" if leaders[-1].whom == "each" else leaders[-1].how,
            stalled=any(away.how == "frozen" and away.before for away in leaders),
            unaware=any(away.how in ("frozen", "cut off") and away.noticed for away in leaders),
            behind="" if behind is None else "out of sync" if behind.noticed else "in sync",
            behind_leads=effects.behind_leads,
            waits_for=next(filter(None, waits), ""),
            fate=requests.fate if requests else "",
            written=requests is not None and requests.written,
            error=requests.error if requests else 0,
            silent=requests is not None and requests.silent,
            amid_others=requests is not None and requests.amid_others,
            resets=line is not None and line.how == "reset",
            broker_ends=any(away.how in _ENDS and away.whom != "controller" for away in effects.away),
            coordinator=next((away.how for away in effects.away if away.whom == "txn-coordinator"), ""),
            producer=producer.how if producer else "",
            point=effects.point,
            resends=producer is not None and producer.resends,
            forgetful=forgets.whose if forgets else "",
            forgets=forgets.what if forgets else "",
        )


def _waits_for(away: Away) -> str:
    match away.whom, away.how:
        case "leader", "frozen":
            return "stalled leader" if away.before else "leader"
        case "follower", "frozen":
            return "follower" if away.before else ""
        case "follower", "killed":
            return "dead follower"
        case "followers", "cut off":
            return "followers"
    return ""
