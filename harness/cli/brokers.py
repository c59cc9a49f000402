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
        given = {"kind": kind, "bootstrap": bootstrap and bootstrap.split(","), "properties": properties}
        return command(*args, **others, asked={key: value for key, value in given.items() if value is not None})

    return asking


def on(workload: Workload, asked: Asked) -> Workload:
    """The workload on these brokers. Raises ``WorkloadError`` where it cannot be."""
    if not asked:
        return workload
    stated = workload.model_dump(mode="json")
    # What another kind's brokers were told means nothing to this one.
    before = {} if asked.get("kind", workload.cluster.kind) != workload.cluster.kind else stated["cluster"]
    common = {key: stated["cluster"][key] for key in type(workload.cluster).model_fields}
    return parse({**stated, "cluster": {**common, **before, **asked}})


def refuse_others(stored: Mapping[str, Any], asked: Asked, run: str) -> None:
    """A run goes on with the brokers that it began with. Raises ``UsageError``."""
    for key, value in asked.items():
        if stored.get(key) != value:
            raise click.UsageError(f"{run} has cluster.{key} {stored.get(key)}, and cannot go on with {value}")
