"""A cluster of containers that stays after the command that started it: a project of a name of its own.

Nothing holds it but the engine, and it is found by its labels. Who starts or stops it has a lock on a file meanwhile.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from harness.clusters import ClusterFailed, Progress
from harness.clusters.brokers import Brokers
from harness.clusters.compose import command, labels, project
from harness.clusters.compose.document import Layout, service
from harness.clusters.compose.engine import connect, image, image_name, told
from harness.clusters.compose.node import Node, find
from harness.clusters.ports import HOST, free_ports
from harness.clusters.profiles import CONTROLLER, new_cluster_id
from harness.clusters.standing import Standing, state_folder

if TYPE_CHECKING:
    from docker import DockerClient

PROJECT = "delivery-harness-standing"
_START_S = 120.0


class _Starting(Brokers):
    """Waited for only as long as none of its nodes has ended."""

    def __init__(self, addresses: Mapping[int, str], nodes: Mapping[int, Node]) -> None:
        super().__init__(addresses)
        self._nodes = nodes

    def fail_if_dead(self) -> None:
        for node in self._nodes.values():
            node.fail_if_dead()


def up(kafka: str, brokers: int, first_port: int | None, profile: str, progress: Progress | None = None) -> Standing:
    client = connect()
    with _alone():
        if (standing := _found(client)) is not None:
            down = "harness cluster down --cluster compose"
            raise ClusterFailed(f"a cluster is up already, at {standing.bootstrap}; stop it with: {down}")
        if theirs := next(iter(project.things(client, f"{labels.PROJECT}={PROJECT}")), None):
            raise ClusterFailed(
                f"the compose project {PROJECT} is taken, and not by the harness: {theirs.name} is of it"
            )
        image(client, kafka, progress)
        ids = range(1, brokers + 1)
        ports = free_ports(0 if first_port is None else first_port + i for i in range(brokers))
        layout = Layout(
            image=image_name(kafka),
            cluster_id=new_cluster_id(),
            ports=dict(zip(ids, ports, strict=True)),
            profile=profile,
            labels={labels.STANDING: kafka},
        )
        try:
            with TemporaryDirectory() as folder:
                command.up(PROJECT, layout, Path(folder))
            nodes = find(client, PROJECT, [CONTROLLER, *ids])
            _Starting({id: f"{HOST}:{port}" for id, port in layout.ports.items()}, nodes).wait_healthy(None, _START_S)
        except BaseException:
            project.remove(client, PROJECT)
            raise
        return Standing(kafka, brokers, ",".join(f"{HOST}:{port}" for port in ports))


def down() -> bool:
    client = connect()
    with _alone():
        there = _found(client) is not None
        if there:
            project.remove(client, PROJECT)
        return there


def status() -> Standing | None:
    return _found(connect())


def _found(client: DockerClient) -> Standing | None:
    """By what was published when its containers were made, whether they run or not."""
    with told("the cluster that stays"):
        containers = client.containers.list(all=True, filters={"label": labels.STANDING}, ignore_removed=True)
    brokers = sorted(each for each in map(_broker, containers) if each)
    if not brokers:
        return None
    kafka = containers[0].labels[labels.STANDING]
    return Standing(kafka, len(brokers), ",".join(f"{HOST}:{port}" for _, port in brokers))


def _broker(container: Any) -> tuple[int, str] | None:
    """Its id and its port; None of the controller."""
    name = container.labels[labels.SERVICE]
    bound = [each for each in (container.attrs["HostConfig"]["PortBindings"] or {}).values() if each]
    number = name.removeprefix(service(0).removesuffix("0"))
    return (int(number), bound[0][0]["HostPort"]) if bound and number.isdigit() else None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Nobody else starts or stops it meanwhile."""
    state_folder().mkdir(parents=True, exist_ok=True)
    with (state_folder() / "compose.lock").open("wb") as lock:
        try:
            os.lockf(lock.fileno(), os.F_TLOCK, 0)
        except OSError:
            raise ClusterFailed("another harness is just starting or stopping the cluster that stays") from None
        yield
