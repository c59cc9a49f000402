"""Notices when this process did not run: it was stopped from outside, or the machine had no time for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_BEAT_S = 0.1
_STILL_S = 1.0  # a busy machine holds every process up for a while


def beat(stood_still: Callable[[int, int], None]) -> None:
    """From now on ``stood_still`` is told, from a thread of its own, between which times (CLOCK_MONOTONIC, in ns)
    nothing of this process ran for longer than a second.
    """
    threading.Thread(target=_beat, args=(stood_still,), name="heartbeat", daemon=True).start()


def _beat(stood_still: Callable[[int, int], None]) -> None:
    before = time.monotonic_ns()
    while True:
        time.sleep(_BEAT_S)
        now = time.monotonic_ns()
        if now - before > (_BEAT_S + _STILL_S) * 1e9:
            stood_still(before, now)
        before = now
