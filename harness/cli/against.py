"""``sweep --against``: a workload and what it is compared with, in turn."""

from __future__ import annotations

import contextlib
import itertools
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness import folders
from harness.cli.brokers import Asked, on, refuse_another_kind
from harness.cli.codes import of_comparison
from harness.clusters import ClusterFailed
from harness.console import console
from harness.space import free_bytes
from harness.store import Results
from harness.workload import Workload, WorkloadError, parse

if TYPE_CHECKING:
    from harness.against.arms import Arms


def against_base(workload: Workload, against: str, source: Path, results: Path, *, dry_run: bool) -> None:
    """Runs both into a new folder among the results, and ends with what the comparison comes to."""
    from harness.against.arms import arms
    from harness.against.run import as_one, create
    from harness.plan import objections, render_plan

    both = arms(workload, against)
    together = as_one(both)
    if dry_run:
        console().print(render_plan(together))
    else:
        try:
            results.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise click.UsageError(f"--results {results}: that is there and no folder") from None
    if objected := objections(together, free_bytes(results)):
        raise WorkloadError(f"{source}: {objection}" for objection in objected)
    if dry_run:
        return
    both = _ready(both)
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{workload.name}-against-{_as_name(against)}"
    folders_to_be = (results / (name if number == 1 else f"{name}-{number}") for number in itertools.count(1))
    for folder in folders_to_be:
        try:
            stored = create(folder, both)
        except FileExistsError:
            continue
        _run(folder, both, stored)


def go_on(folder: Path, stored: Mapping[str, Results], asked: Asked, *, dry_run: bool) -> None:
    """Runs what has no record yet."""
    from harness.against.arms import BASE, NEW, between
    from harness.against.run import as_one
    from harness.plan import render_plan

    about = stored[NEW].run()["against"]
    workloads = {}
    for side, run in stored.items():
        workloads[side] = parse(run.run().get("workload"))
        refuse_another_kind(workloads[side].cluster.kind, asked, run.typed)
    both = between(on(workloads[BASE], asked), on(workloads[NEW], asked), about["asked"], about["commit"])
    if dry_run:
        finished = {record.id for run in stored.values() for record in run.records()}
        together = as_one(both)
        left = tuple(trial for trial in together.trials if trial.id not in finished)
        console().print(render_plan(replace(together, trials=left)))
        return
    _run(folder, _ready(both), stored)


def _run(folder: Path, both: Arms, stored: Mapping[str, Results]) -> None:
    from harness.against.run import as_one, run
    from harness.terminal import Terminal

    out = console()
    with contextlib.ExitStack() as claims:
        for results in stored.values():
            claims.enter_context(results.claimed())
            folders.remove(results.folder / "scratch")
            results.mend()
        finished = {record.id for results in stored.values() for record in results.records()}
        terminal = Terminal(out, as_one(both), finished)
        try:
            with terminal.live():
                compared = run(both, stored, terminal)
        except (KeyboardInterrupt, ClusterFailed) as ended:
            raise type(ended)(f"{ended}; go on with: harness sweep --resume {Results(folder).typed}") from None
    out.print((folder / "comparison.md").read_text("utf-8"), markup=False, highlight=False, soft_wrap=True)
    out.print(f"comparison: {folder / 'comparison.md'}", soft_wrap=True)
    sys.exit(of_comparison(compared.outcome))


def _ready(both: Arms) -> Arms:
    from harness.against.arms import provided

    try:
        return provided(both)
    except WorkloadError as unavailable:
        raise WorkloadError(f"--against {both.against}: {problem}" for problem in unavailable.problems) from None


def _as_name(against: str) -> str:
    """A workload's file by its name alone."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", Path(against).name)[:60].strip("-.")
