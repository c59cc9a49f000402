"""``export``: a stored run's figures for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from harness.console import console
from harness.store import Results

_FORMATS = ("bencher", "github-action-benchmark", "omb", "otava", "pytest-benchmark")


@click.command(name="export")
@click.argument("folder", metavar="RESULTS", type=click.Path(path_type=Path))
@click.option("--format", "formats", multiple=True, type=click.Choice(_FORMATS), help="For which tool; default: all.")
@click.option("--into", type=click.Path(path_type=Path), help="Where the files go; default: RESULTS/exports.")
def export_run(folder: Path, formats: tuple[str, ...], into: Path | None) -> None:
    """Write the figures of a stored run in the formats of tools that watch benchmarks."""
    from harness.exports import EXPORTS
    from harness.exports.series import Watched

    results = Results.open(folder)
    watched = Watched.of(results)
    place = into or results.folder / "exports"
    for name in formats or _FORMATS:
        for file, text in EXPORTS[name](watched).items():
            path = place / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        console().print(f"{name}: {place}", soft_wrap=True)
