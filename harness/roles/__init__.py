"""What the harness's children are: each role is a program that is told in JSON lines what to do, in whatever language.

``docs/workers.md`` is what such a program has to follow. One in Python is a ``harness.serving.Role``; what belongs to a
room of its own, as the proxy and the relay do, is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.clients.named import Named
from harness.process import Child, python, spawned

PRODUCER, PIPELINE = "producer", "pipeline"
ROLES: dict[str, Sequence[str]] = {
    PRODUCER: python("harness.roles.producer"),
    "consumer": python("harness.roles.consumer"),
    PIPELINE: python("harness.roles.pipeline"),
    "oracle": python("harness.roles.oracle"),
    "proxy": python("harness.wire.proxy"),
    "relay": python("harness.clusters.local.links.relay"),
    "artist": python("harness.report.charts.worker"),
}
"""The command line of each role. A new one is a file and a line here. A client that is no Python library has a
producer of its own, which is the role of the client's name.
"""
_DRIVES_IN_PYTHON = (PRODUCER, PIPELINE)
COPIED = (PRODUCER, "consumer")
"""Those of which each trial has new ones. Their modules name what they serve ``ROLE``."""

Start = Callable[[str, Mapping[str, Any], Path], Child]
"""What gives a child in a role, of this spec and with this log."""


def start(role: str, spec: Mapping[str, Any], log: Path, checkout: Path | None = None) -> Child:
    """A child in this role; with a ``checkout`` it is as the harness is there. Start it from the main thread."""
    return Child(role, spawned(ROLES[role], environment(role, driven(spec), checkout)), spec, log)


def forkserver(role: str, client: Named) -> Sequence[str]:
    """The command line of what children of this role, one that is ``COPIED``, can be copied from."""
    return [*python("harness.roles.forkserver"), role, *([client.name] if role == PRODUCER else [])]


def environment(role: str, client: Named, checkout: Path | None = None) -> Mapping[str, str] | None:
    """That of a child in this role for this client: who drives it imports it in the version that is asked for, and the
    others, which use a client for themselves, the installed one.
    """
    from harness.clients import packages

    own = packages.environment(client) if role in _DRIVES_IN_PYTHON else None
    return own if checkout is None else packages.first(checkout, own)


def driven(spec: Mapping[str, Any]) -> Named:
    """The client that a child of this spec is to drive; of one that is for none it has no name."""
    return Named(str(spec.get("client", "")), spec.get("client_version"))


def producing(client: str) -> str:
    """The role that drives this client."""
    return client if client in ROLES else PRODUCER
