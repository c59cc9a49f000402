"""The options that say where somebody else's cluster is, in place of what a workload says of it or beside that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from harness.workload import Workload, parse
from harness.workload.model import Cluster


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds them to a command, as ``bootstrap`` and ``properties``."""
    for option in (
        click.option("--properties", metavar="FILE", help="A Java client's properties: TLS, SASL, and as whom."),
        click.option("--bootstrap", metavar="HOST:PORT[,...]", help="Where somebody else's cluster is."),
    ):
        command = option(command)
    return command


def on_cluster(workload: Workload, kind: str | None, bootstrap: str | None, properties: str | None) -> Workload:
    """The workload on the cluster that the options say; what they do not say is as it was, unless it is of another
    kind. Raises ``WorkloadError`` where that cannot be.
    """
    said = {"kind": kind, "bootstrap": bootstrap, "properties": properties}
    given = {key: value for key, value in said.items() if value is not None}
    if not given:
        return workload
    data = workload.model_dump(mode="json")
    if kind not in (None, workload.cluster.kind):
        data["cluster"] = {key: value for key, value in data["cluster"].items() if key in Cluster.model_fields}
    return parse({**data, "cluster": {**data["cluster"], **given}})
