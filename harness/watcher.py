"""Whoever looks on at a sweep: told how it goes, and dropped when that fails."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any, Protocol

from harness.plan import Trial
from harness.store import TrialRecord


class Watcher(Protocol):
    """Told how the sweep goes, for whoever looks on."""

    def fetching(self, done_bytes: int, total_bytes: int) -> None: ...
    def doing(self, what: str) -> None: ...
    def starts(self, trial: Trial) -> None: ...
    def ended(self, record: TrialRecord) -> None: ...


class Dispensable:
    """A watcher that costs nobody a trial: one that raises is told nothing more, which standard error has in a line."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher: Watcher | None = watcher

    def fetching(self, done_bytes: int, total_bytes: int) -> None:
        self._tell("fetching", done_bytes, total_bytes)

    def doing(self, what: str) -> None:
        self._tell("doing", what)

    def starts(self, trial: Trial) -> None:
        self._tell("starts", trial)

    def ended(self, record: TrialRecord) -> None:
        self._tell("ended", record)

    def _tell(self, what: str, *about: Any) -> None:
        if self._watcher is not None:
            try:
                getattr(self._watcher, what)(*about)
            except (Exception, SystemExit) as failed:  # noqa: BLE001 - whatever it is, the run is worth more
                self._watcher = None
                with contextlib.suppress(OSError, ValueError):
                    print(f"harness: the display failed: {type(failed).__name__}: {failed}", file=sys.stderr)


class Stopwatch:
    """Passes everything on to another watcher, and knows how long the sweep did what."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._began_s, self._what = time.monotonic(), "planning and looking at what is there"
        self._took_s: dict[str, float] = {}

    @property
    def took_s(self) -> dict[str, float]:
        """By what was being done, until now; whichever trial it was done for."""
        self._goes_on(self._what)
        return {what: round(seconds, 3) for what, seconds in self._took_s.items()}

    def fetching(self, done_bytes: int, total_bytes: int) -> None:
        self._watcher.fetching(done_bytes, total_bytes)

    def doing(self, what: str) -> None:
        self._goes_on(what)
        self._watcher.doing(what)

    def starts(self, trial: Trial) -> None:
        self._watcher.starts(trial)

    def ended(self, record: TrialRecord) -> None:
        self._watcher.ended(record)

    def _goes_on(self, what: str) -> None:
        now_s = time.monotonic()
        self._took_s[self._what] = self._took_s.get(self._what, 0.0) + now_s - self._began_s
        self._began_s, self._what = now_s, what
