"""Children that are there before they are needed: what they run on is loaded while the harness reads and judges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import roles
from harness.clients.named import Named
from harness.janitor import Janitor
from harness.process import Child

_OF_NONE = roles.driven({})


class Spares:
    """At most one child of each kind and client, which waits for its spec; gone with ``close``."""

    def __init__(self, folder: Path, janitor: Janitor) -> None:
        self._folder, self._janitor = folder, janitor
        self._waiting: dict[tuple[str, Named], Child] = {}

    def prepare(self, role: str, client: Named = _OF_NONE) -> None:
        """Starts one, unless there is one; a producer loads its client already. From the main thread."""
        if (role, client) not in self._waiting:
            child = roles.idle(role, client, self._folder / f"spare-{role}.log")
            self._janitor.process(child.pid)
            self._waiting[role, client] = child

    def start(self, role: str, spec: Mapping[str, Any], log: Path) -> Child:
        """A child in this role, as ``roles.start``: the one that waits, if it is alive."""
        waiting = self._waiting.pop((role, roles.driven(spec)), None)
        if waiting is not None and waiting.alive:
            waiting.begin(spec)
            return waiting
        return roles.start(role, spec, log)

    def close(self) -> None:
        while self._waiting:
            self._waiting.popitem()[1].kill()
