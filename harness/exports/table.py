"""A CSV that ``apache-otava`` reads (its importer ``csv``): a row a run, with its time, its commit and each figure."""

from __future__ import annotations

import csv
import io

from harness.exports.series import Watched


def export(watched: Watched) -> dict[str, str]:
    """A header and this run's row."""
    return {"otava.csv": table([watched])}


def table(runs: list[Watched]) -> str:
    """A header and a row for each run, in their order; what one does not have is empty."""
    names = dict.fromkeys(each.name for run in runs for each in run.series)
    text = io.StringIO()
    writer = csv.DictWriter(text, ["time", "commit", *map(_column, names)], lineterminator="\n")
    writer.writeheader()
    for run in runs:
        git = run.run.get("git") or {}
        figures = {_column(each.name): f"{each.median:.6g}" for each in run.series}
        writer.writerow({"time": run.run.get("started"), "commit": git.get("commit") or "", **figures})
    return text.getvalue()


def _column(name: str) -> str:
    """As its configuration can name it in a list."""
    return name.replace(", ", " ").replace(": ", " ").replace(",", "")
