"""On which brokers trials are run: options of the commands that run some, in place of what a file says."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import click

from harness.clusters.kinds import CLUSTERS
from harness.workload import Workload, parse

Asked = Mapping[str, Any]
"""What was asked for on the command line, by the keys of a workload's ``cluster``."""


def on_brokers(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command these options, as ``asked``."""

    @click.option("--cluster", "kind", type=click.Choice([*CLUSTERS]), help="How brokers are run.")
    @click.option("--bootstrap", metavar="HOST:PORT,...", help="Where some are, with --cluster external.")
    @click.option("--properties", metavar="FILE", help="A Java client's file of security settings, for the same.")
    @functools.wraps(command)
    def asking(*args: Any, kind: str | None, bootstrap: str | None, properties: str | None, **others: Any) -> Any:
        given = {"kind": kind, "bootstrap": bootstrap, "properties": properties}
        return command(*args, **others, asked={key: value for key, value in given.items() if value is not None})

    return asking


def on(workload: Workload, asked: Asked) -> Workload:
    """The workload on these brokers; what was not asked for is as it was, unless that is of another kind. Raises
    ``WorkloadError`` where it cannot be.
    """
    if not asked:
        return workload
    data = workload.model_dump(mode="json")
    if asked.get("kind", workload.cluster.kind) != workload.cluster.kind:
        data["cluster"] = {key: data["cluster"][key] for key in type(workload.cluster).model_fields}
    return parse({**data, "cluster": {**data["cluster"], **asked}})


def refuse_another_kind(stored: str, asked: Asked, run: str) -> None:
    """A run goes on with the kind of cluster that it began with. Raises ``UsageError``."""
    if (kind := asked.get("kind", stored)) != stored:
        raise click.UsageError(f"{run} runs on clusters of kind {stored}, and cannot go on with {kind}")
