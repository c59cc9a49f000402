"""The commands that run trials: ``sweep`` and ``claims``."""

from __future__ import annotations

import itertools
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness import folders
from harness.cli.against import against_base, go_on
from harness.cli.brokers import Asked, on, on_brokers, refuse_another_kind
from harness.cli.codes import INCOMPLETE, OK, exit_code
from harness.clusters import ClusterFailed
from harness.console import console
from harness.space import free_bytes
from harness.store import Results, TrialRecord
from harness.workload import WorkloadError, load, parse

if TYPE_CHECKING:
    from harness.plan import Plan
    from harness.sweep import Sweep


@click.command()
@click.argument("workload", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the plan, its estimated time and bytes, and run nothing.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this results folder.")
@click.option(
    "--results", default="results", show_default=True, type=click.Path(path_type=Path), help="Where results go."
)
@click.option(
    "--against",
    metavar="BASE",
    help="Run it and WORKLOAD in turn, and say what is worse: kafka==4.0.2, aiokafka==0.12.0, another workload file.",
)
@on_brokers
def sweep(
    workload: Path | None, dry_run: bool, resume: Path | None, results: Path, against: str | None, asked: Asked
) -> None:
    """Run every trial of WORKLOAD on real brokers and leave a report."""
    if (workload is None) == (resume is None):
        raise click.UsageError("give either a workload file, or --resume with a results folder")
    if resume is not None and (both := _arms_in(resume, against)) is not None:
        go_on(resume, both, asked, dry_run=dry_run)
        return
    if against is not None:
        assert workload is not None
        against_base(on(load(workload), asked), against, workload, results, dry_run=dry_run)
        return
    store = None if resume is None else Results.open(resume)
    if store is None:
        assert workload is not None
        wanted = on(load(workload), asked)
    elif "against" in store.run():
        whole = shlex.quote(str(store.folder.parent))
        raise click.UsageError(f"{resume} is half of a run against a base; go on with: harness sweep --resume {whole}")
    elif "claims" in store.run():
        raise click.UsageError(f"{resume} is a run of claims; go on with: harness claims --resume {store.typed}")
    else:
        wanted = parse(store.run().get("workload"))
        refuse_another_kind(wanted.cluster.kind, asked, store.typed)
        wanted = on(wanted, asked)
    from harness.sweep import plan_of  # takes longer than to refuse what is refused above

    done = _run(plan_of(wanted), str(workload or resume), store, results, dry_run=dry_run)
    if done is not None:
        _close(done.records, done.report)


@click.command()
@click.argument("claims", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the plan, its estimated time and bytes, and run nothing.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this results folder.")
@click.option(
    "--results", default="results", show_default=True, type=click.Path(path_type=Path), help="Where results go."
)
@on_brokers
def claims(claims: Path | None, dry_run: bool, resume: Path | None, results: Path, asked: Asked) -> None:
    """Try every claim of CLAIMS on real brokers and say what became of it."""
    from harness import claims as room
    from harness.sweep import plan_of

    if (claims is None) == (resume is None):
        raise click.UsageError("give either a file of claims, or --resume with a results folder")
    store = None if resume is None else Results.open(resume)
    if store is None:
        assert claims is not None
        wanted = room.load(claims)
    else:
        wanted = room.parse_claims(store.run().get("claims"))
        refuse_another_kind(wanted.cluster.get("kind", "local"), asked, store.typed)
    wanted = wanted.model_copy(update={"cluster": {**wanted.cluster, **asked}})
    plan = room.plan_claims(wanted, plan_of)
    stated = {"workload": None, "claims": wanted.model_dump(mode="json", exclude_unset=True)}
    done = _run(plan, str(claims or resume), store, results, dry_run=dry_run, stated=stated)
    if done is not None:
        decided = room.decide_all(wanted, done.records)
        out = console()
        for each in decided:
            out.print(f"{each.word:14} {each.name}: {each.says}", soft_wrap=True)
        out.print(f"claims: {room.write_document(done.results, wanted, decided)}", soft_wrap=True)
        sys.exit(INCOMPLETE if any(each.outcome is room.ClaimOutcome.NOT_DECIDED for each in decided) else OK)


def _arms_in(resume: Path, against: str | None) -> dict[str, Results] | None:
    """The runs of both arms that are to be gone on with; None if it is no run against a base."""
    from harness.against.run import opened

    if against is not None:
        raise click.UsageError("--against is for a workload; a run that is gone on with knows its base")
    return opened(resume)


def _run(
    plan: Plan, source: str, store: Results | None, results: Path, *, dry_run: bool, stated: Any = None
) -> Sweep | None:
    """Runs a plan into a new folder among the results, or the rest of it into ``store``; None for a dry run.

    ``stated`` goes into a new run's ``run.json`` as well, in place of what is there under the same keys.
    """
    from harness import provenance
    from harness.plan import objections, render_plan
    from harness.sweep import provided
    from harness.sweep import sweep as run_sweep
    from harness.terminal import Terminal

    out = console()
    finished = {record.id for record in store.records()} if store else set()
    rest = replace(plan, trials=tuple(trial for trial in plan.trials if trial.id not in finished))
    if dry_run:
        out.print(render_plan(rest))
    elif store is None:
        try:
            results.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise click.UsageError(f"--results {results}: that is there and no folder") from None
    against = objections(rest, free_bytes(store.folder if store else results))
    if against and (store is None or rest.runnable):  # of a run whose trials have all ended the report is made again
        raise WorkloadError(f"{source}: {objection}" for objection in against)
    if dry_run:
        return None
    try:
        plan = provided(plan, rest.runnable)
    except WorkloadError as unavailable:
        raise WorkloadError(f"{source}: {problem}" for problem in unavailable.problems) from None
    resumed, store = store is not None, store or _new(results, plan, stated or {})
    with store.claimed():
        folders.remove(store.folder / "scratch")
        store.mend()
        if resumed:
            provenance.note_start(store, plan)
        terminal = Terminal(out, plan, finished)
        try:
            with terminal.live():
                return run_sweep(plan.workload, plan, store, terminal)
        except (KeyboardInterrupt, ClusterFailed) as ended:
            command = "claims" if stated else "sweep"
            raise type(ended)(f"{ended}; go on with: harness {command} --resume {store.typed}") from None


def _new(results: Path, plan: Plan, stated: dict[str, Any]) -> Results:
    """A folder for a new run, named by its second and its workload, and by a number where that name is taken."""
    from harness import provenance

    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{plan.workload.name}"
    for number in itertools.count(1):
        run_id = name if number == 1 else f"{name}-{number}"
        with suppress(FileExistsError):
            return Results.create(results / run_id, {**provenance.describe(run_id, plan.workload, plan), **stated})
    raise AssertionError("numbers do not end")


def _close(records: Sequence[TrialRecord], made: Path) -> None:
    from harness.report.closing import closing_table

    out = console()
    out.print(closing_table(records))
    out.print(f"report: {made}", soft_wrap=True)
    sys.exit(exit_code(records))
