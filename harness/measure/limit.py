"""What kept a load from going faster, where that was not the brokers."""

from __future__ import annotations

from typing import Literal

from harness.store import Used

Limit = Literal["client", "proxy", "machine"]
FULL = 0.9
"""Of a core, or of all of them: the rest is what the kernel's accounts and a sleeping scheduler leave."""


def limited_by(used: Used) -> Limit | None:
    """The first of these that was busy all the time: a thread of the client, one of the proxy, every core. None: of
    these nothing, so it was the brokers, the disk, or what the settings let be in flight.
    """
    if used.client_thread >= FULL:
        return "client"
    if used.proxy_thread is not None and used.proxy_thread >= FULL:
        return "proxy"
    return "machine" if used.machine >= FULL else None
