"""``compare``: what changed between two stored runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.codes import BROKEN, INCOMPLETE, OK
from harness.compare.surroundings import ASPECTS, surroundings
from harness.store import Results


@click.command(name="compare")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--across", multiple=True, type=click.Choice([*ASPECTS]), help="In what the runs may differ; repeatable.")
def compare_runs(base: Path, new: Path, across: tuple[str, ...]) -> None:
    """Say which guarantees changed from the stored run BASE to NEW, as Markdown."""
    from harness.compare.changes import Change, compare
    from harness.compare.page import page
    from harness.report.writers import WRITERS

    one, other = Results.open(base), Results.open(new)
    differ = surroundings(one.run(), other.run(), across)
    comparison = compare(one.records(), other.records(), differ)
    click.echo(WRITERS["md"](page(comparison, one.folder.name, other.folder.name)), nl=False)
    if comparison.of(Change.BROKEN, Change.GONE, Change.MORE_OFTEN):
        sys.exit(BROKEN)
    sys.exit(INCOMPLETE if comparison.of(Change.UNDECIDED) else OK)
