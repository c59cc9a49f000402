"""Where a producer stops, so that a fault strikes inside of a transaction without luck: at a point of one's life."""

from __future__ import annotations

import threading

from harness.events import TransactionPoint
from harness.serving import say


class Stop:
    """At most one at a time. Who wants it is told that it was reached (``stopped``), and says when to go on; both from
    another thread than that which stops.
    """

    def __init__(self) -> None:
        self._wanted: tuple[TransactionPoint, int] | None = None
        self._goes_on = threading.Event()

    def at(self, point: TransactionPoint, transaction: int) -> None:
        """At the first transaction with this number, or a later one, that comes there."""
        self._goes_on.clear()
        self._wanted = point, transaction

    def go_on(self) -> None:
        self._goes_on.set()

    def wanted(self, point: TransactionPoint, transaction: int) -> bool:
        wanted = self._wanted
        return wanted is not None and wanted[0] is point and transaction >= wanted[1]

    def here(self, point: TransactionPoint, transaction: int) -> None:
        """Stops, if that is wanted here, until it is told to go on."""
        if self.wanted(point, transaction):
            self._wanted = None
            say("stopped", point=point.value, transaction=transaction)
            self._goes_on.wait()
