"""Ports of this machine's loopback that nobody listens at."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable

from harness.clusters import ClusterFailed

HOST = "127.0.0.1"


def free_ports(wanted: Iterable[int]) -> list[int]:
    """Each port that is wanted, and another for each 0; all were free a moment ago.

    Raises ``ClusterFailed`` if one of those that are wanted is taken.
    """
    with contextlib.ExitStack() as stack:
        ports = []
        for port in wanted:
            probe = stack.enter_context(socket.socket())
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise ClusterFailed(f"port {port} of {HOST} is taken ({error.strerror})") from error
            ports.append(probe.getsockname()[1])
    return ports
