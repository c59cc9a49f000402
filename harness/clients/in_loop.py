"""For clients of asyncio: an event loop that runs only inside the calls of the worker."""

from __future__ import annotations

import asyncio


class Waiting:
    """The worker gives the loop time, until something wakes it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._woken: asyncio.Future[None] = loop.create_future()

    def wait(self, timeout_s: float) -> None:
        """Runs the loop for so long, or until it is woken."""
        self._woken = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, self.wake)
        self._loop.run_until_complete(self._woken)
        timer.cancel()

    def wake(self) -> None:
        """Called inside the loop."""
        if not self._woken.done():
            self._woken.set_result(None)
