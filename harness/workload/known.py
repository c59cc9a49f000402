"""What a workload can name on this machine: clients, faults and Kafka versions, passed in so that checks stay pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pydantic import BaseModel

from harness.clients import CLIENTS
from harness.clients.named import installed as version
from harness.clusters import ClusterKind
from harness.clusters.kinds import CLUSTERS
from harness.faults import FAULTS
from harness.faults.steps import Need


class Fault(Protocol):
    """What checking and planning need of an entry of ``harness.faults.FAULTS``."""

    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def parameters(self) -> type[BaseModel]:
        """The model of its parameters; its fields are keys of a recipe."""

    @property
    def refuses(self) -> Callable[[Any, Mapping[str, Any]], str | None]:
        """Of its parameters and a trial's config: why the fault says nothing there, or None."""

    @property
    def settings(self) -> Callable[[Any], Mapping[str, Any]]:
        """Of its parameters: the settings of client and topic that its recipe is made for."""

    def needs(self, parameters: Any) -> frozenset[Need]:
        """What has to be there for it, of the cluster and of the client's line to it."""

    def messages(self, parameters: Any) -> int: ...
    def message_size(self, parameters: Any) -> int: ...
    def seconds(self, parameters: Any, config: Mapping[str, Any]) -> float: ...


Faults = Mapping[str, Fault]


@dataclass(frozen=True)
class Known:
    """The names of what is there. ``clients`` have the version of their package that is installed, and None where they
    have none; ``kafka`` has the versions that some kind of cluster can run, oldest first.
    """

    clients: Mapping[str, str | None]
    faults: Faults
    kafka: tuple[str, ...]
    clusters: Mapping[str, ClusterKind]

    def where(self, kind: object) -> Known:
        """The same with the versions of Kafka that this kind of cluster can run; all of them if it is none."""
        runs = self.clusters[kind].versions() if isinstance(kind, str) and kind in self.clusters else self.kafka
        return replace(self, kafka=tuple(version for version in self.kafka if version in runs))


def installed() -> Known:
    """What this installation has."""
    versions = dict.fromkeys(version for kind in CLUSTERS.values() for version in kind.versions())
    return Known({name: version(name) for name in CLIENTS}, FAULTS, tuple(versions), CLUSTERS)
