"""What a script's steps do to time, in seconds: how long they keep a load waiting at most, and what they take at least.

Nobody can say which of a script's steps the load is in the way of, and steps of parts that run at once wait for each
other's nodes: so everything counts that keeps it waiting, each step at its longest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from harness.bounds import RECOVERY_S
from harness.faults.steps import (
    AwaitAcks,
    AwaitCoordinator,
    AwaitEnd,
    AwaitFailover,
    AwaitHealthy,
    AwaitIsrOfLeader,
    AwaitSent,
    ElectUnclean,
    Kill,
    KillClient,
    Part,
    Restart,
    RestartInTurn,
    Send,
    SetRules,
    ShutDown,
    Sleep,
    StallWorker,
    Step,
    Together,
)

REACTION_S = 20.0
"""So long it may take until a session ends, another leads or the ISR has shrunk, and every broker has heard of it."""
END_S = 30.0
"""So long a node's process may take to end, in order or because a disk fails."""
_AT_MOST_S: Mapping[type[Any], float] = {
    AwaitCoordinator: REACTION_S,
    AwaitFailover: REACTION_S,
    AwaitIsrOfLeader: REACTION_S,
    ElectUnclean: REACTION_S,
    AwaitEnd: END_S,
    ShutDown: END_S,
    Kill: END_S,
    Restart: RECOVERY_S,
    AwaitHealthy: RECOVERY_S,
}
_TAKES_ANSWERS = ("lose-ack", "lose-request", "inject-error", "delay")


def outage_s(every_step: Iterable[Step], brokers: int) -> float:
    """How long the steps may keep the load of a cluster of so many brokers waiting, all in all."""
    return sum(_at_most_s(step, brokers) for step in every_step)


def losses(every_step: Iterable[Step]) -> int:
    """How many requests are left without the answer they would have had, or with a late one; those of a rule without a
    limit do not count, for under such a one a client whose patience it exceeds gets nowhere.
    """
    rules = [rule for step in every_step if isinstance(step, SetRules) for rule in step.rules]
    return sum(rule.times or 0 for rule in rules if rule.action in _TAKES_ANSWERS)


def slowest_rate(every_step: Iterable[Step]) -> float | None:
    """The lowest pace of the loads, in messages a second; None if each goes as fast as it can."""
    return min((step.rate for step in every_step if isinstance(step, Send) and step.rate), default=None)


def least_s(steps: Iterable[Step]) -> float:
    """What they take at least, one after the other: their pauses, and their loads as far as those are paced."""
    return _Clock().after(steps)


def _at_most_s(step: Step, brokers: int) -> float:
    match step:
        case Sleep(seconds=seconds):
            return seconds
        case AwaitAcks(at_most_s=seconds):
            return seconds or 0.0
        case StallWorker(max_poll_interval_ms=interval_ms):
            return interval_ms / 1000
        case RestartInTurn():
            return brokers * (END_S + RECOVERY_S)
    return _AT_MOST_S.get(type(step), 0.0)


class _Clock:
    """What time it is at least while steps are carried out, a load's messages being due from its ``Send`` on."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._load = Send(0)
        self._since_s = 0.0
        self._killed = False

    def after(self, steps: Iterable[Step]) -> float:
        for step in steps:
            match step:
                case Sleep(seconds=seconds):
                    self._now_s += seconds
                case Send():
                    self._load, self._since_s, self._killed = step, self._now_s, False
                case AwaitAcks(count=count, required=True):
                    self._wait_for(count)
                case KillClient():
                    self._killed = True
                case AwaitSent():
                    self._wait_for(0 if self._killed else self._load.count)
                case Part(steps=own):
                    self.after(own)
                case Together(parts=parts):
                    self._now_s = max(copy(self).after(part.steps) for part in parts)
        return self._now_s

    def _wait_for(self, messages: int) -> None:
        if self._load.rate is not None:
            self._now_s = max(self._now_s, self._since_s + min(messages, self._load.count) / self._load.rate)
