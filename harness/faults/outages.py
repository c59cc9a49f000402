"""What a script does to a load, in seconds: for how long it may keep it waiting, and how many answers it takes away.

Nobody can say which of a script's steps the load is in the way of, and steps of parts that run at once wait for each
other's nodes: so everything counts that takes time, each step at its longest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.bounds import RECOVERY_S
from harness.faults.fault import Script
from harness.faults.steps import (
    AwaitAcks,
    AwaitEnd,
    AwaitFailover,
    AwaitHealthy,
    AwaitIsrOfLeader,
    ElectUnclean,
    Kill,
    Restart,
    RestartInTurn,
    Send,
    ShutDown,
    Sleep,
    Step,
    Wire,
)

REACTION_S = 20.0
"""So long it may take until a session ends, another leads or the ISR has shrunk, and every broker has heard of it."""
END_S = 30.0
"""So long a node's process may take to end, in order or because a disk fails."""
_TAKES_ANSWERS = ("lose-ack", "lose-request", "inject-error", "delay")


def outage_s(script: Script, brokers: int) -> float:
    """How long the script may keep the load of a cluster of so many brokers waiting, all in all."""
    return sum(_takes_s(step, brokers) for step in script.every_step)


def losses(script: Script) -> int:
    """How many requests it leaves without the answer they would have had, or with a late one; those of a rule without
    a limit do not count, for under such a one a client whose patience it exceeds gets nowhere.
    """
    rules = [rule for step in script.every_step if isinstance(step, Wire) for rule in step.rules]
    return sum(rule.times or 0 for rule in rules if rule.action in _TAKES_ANSWERS)


def slowest_rate(script: Script) -> float | None:
    """The lowest pace of its loads, in messages a second; None if each goes as fast as it can."""
    return min((step.rate for step in script.every_step if isinstance(step, Send) and step.rate), default=None)


_TAKES_S: Mapping[type[Any], float] = {
    AwaitFailover: REACTION_S,
    AwaitIsrOfLeader: REACTION_S,
    ElectUnclean: REACTION_S,
    AwaitEnd: END_S,
    ShutDown: END_S,
    Kill: END_S,
    Restart: RECOVERY_S,
    AwaitHealthy: RECOVERY_S,
}


def _takes_s(step: Step, brokers: int) -> float:
    match step:
        case Sleep(seconds=seconds):
            return seconds
        case AwaitAcks(at_most_s=seconds):
            return seconds or 0.0
        case RestartInTurn():
            return brokers * (END_S + RECOVERY_S)
    return _TAKES_S.get(type(step), 0.0)
