"""A CSV that ``apache-otava`` reads (its importer ``csv``): a row a run, with its time, its commit and each figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from harness.exports.series import Watched


def export(watched: Watched) -> dict[str, str]:
    """A header and this run's row."""
    figures = {each.name: each.median for each in watched.series}
    return {"otava.csv": table([(watched.run, figures)])}


def table(rows: Sequence[tuple[Mapping[str, Any], Mapping[str, float]]]) -> str:
    """A header and a row for each run with its figures by their names, in their order; what one does not have is
    empty.
    """
    names = dict.fromkeys(name for _, figures in rows for name in figures)
    text = io.StringIO()
    writer = csv.DictWriter(text, ["time", "commit", *map(_column, names)], lineterminator="\n")
    writer.writeheader()
    for run, figures in rows:
        git = run.get("git") or {}
        said = {_column(name): f"{value:.6g}" for name, value in figures.items()}
        writer.writerow({"time": run.get("started"), "commit": git.get("commit") or "", **said})
    return text.getvalue()


def _column(name: str) -> str:
    """As its configuration can name it in a list."""
    return name.replace(", ", " ").replace(": ", " ").replace(",", "")
