"""Brokers as processes of this machine: their jars and Java, their files, the relays between them.

Whatever is about processes and paths stays in here; outside, it is a ``Cluster`` and what it can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from harness.clusters import Cluster, ClusterKind, Place, Stated, Wanted
from harness.clusters.can import Ability

if TYPE_CHECKING:
    from harness.clusters.standing import Stands


def _versions() -> Sequence[str]:
    from harness.clusters.local.jars import known_versions

    return known_versions()


def _up(wanted: Wanted, stated: Stated, place: Place) -> AbstractContextManager[Cluster]:
    """Fetches what is missing of its jars first."""
    from harness.clusters.local.cluster import LocalCluster
    from harness.clusters.local.jars import class_path

    return LocalCluster(
        class_path(wanted.kafka, place.progress),
        place.folder,
        place.janitor,
        brokers=wanted.brokers,
        profile=wanted.profile,
        eligible_leader_replicas=wanted.eligible_leader_replicas,
        relays=wanted.links,
    )


def _stands() -> Stands:
    from harness.clusters.local import standing

    return standing


_LACKS = {Ability.DISCONNECT: Ability.DISCONNECT.value}

LOCAL = ClusterKind(
    "local",
    "as processes of this machine",
    lacks=lambda _: _LACKS,
    versions=_versions,
    relays=True,
    up=_up,
    stands=_stands,
)
