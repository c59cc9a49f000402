"""``history``: all runs of a folder over time."""

from __future__ import annotations

from pathlib import Path

import click

from harness.console import console
from harness.store import Results, ResultsUnusable


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--into", type=click.Path(path_type=Path), help="Where it goes; default: DIR/history.")
def history(folder: Path, into: Path | None) -> None:
    """Report and draw how the figures of all runs in DIR went over time, and since when they changed."""
    from harness.against.arms import NEW
    from harness.exports.series import Watched
    from harness.exports.table import table
    from harness.history.courses import courses, figures_of
    from harness.history.page import changed, drawings, page
    from harness.report.charts.saving import save
    from harness.report.files import write
    from harness.report.writers import WRITERS

    runs: list[Watched] = []
    passed_over: list[str] = []
    there = [*folder.glob("*/run.json"), *folder.glob(f"*/{NEW}/run.json")] if folder.is_dir() else []
    for path in sorted(there):
        try:
            run = Watched.of(Results.open(path.parent))
        except ResultsUnusable as unusable:
            passed_over.append(str(unusable))
            continue
        if (again := next((each for each in runs if each.run.get("run_id") == run.run.get("run_id")), None)) is None:
            runs.append(run)
        else:
            passed_over.append(f"{path.parent} is a copy of the run {again.run.get('run_id')}")
    if not runs:
        why = passed_over or ["no folder in it has a run.json"]
        raise ResultsUnusable(f"{folder} has no runs: {'; '.join(why)}")
    place = into or folder / "history"
    (place / "charts").mkdir(parents=True, exist_ok=True)
    runs.sort(key=lambda run: str(run.run.get("started")))
    lines = courses(runs)
    found = changed(lines)
    for drawing in drawings(found):
        if (problem := save(drawing, place / "charts")) is not None:
            passed_over.append(f"the chart of {drawing.name} failed: {problem}")
    write(place / "history.csv", table([(run.run, figures_of(str(run.run["run_id"]), lines)) for run in runs]))
    write(place / "history.md", WRITERS["md"](page(found, len(runs), passed_over)))
    console().print(f"history: {place / 'history.md'}", soft_wrap=True)
