"""Waiting until a client has reported all that it has."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from harness import clients

_FLUSH_S = 5.0  # at most between two looks at what has no report yet


class Stalled(Exception):
    """For ``still_s`` the client took nothing, or reported nothing of what was to be reported: longer than anybody was
    patient.
    """

    def __init__(self, still_s: float) -> None:
        self.still_s = still_s


def drain(producer: clients.Producer, patience_s: Callable[[], float]) -> tuple[int, float | None]:
    """Waits until all is reported, as long as reports come: until there was none for so long. Returns how many messages
    have none, and for how long there was none, if that was too long.
    """
    left, since = math.inf, time.monotonic()
    while unreported := producer.flush(min(_FLUSH_S, patience_s())):
        if unreported < left:
            left, since = unreported, time.monotonic()
        elif (still_s := time.monotonic() - since) > patience_s():
            return unreported, still_s
    return 0, None
