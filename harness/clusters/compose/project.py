"""A project: all that Compose made under one name, found by label and removed by it.

python -m harness.clusters.compose.project NAME    # removes it: what the janitor runs
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from harness.clusters import ClusterFailed
from harness.clusters.compose import labels
from harness.clusters.compose.engine import connect, one_line

if TYPE_CHECKING:
    from docker import DockerClient

_AT_ONCE = 4


def things(client: DockerClient, label: str) -> Iterable[Any]:
    """The containers, networks and volumes with this label, ``name`` or ``name=value``."""
    only = {"label": label}
    yield from client.containers.list(all=True, filters=only, ignore_removed=True)
    yield from client.networks.list(filters=only)
    yield from client.volumes.list(filters=only)


def remove(client: DockerClient, project: str) -> None:
    """Kills and removes all of it; no error for what is gone. Raises ``ClusterFailed`` where something stays."""
    from docker.errors import DockerException

    label = f"{labels.PROJECT}={project}"
    with contextlib.suppress(DockerException), ThreadPoolExecutor(_AT_ONCE) as pool:
        containers = client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
        list(pool.map(_remove_container, containers))
    try:
        for network in client.networks.list(filters={"label": label}):
            network.remove()
        for volume in client.volumes.list(filters={"label": label}):
            volume.remove(force=True)
    except DockerException as error:
        raise ClusterFailed(f"the compose project {project} could not be removed: {one_line(error)}") from error


def remove_left(client: DockerClient) -> list[str]:
    """Removes every project whose harness is gone. Returns their names."""
    left = {
        told[labels.PROJECT]: told[labels.OWNER]
        for thing in things(client, labels.OWNER)
        if labels.PROJECT in (told := labels_of(thing)) and labels.is_left(told[labels.OWNER])
    }
    for project in left:
        remove(client, project)
    return sorted(left)


def labels_of(thing: Any) -> Mapping[str, str]:
    attributes = thing.attrs
    return (attributes.get("Config") or attributes).get("Labels") or {}


def _remove_container(container: Any) -> None:
    from docker.errors import DockerException

    with contextlib.suppress(DockerException):  # another is at it, or it is gone: what stays is told of by its network
        container.remove(force=True, v=True)


def main() -> None:
    remove(connect(), sys.argv[1])


if __name__ == "__main__":
    main()
