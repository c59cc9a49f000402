"""What a cluster runs on, for the record: its image, its engine, and the way from a client to a broker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import psutil

from harness.clusters.compose.engine import is_on_this_machine, told
from harness.clusters.compose.node import Node

if TYPE_CHECKING:
    from docker import DockerClient

_PROXY = "docker-proxy"


def java(node: Node) -> str | None:
    """The Java that runs a node, in its own words."""
    with told(f"node {node.id}: java"):
        status, said = node.container.exec_run(["java", "-version"])
    lines = said.decode("utf-8", "replace").splitlines()
    return next((line for line in lines if "version" in line), None) if status == 0 else None


def runs_on(client: DockerClient, image: Any, command: str, ports: Iterable[object]) -> Mapping[str, str]:
    """By what people call it."""
    with told("the engine"):
        engine = client.version()["Version"]
    digest = next(iter(image.attrs.get("RepoDigests") or ()), image.id).rpartition("@")[2]
    return {
        "Image": f"{', '.join(image.tags)}, {digest}",
        "Docker": f"Engine {engine}, {command}",
        "Network path": _path(ports),
    }


def _path(ports: Iterable[object]) -> str:
    """What a published port is served by. A process of its own adds 50 to 100 us to a round trip."""
    if not is_on_this_machine():
        return "published ports of an engine that is not this machine itself"
    wanted = {str(port) for port in ports}
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    proxied = any(command and command[0].endswith(_PROXY) and wanted & {*command} for command in commands)
    return f"published ports, each by a {_PROXY}" if proxied else "published ports, by the kernel"
