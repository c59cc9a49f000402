"""What goes on beside a sweep: what one trial leaves is read and judged, and the next one's topics are created, while
clients start. None of it goes on while a load is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
        """Waits until all of it is over; each bounds its own waits. Raises in the end what the first that failed
        raised.
        """
        failed: list[Exception] = []
        while self._begun:
            what, work, then = self._begun[0]
            self._doing(what)
            try:
                then(work.result())
            except Exception as error:  # noqa: BLE001 - there may be more to wait for
                failed.append(error)
            self._begun.pop(0)  # not before it is seen to: somebody may interrupt that
        if failed:
            raise failed[0]

    def leave(self, within_s: float) -> None:
        """The same for no longer than that, and what is not over by then, or has failed, is nobody's any more."""
        begun, self._begun = self._begun, []
        wait([work for _, work, _ in begun], within_s)
        for _, work, then in begun:
            if work.done() and work.exception() is None:
                then(work.result())
