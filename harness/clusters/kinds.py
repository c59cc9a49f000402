"""Every kind of cluster by its name in a workload (``cluster.kind``). A new one is its own module and one line here."""

from __future__ import annotations

from harness.clusters import ClusterKind
from harness.clusters.compose import COMPOSE
from harness.clusters.external import EXTERNAL
from harness.clusters.local import LOCAL

CLUSTERS: dict[str, ClusterKind] = {kind.name: kind for kind in (LOCAL, COMPOSE, EXTERNAL)}
