"""Transactions by each client's own calls; here is what is common to them, in a module each what is not.

No client is trusted to come back: one commit of kafka-python waits for ever where its coordinator was killed, and
librdkafka's ``send_offsets_to_transaction`` may wait far longer than it was told to. Such a call is given up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import wait
from typing import Any

from harness.clients import TransactionFailed
from harness.clients.bounded import LATE_S, Seconds, seconds, started

BEGIN_S = 5.0
"""A begin asks no broker, and is given up after so long all the same."""
_MEANWHILE_S = 0.002
LOOK_S = 0.2
"""How often it is looked whether whoever waits has lost patience."""


class Calls:
    """One producer's calls about transactions, and what became of it."""

    death: str | None = None
    """Why the producer can do nothing any more, once a call failed so that it cannot."""

    def hung(self, call: str, after_s: float) -> TransactionFailed:
        """A call of this name was given up after so many seconds."""
        return self._ends(TransactionFailed(f"{call} did not return within {after_s:.1f} s", call, hung_s=after_s))

    def refused(self, error: str, said: str, *, fatal: bool, abortable: bool) -> TransactionFailed:
        """The client raised ``error`` with these words."""
        return self._ends(TransactionFailed(said, error, fatal=fatal, abortable=abortable))

    def _ends(self, failure: TransactionFailed) -> TransactionFailed:
        if self.death is None and (failure.fatal or failure.hung_s is not None):
            self.death = f"its transactions ended: {failure.error}: {failure}"
        return failure


def in_thread(
    call: Callable[[], object], timeout_s: Seconds, meanwhile: Callable[[], None] | None = None
) -> BaseException | None:
    """Runs ``call`` in a thread of its own, which ends with the process at the latest. Returns what it raised, if that.

    ``meanwhile`` runs here every two milliseconds. Raises ``TimeoutError`` when the call goes on half a second after
    ``timeout_s``: one that says by itself that its time is over says more.
    """
    began = time.monotonic()
    running = started(call)
    while not running.done() and (left_s := began + seconds(timeout_s) + LATE_S - time.monotonic()) > 0:
        wait([running], min(left_s, _MEANWHILE_S if meanwhile else LOOK_S))
        if meanwhile:
            meanwhile()
    if meanwhile:
        meanwhile()
    if not running.done():
        raise TimeoutError
    return running.exception()


def in_loop(
    loop: asyncio.AbstractEventLoop, call: Coroutine[Any, Any, object], timeout_s: Seconds
) -> BaseException | None:
    """Runs ``call`` in the loop. Returns what it raised, if that; raises ``TimeoutError`` when its time is over."""
    began = time.monotonic()
    task = loop.create_task(call)
    while not task.done() and (left_s := began + seconds(timeout_s) - time.monotonic()) > 0:
        loop.run_until_complete(asyncio.wait({task}, timeout=min(left_s, LOOK_S)))
    if not task.done():
        task.cancel()
        raise TimeoutError
    return task.exception()
