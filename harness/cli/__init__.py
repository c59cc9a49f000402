"""The command line. It parses, says things, and turns what happened into an exit code; the work is elsewhere."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.text import Text

from harness.cache import cache_folder
from harness.cli import signals
from harness.cli.codes import FAILED, INTERRUPTED, OK, USAGE, exit_code
from harness.cli.comparing import compare_runs
from harness.cli.exporting import export_run
from harness.cli.historic import history
from harness.cli.running import claims, sweep
from harness.cli.standing import cluster
from harness.clusters import ClusterFailed
from harness.console import console
from harness.janitor import JanitorDied
from harness.process import ChildFailed
from harness.store import Results, ResultsUnusable
from harness.words import plural
from harness.workload import WorkloadError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kafka-delivery-harness")
def cli() -> None:
    """Proves what Kafka's delivery settings really give, message by message, and measures what they cost."""


@cli.command()
@click.argument("folder", metavar="RESULTS", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Render the report of a stored run again."""
    from harness.kinds import KINDS
    from harness.report import render

    console().print(f"report: {render(folder, KINDS.values())}", soft_wrap=True)


@cli.command()
@click.argument("folder", metavar="RESULTS", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Judge every trial of a stored run again, from its journals, with no broker in sight."""
    from harness.judge import differs, judge

    out = console()
    results = Results.open(folder)
    records, changed = [], 0
    for stored in results.records():
        again = judge(stored, results.journals)
        records.append(again)
        if differs(stored, again):
            changed += 1
            now = f"{again.verdict} ({again.verdict_reason})"
            out.print(Text(stored.id, "bold") + Text(f": stored {stored.verdict}, now {now}"), soft_wrap=True)
    out.print(f"{plural(len(records), 'trial')} judged again, {changed} differently")
    if missing := max(0, int(results.run().get("planned", 0)) - len(records)):
        command = "claims" if "claims" in results.run() else "sweep"
        lacking = f"{plural(missing, 'trial')} of the plan without a record"
        out.print(f"{lacking}; go on with: harness {command} --resume {results.typed}", soft_wrap=True)
    sys.exit(FAILED if changed else exit_code(records, missing))


@cli.command()
@click.option("--claims", "of_claims", is_flag=True, help="That of files of claims.")
def schema(of_claims: bool) -> None:
    """Print the JSON Schema of workload files, for editors."""
    if of_claims:
        from harness.claims import json_schema
    else:
        from harness.workload import json_schema
    click.echo(json.dumps(json_schema(), indent=2))


for command in (sweep, claims, cluster, compare_runs, export_run, history):
    cli.add_command(command)


def main() -> NoReturn:
    """The console script: every known failure is one line, and SIGTERM cleans up as Ctrl-C does."""
    signals.heed()
    # Where the tools of this project's tests are, kio imports one that leaves a folder where it is used.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache_folder() / "hypothesis"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # what a terminal cannot show costs nobody a run
    try:
        code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except WorkloadError as error:
        _fail(USAGE, *error.problems)
    except ResultsUnusable as error:
        _fail(USAGE, f"harness: {error}")
    except (ClusterFailed, ChildFailed, JanitorDied) as error:
        _fail(FAILED, f"harness: {error}")
    except OSError as error:
        _fail(FAILED, f"harness: {error.filename}: {error.strerror}" if error.filename else f"harness: {error}")
    except (KeyboardInterrupt, click.Abort) as interrupted:
        signals.ignore()
        _fail(INTERRUPTED, f"\nharness: interrupted{interrupted.__cause__ or interrupted}")  # click wraps it
    sys.exit(code if isinstance(code, int) else OK)


def _fail(code: int, *words: str) -> NoReturn:
    console(stderr=True).print("\n".join(words), soft_wrap=True)
    sys.exit(code)
