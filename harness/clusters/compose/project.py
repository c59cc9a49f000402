"""A project: all that Compose made under one name, found by label and removed by it.

python -m harness.clusters.compose.project NAME    # removes it: what the janitor runs
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from harness.clusters import ClusterFailed
from harness.clusters.compose import labels
from harness.clusters.compose.engine import connect, one_line, told

if TYPE_CHECKING:
    from docker import DockerClient

_AT_ONCE = 4
_GONE_S = 20.0
_AGAIN_S = 0.2


def things(client: DockerClient, label: str) -> Iterable[Any]:
    """The containers, networks and volumes with this label, ``name`` or ``name=value``."""
    only = {"label": label}
    yield from client.containers.list(all=True, filters=only, ignore_removed=True)
    yield from client.networks.list(filters=only)
    yield from client.volumes.list(filters=only)


def remove(client: DockerClient, project: str) -> None:
    """Kills and removes all of it; no error for what is gone. Raises ``ClusterFailed`` where something stays."""
    label, until = f"{labels.PROJECT}={project}", time.monotonic() + _GONE_S
    while True:
        with told(f"the compose project {project} could not be removed"):
            left = list(things(client, label))
        if not left:
            return
        errors = _remove_all(left)
        if errors and time.monotonic() > until:
            raise ClusterFailed(f"the compose project {project} could not be removed: {errors[-1]}")


def remove_left(client: DockerClient) -> list[str]:
    """Removes every project whose harness is gone. Returns their names."""
    left = {
        named[labels.PROJECT]: named[labels.OWNER]
        for thing in things(client, labels.OWNER)
        if labels.PROJECT in (named := labels_of(thing)) and labels.is_left(named[labels.OWNER])
    }
    for project in left:
        remove(client, project)
    return sorted(left)


def labels_of(thing: Any) -> Mapping[str, str]:
    attributes = thing.attrs
    return (attributes.get("Config") or attributes).get("Labels") or {}


def _remove_all(left: Sequence[Any]) -> list[str]:
    """Containers first: they hold the rest. What was refused, as another may be at it, or because one is held still."""
    containers = [thing for thing in left if hasattr(thing, "kill")]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        errors = [*pool.map(_remove, containers)]
    errors += [_remove(thing) for thing in left if thing not in containers]
    if refused := [error for error in errors if error is not None]:
        time.sleep(_AGAIN_S)
    return refused


def _remove(thing: Any) -> str | None:
    from docker.errors import DockerException, NotFound

    try:
        if hasattr(thing, "kill"):
            thing.remove(force=True, v=True)
        else:
            thing.remove()
    except NotFound:
        pass
    except DockerException as error:
        return one_line(error)
    return None


def main() -> None:
    remove(connect(), sys.argv[1])


if __name__ == "__main__":
    main()
