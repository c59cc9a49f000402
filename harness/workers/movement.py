"""Whether a load moves: a message that is handed over moves it, and so does one that is reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Movement:
    """``counts`` has how many messages were handed over and how many reported by now; ``clock_ns`` says when."""

    def __init__(self, counts: Callable[[], tuple[int, int]], clock_ns: Callable[[], int]) -> None:
        self._counts = counts
        self._clock_ns = clock_ns
        self._most = counts()
        self._since_ns = clock_ns()

    def still_s(self) -> float:
        """For how long nothing has moved, by what was seen at the calls of this.

        A count counts as far as it has come before: what a full client is offered in vain looks handed over meanwhile.
        """
        handed_over, reported = self._counts()
        most = max(handed_over, self._most[0]), max(reported, self._most[1])
        if most != self._most:
            self._most, self._since_ns = most, self._clock_ns()
        return (self._clock_ns() - self._since_ns) / 1e9


@dataclass(frozen=True)
class Hang:
    """A client with which nothing moved any more: no message was handed over, none was reported."""

    waited_s: float
    explained_s: float
    """For how long its settings, its pace and what was done to it explain that."""
    unreported: int
    """Messages without a report then."""
    answers: bool
    """The worker itself went on: it is the client that hangs."""

    def __str__(self) -> str:
        what = f"{self.unreported:,} messages have no report, and " if self.unreported else ""
        return (
            f"the client hung: {what}nothing moved for {self.waited_s:.1f} s, of which its settings and the fault "
            f"explain {self.explained_s:.1f} s{'' if self.answers else '; its process does not answer'}"
        )
