"""Transactions of confluent-kafka's asyncio producer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from harness.clients.bounded import LATE_S
from harness.clients.transactions import in_loop
from harness.clients.transactions.confluent import ConfluentTransactions


class ConfluentAioTransactions(ConfluentTransactions):
    """A ``harness.clients.Transactions``, in the event loop of its producer: what ``ConfluentTransactions`` says, but
    that a begin, a commit and an abort first wait, without a bound of their own, until every message has ended
    (2.16.1). So an abort takes nothing back: it sends what waits, and then aborts that.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, client: Callable[[], Any], report: Callable[[], None]) -> None:
        """``client`` gives the asyncio producer, whose calls have the names of librdkafka's."""
        super().__init__(client, report, report)
        self._loop = loop

    def _run(self, call: Callable[[], Any], timeout_s: float, meanwhile: Callable[[], None]) -> BaseException | None:
        try:
            return in_loop(self._loop, call(), timeout_s + LATE_S)
        finally:
            meanwhile()
