"""What goes on beside a sweep: what one trial leaves is read and judged, and the next one's topics are created, while
clients start. None of it goes on while a load is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

_T = TypeVar("_T")
_AT_ONCE = 3


class Behind:
    """Work in threads of its own. What is done with its results is done by whoever waits for its end."""

    def __init__(self, doing: Callable[[str], None] = lambda what: None) -> None:
        self._doing = doing
        self._threads = ThreadPoolExecutor(_AT_ONCE, "behind")
        self._begun: list[tuple[str, Future[Any], Callable[[Any], None]]] = []

    def do(self, what: str, work: Callable[[], _T], then: Callable[[_T], None] = lambda done: None) -> None:
        """Begins it, and returns at once."""
        self._begun.append((what, self._threads.submit(work), then))

    def end(self) -> None:
        """Waits until all of it is over; each bounds its own waits. Raises what it raised."""
        while self._begun:
            what, work, then = self._begun[0]
            self._doing(what)
            work.exception()  # a wait that somebody interrupts leaves it where it is
            self._begun.pop(0)
            then(work.result())
