"""The command line. It parses, says things, and turns what happened into an exit code; the work is elsewhere.

Exit codes: 0 ok, 1 a run failed, 2 usage or a bad workload file, 3 a promise broken, 4 a performance regression,
5 incomplete (trials failed or unknown), 130 interrupted.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console

from harness.cli.standing import cluster
from harness.clusters import ClusterFailed
from harness.clusters.jars import JarsUnavailable
from harness.disk import free_bytes
from harness.events import Verdict
from harness.process import ChildDied, ChildSilent
from harness.store import Results, ResultsUnusable, TrialRecord
from harness.workload import WorkloadError, load, parse

if TYPE_CHECKING:
    from harness.plan import Plan
    from harness.sweep import Sweep

OK, FAILED, USAGE, BROKEN, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 5, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kafka-delivery-harness")
def cli() -> None:
    """Proves what Kafka's delivery settings really give, message by message, and measures what they cost."""


@cli.command()
@click.argument("workload", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the plan, its estimated time and bytes, and run nothing.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this results folder.")
@click.option(
    "--results", default="results", show_default=True, type=click.Path(path_type=Path), help="Where results go."
)
def sweep(workload: Path | None, dry_run: bool, resume: Path | None, results: Path) -> None:
    """Run every trial of WORKLOAD on real brokers and leave a report."""
    if (workload is None) == (resume is None):
        raise click.UsageError("give either a workload file, or --resume with a results folder")
    store = None if resume is None else Results.open(resume)
    if store is None:
        assert workload is not None
        wanted = load(workload)
    elif "claims" in store.run():
        raise click.UsageError(f"{resume} is a run of claims; go on with: harness claims --resume {resume}")
    else:
        wanted = parse(store.run().get("workload"))
    from harness.sweep import plan_of  # takes longer than to refuse what is refused above

    plan = plan_of(wanted)
    done = _run(plan, str(workload or resume), store, results, dry_run=dry_run)
    if done is not None:
        _close(done.records, done.report)


@cli.command()
@click.argument("claims", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the plan, its estimated time and bytes, and run nothing.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this results folder.")
@click.option(
    "--results", default="results", show_default=True, type=click.Path(path_type=Path), help="Where results go."
)
def claims(claims: Path | None, dry_run: bool, resume: Path | None, results: Path) -> None:
    """Try every claim of CLAIMS on real brokers and say what became of it."""
    from harness import claims as room
    from harness.clients import refuses, unsupported

    if (claims is None) == (resume is None):
        raise click.UsageError("give either a file of claims, or --resume with a results folder")
    store = None if resume is None else Results.open(resume)
    if store is None:
        assert claims is not None
        wanted = room.load(claims)
    else:
        wanted = room.parse_claims(store.run().get("claims"))
    plan = room.plan_claims(wanted, unsupported, refuses)
    stated = {"workload": None, "claims": wanted.model_dump(mode="json", exclude_unset=True)}
    done = _run(plan, str(claims or resume), store, results, dry_run=dry_run, stated=stated)
    if done is not None:
        decided = room.decide_all(wanted, done.records)
        console = Console(highlight=False)
        for each in decided:
            console.print(f"{each.word:14} {each.name}: {each.says}", soft_wrap=True)
        console.print(f"claims: {room.write_document(done.results, wanted, decided)}", soft_wrap=True)
        sys.exit(INCOMPLETE if any(each.outcome is room.Outcome.NOT_DECIDED for each in decided) else OK)


@cli.command()
@click.argument("folder", metavar="RESULTS", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Render the report of a stored run again."""
    from harness.report import render

    Results.open(folder)
    Console().print(f"report: {render(folder)}", soft_wrap=True)


@cli.command()
@click.argument("folder", metavar="RESULTS", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Judge every trial of a stored run again, from its journals, with no broker in sight."""
    from harness.judge import differs, judge

    console = Console(highlight=False)
    results = Results.open(folder)
    records, changed = [], 0
    for stored in results.records():
        again = judge(stored, results.journals)
        records.append(again)
        if differs(stored, again):
            changed += 1
            now = f"{again.verdict} ({again.verdict_reason})"
            console.print(f"[bold]{stored.id}[/]: stored {stored.verdict}, now {now}", soft_wrap=True)
    console.print(f"{len(records)} trials judged again, {changed} differently")
    sys.exit(FAILED if changed else exit_code(records))


@cli.command()
@click.option("--claims", "of_claims", is_flag=True, help="That of files of claims.")
def schema(of_claims: bool) -> None:
    """Print the JSON Schema of workload files, for editors."""
    if of_claims:
        from harness.claims import json_schema
    else:
        from harness.workload import json_schema
    click.echo(json.dumps(json_schema(), indent=2))


cli.add_command(cluster)


def exit_code(records: Sequence[TrialRecord]) -> int:
    """What a finished run's trials say to a script: the worst of them."""
    verdicts = {record.verdict for record in records if record.status != "skipped"}
    if Verdict.BROKEN in verdicts:
        return BROKEN
    if Verdict.UNKNOWN in verdicts or any(record.status in ("failed", "interrupted") for record in records):
        return INCOMPLETE
    return OK


def main() -> NoReturn:
    """The console script: every known failure is one line, and SIGTERM cleans up as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except WorkloadError as error:
        click.echo("\n".join(error.problems), err=True)
        sys.exit(USAGE)
    except ResultsUnusable as error:
        click.echo(f"harness: {error}", err=True)
        sys.exit(USAGE)
    except (ClusterFailed, JarsUnavailable, ChildDied, ChildSilent, OSError) as error:
        click.echo(f"harness: {error}", err=True)
        sys.exit(FAILED)
    except (KeyboardInterrupt, click.Abort) as interrupted:
        click.echo(f"\nharness: interrupted{interrupted.__cause__ or interrupted}", err=True)  # click wraps it
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else OK)


def _interrupt(number: int, frame: Any) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: cleaning up must not be interrupted in turn
    raise KeyboardInterrupt


def _run(
    plan: Plan, source: str, store: Results | None, results: Path, *, dry_run: bool, stated: Any = None
) -> Sweep | None:
    """Runs a plan into a new results folder, or the rest of it into ``store``; None for a dry run.

    ``stated`` goes into a new run's ``run.json`` as well, in place of what is there under the same keys.
    """
    from harness import provenance
    from harness.plan import objections, render_plan
    from harness.sweep import sweep as run_sweep
    from harness.terminal import Terminal

    console = Console(highlight=False)
    if dry_run:
        console.print(render_plan(plan))
        return None
    results.mkdir(parents=True, exist_ok=True)
    if against := objections(plan, free_bytes(results)):
        raise WorkloadError(f"{source}: {objection}" for objection in against)
    if store is None:
        run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{plan.workload.name}"
        run = {**provenance.describe(run_id, plan.workload, plan), **(stated or {})}
        store = Results.create(results / run_id, run)
    with store.claimed():
        shutil.rmtree(store.folder / "scratch", ignore_errors=True)
        store.mend()
        terminal = Terminal(console, plan, finished={record.id for record in store.records()})
        try:
            with terminal.live():
                return run_sweep(plan.workload, plan, store, terminal)
        except KeyboardInterrupt:
            command = "claims" if stated else "sweep"
            raise KeyboardInterrupt(f"; go on with: harness {command} --resume {store.folder}") from None


def _close(records: Sequence[TrialRecord], made: Path) -> None:
    from harness.report.terminal import closing_table

    console = Console(highlight=False)
    console.print(closing_table(records))
    console.print(f"report: {made}", soft_wrap=True)
    sys.exit(exit_code(records))
