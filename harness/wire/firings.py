"""What is told of the firings of the rules in force: each of the first, then how many more there were and the last."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from harness.process import Message
from harness.wire.requests import Request
from harness.wire.rulebook import Firing

LISTED = 100
"""So many firings of a rule are told one by one: enough to be looked at, whatever the load."""


class Firings:
    """``tell`` gets each of a rule's first firings at once. Those behind them are counted until ``tell_rest``."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self._tell = tell
        self._listed: Counter[int] = Counter()
        self._more: dict[int, Message] = {}  # by rule: the last firing that was not listed, with how many it stands for

    def fired(self, node: int, request: Request, firing: Firing) -> None:
        rule = firing.rule
        message: Message = {
            "rule": rule,
            **({} if firing.part is None else {"part": firing.part}),
            "action": firing.action,
            "api": request.api,
            "version": request.version,
            "ordinal": firing.ordinal,
            "node": node,
            "at_ns": time.monotonic_ns(),
            "correlation_id": request.correlation_id,
            "client_id": request.client_id,
            "records": request.records,
        }
        if self._listed[rule] < LISTED:
            self._listed[rule] += 1
            self._tell(message)
        else:
            before = self._more[rule]["times"] if rule in self._more else 0
            self._more[rule] = {**message, "times": before + 1}

    def tell_rest(self) -> None:
        """Of each rule the last of what was not told yet; its ``times`` says for how many firings it stands."""
        for message in self._more.values():
            self._tell(message)
        self._more.clear()

    def start_again(self) -> None:
        """The rules are replaced: what is left of theirs is told, and the new ones count from 1."""
        self.tell_rest()
        self._listed.clear()
