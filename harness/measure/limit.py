"""What kept a load from going faster, where that was not the brokers."""

from __future__ import annotations

from typing import Literal

from harness.store import Used

Limit = Literal["client", "proxy", "machine"]
FULL = 0.85
"""Of a core, or of all of them: the kernel's accounts have a hundredth of a second for a unit, and the time in which
the last reports are waited for is in them.
"""


def limited_by(used: Used, *, one_core: bool = False) -> Limit | None:
    """The first of these that was busy all the time: a thread of the client, or all threads of one that has
    ``one_core`` for them; one of the proxy; every core. None: of these nothing, so it was the brokers, the disk, or
    what the settings let be in flight.
    """
    if max(used.client_thread, used.client_cores if one_core else 0.0) >= FULL:
        return "client"
    if used.proxy_thread is not None and used.proxy_thread >= FULL:
        return "proxy"
    return "machine" if used.machine >= FULL else None
