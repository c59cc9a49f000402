"""The compose document of a cluster: a KRaft controller and its brokers, each in a container of the official image.

Clients reach a broker at a port of this machine's loopback, nodes reach each other by their names over the project's
network. One document does for all versions of Compose from 1.27 on, so it has no name and no version of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.clusters.ports import HOST
from harness.clusters.profiles import (
    CONTROLLER,
    PROFILES,
    Profile,
    Properties,
    broker_properties,
    controller_properties,
)

DATA = "/var/lib/kafka/data"
NETWORK = "kafka"
_CLIENTS_PORT, _BROKERS_PORT, _CONTROLLER_PORT = 9092, 9094, 9093
_MEMORY: Mapping[str, str] = {"fault": "1g", "performance": "2g"}
"""Of a broker by its profile: heap, the rest of the JVM, and some room for the page cache of its logs."""
_CONTROLLER_MEMORY = "768m"
_HEALTH: Mapping[str, str | int] = {"interval": "10s", "timeout": "5s", "retries": 6, "start_period": "30s"}


@dataclass(frozen=True)
class Layout:
    """What differs from one cluster to another. Values may be those of Compose, ``${NAME:-default}``."""

    image: str
    cluster_id: str
    ports: Mapping[int, int | str]
    """Broker id to the port of this machine's loopback at which clients reach it."""
    profile: str
    settings: Mapping[str, str | int] = field(default_factory=dict)
    """Of brokers, beside the profile's."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of all that is made."""
    subnet: str | None = None
    """The network's, where nodes are to keep their addresses."""
    ips: Mapping[int, str] = field(default_factory=dict)
    """By node, in that network."""


def service(node: int) -> str:
    """What a node's container is called, by Compose and by the other nodes."""
    return "controller" if node == CONTROLLER else f"broker-{node}"


def document(layout: Layout) -> dict[str, Any]:
    """What ``compose.yaml`` has in it."""
    nodes = (CONTROLLER, *layout.ports)
    labels = {"labels": dict(layout.labels)} if layout.labels else {}
    network = {"ipam": {"config": [{"subnet": layout.subnet}]}} if layout.subnet else {}
    return {
        "services": {service(node): _service(node, layout) | labels for node in nodes},
        "networks": {NETWORK: network | labels or None},
        "volumes": {service(node): labels or None for node in nodes},
    }


def environment(properties: Mapping[str, str | int], jvm: tuple[str, ...], cluster_id: str) -> dict[str, str | None]:
    """What the image makes ``server.properties`` of, and what it starts the JVM with. None is what Compose is told."""
    heap = [flag for flag in jvm if flag.startswith("-Xm")]
    return {
        "CLUSTER_ID": cluster_id,
        "KAFKA_HEAP_OPTS": " ".join(heap),
        "KAFKA_JVM_PERFORMANCE_OPTS": " ".join(flag for flag in jvm if flag not in heap),
        "JAVA_TOOL_OPTIONS": None,
        **{f"KAFKA_{key.replace('.', '_').upper()}": str(value) for key, value in properties.items()},
    }


def _service(node: int, layout: Layout) -> dict[str, Any]:
    profile = PROFILES[layout.profile]
    address = {"ipv4_address": layout.ips[node]} if node in layout.ips else None
    described: dict[str, Any] = {
        "image": layout.image,
        "init": True,  # else a stop while it is set up waits for the whole grace period
        "mem_limit": _CONTROLLER_MEMORY if node == CONTROLLER else _MEMORY[profile.name],
        "networks": {NETWORK: address},
        "volumes": [f"{service(node)}:{DATA}"],
        "environment": environment(*_set_up(node, layout, profile), layout.cluster_id),
        "healthcheck": {"test": ["CMD", "bash", "-c", f"echo > /dev/tcp/localhost/{_own_port(node)}"], **_HEALTH},
    }
    if node != CONTROLLER:
        described["ports"] = [f"{HOST}:{layout.ports[node]}:{_CLIENTS_PORT}"]
        described["depends_on"] = [service(CONTROLLER)]
    return described


def _own_port(node: int) -> int:
    return _CONTROLLER_PORT if node == CONTROLLER else _CLIENTS_PORT


def _set_up(node: int, layout: Layout, profile: Profile) -> tuple[Properties, tuple[str, ...]]:
    reached: Properties = {
        "controller.quorum.voters": f"{CONTROLLER}@{service(CONTROLLER)}:{_CONTROLLER_PORT}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,BROKERS:PLAINTEXT,CLIENTS:PLAINTEXT",
        "log.dirs": DATA,
    }
    if node == CONTROLLER:
        reached["listeners"] = f"CONTROLLER://:{_CONTROLLER_PORT}"
        return controller_properties(node, reached, profile), profile.controller_jvm
    reached |= {
        "listeners": f"CLIENTS://:{_CLIENTS_PORT},BROKERS://:{_BROKERS_PORT}",
        "advertised.listeners": f"CLIENTS://{HOST}:{layout.ports[node]},BROKERS://{service(node)}:{_BROKERS_PORT}",
        "inter.broker.listener.name": "BROKERS",
    }
    return {**broker_properties(node, reached, len(layout.ports), profile), **layout.settings}, profile.broker_jvm
