"""Calls that nobody trusts to come back: each runs beside whoever waits for it, for as long as that one likes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

Seconds = float | Callable[[], float]
"""How long a call may take from its begin: so long, or as long as this says by now, for whoever waits may lose patience
while the call runs.
"""

LATE_S = 0.5
"""So much later than it was told to a client may come back by itself, which says more than giving it up."""


def seconds(within: Seconds) -> float:
    """As it is now."""
    return within() if callable(within) else within


def started(call: Callable[[], T]) -> Future[T]:
    """Runs ``call`` in a thread of its own, which nobody can end: it goes on until it returns or the process ends."""
    ended: Future[T] = Future()
    ended.set_running_or_notify_cancel()  # from now on nobody can cancel it

    def run() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to whom waits
            ended.set_exception(error)
        else:
            ended.set_result(result)

    threading.Thread(target=run, name="bounded call", daemon=True).start()
    return ended
