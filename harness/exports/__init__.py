"""A stored run's figures in the formats of tools that watch benchmarks. A new one is one module and one line in
``EXPORTS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.exports import bencher, github, omb, pytest_benchmark, table
from harness.exports.series import Watched

EXPORTS: Mapping[str, Callable[[Watched], Mapping[str, str]]] = {
    "bencher": bencher.export,
    "github-action-benchmark": github.export,
    "omb": omb.export,
    "otava": table.export,
    "pytest-benchmark": pytest_benchmark.export,
}
"""By the word with which it is asked for: files by their names."""
