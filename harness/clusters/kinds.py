"""Every kind of cluster by its name in a workload (``cluster.kind``). A new one is its own module and one line here."""

from __future__ import annotations

from harness.clusters import Kind
from harness.clusters.local import LOCAL

CLUSTERS: dict[str, Kind] = {kind.name: kind for kind in (LOCAL,)}
