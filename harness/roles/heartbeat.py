"""Notices when this process did not run: it was stopped from outside, or the machine had no time for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_BEAT_S = 0.1
_STILL_S = 1.0  # a busy machine holds every process up for a while


class Heart:
    """From now on ``stood_still`` is told, from a thread of its own or whoever looks first, between which times
    (CLOCK_MONOTONIC, in ns) nothing of this process ran for longer than a second.
    """

    def __init__(self, stood_still: Callable[[int, int], None]) -> None:
        self._stood_still = stood_still
        self._looking = threading.Lock()
        self._before_ns = time.monotonic_ns()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def look(self) -> None:
        """For who is about to say that something is over: what held it up is said first."""
        with self._looking:
            now_ns = time.monotonic_ns()
            if now_ns - self._before_ns > (_BEAT_S + _STILL_S) * 1e9:
                self._stood_still(self._before_ns, now_ns)
            self._before_ns = now_ns

    def _beat(self) -> None:
        while True:
            time.sleep(_BEAT_S)
            self.look()
