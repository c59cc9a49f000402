"""Whose containers, networks and volumes are: what is found by label is ours, and nobody else's is touched."""

from __future__ import annotations

import os
import platform

from harness.janitor import began

PROJECT = "com.docker.compose.project"
"""Compose's own label, on all that it makes."""
SERVICE = "com.docker.compose.service"
"""Compose's own label, on each container."""
OWNER = "delivery-harness.owner"
"""The harness that made it: machine, process id, and when that began."""
FOLDER = "delivery-harness.folder"
"""Where it keeps the cluster's files: in the run's results."""
STANDING = "delivery-harness.standing"
"""In place of an owner: it stays until somebody takes it down. The version of Kafka that it runs."""


def owner() -> str:
    return f"{platform.node()} {os.getpid()} {began(os.getpid()):g}"


def is_left(owner: str) -> bool:
    """Whether its owner was a process of this machine, and is gone. Of other machines' nobody here can say."""
    machine, pid, since = owner.rsplit(" ", 2)
    if machine != platform.node():
        return False
    try:
        return f"{began(int(pid)):g}" != since
    except ProcessLookupError:
        return True
