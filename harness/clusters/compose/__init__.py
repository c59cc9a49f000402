"""Brokers as containers of Docker Compose, of the image ``apache/kafka``.

Whatever is about containers stays in here; outside, it is a ``Cluster`` and what it can do.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from harness.clusters import Cluster, ClusterFailed, ClusterKind, Place, Stated, Wanted
from harness.clusters.can import Ability

if TYPE_CHECKING:
    from harness.clusters.standing import Stands

VERSIONS = ("3.9.0", "3.9.2", "4.0.2", "4.1.2", "4.3.1", "4.4.0")
"""Those that run as processes of this machine too, so that one can be compared with the other."""


@functools.cache
def _lacks() -> Mapping[Ability, str]:
    from harness.clusters.compose import disks, links

    try:
        reasons = {Ability.LINKS: links.lacking(), Ability.FULL_DISKS: disks.lacking_to_fill()}
    except ClusterFailed:  # without an engine nothing is lacking: nothing runs, and that says why
        return {}
    return {ability: f"{ability.value}: {reason}" for ability, reason in reasons.items() if reason is not None}


def _up(wanted: Wanted, stated: Stated, place: Place) -> AbstractContextManager[Cluster]:
    """Pulls the image first where it is not here."""
    from harness.clusters.compose.cluster import ComposeCluster

    return ComposeCluster(wanted, place.folder, place.janitor, place.progress)


def _stands() -> Stands:
    from harness.clusters.compose import standing

    return standing


COMPOSE = ClusterKind(
    "compose",
    "as containers of Docker Compose",
    lacks=lambda _: _lacks(),
    versions=lambda: VERSIONS,
    up=_up,
    stands=_stands,
)
