"""``compare``: what changed between two stored runs, or is different between the settings of one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.codes import OK, of_comparison
from harness.compare.surroundings import ASPECTS
from harness.store import Results

_FORMS = ("md", "json", "xml")


@click.command(name="compare")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", required=False, type=click.Path(path_type=Path))
@click.option("--across", multiple=True, type=click.Choice([*ASPECTS]), help="In what the runs may differ; repeatable.")
@click.option("--by", metavar="AXIS", help="Compare what the one run BASE has with each value of this, such as acks.")
@click.option(
    "--format", "form", type=click.Choice(_FORMS), default="md", show_default=True, help="xml is that of JUnit."
)
def compare_runs(base: Path, new: Path | None, across: tuple[str, ...], by: str | None, form: str) -> None:
    """Say which guarantees and which figures changed from the stored run BASE to NEW."""
    from harness.compare import comparison
    from harness.compare.writing import FORMS

    if (new is None) == (by is None):
        raise click.UsageError("give either two stored runs, or one and --by with what differs in it")
    one = Results.open(base)
    if new is None:
        assert by is not None
        for first, value, compared in comparison.by(one, by):
            click.echo(FORMS[form](compared, f"{by}={first}", f"{by}={value}"), nl=form == "json")
        sys.exit(OK)
    other = Results.open(new)
    compared = comparison.of_runs(one, other, across)
    alike = one.folder.name == other.folder.name
    names = (str(each.folder) if alike else each.folder.name for each in (one, other))
    click.echo(FORMS[form](compared, *names), nl=form == "json")
    sys.exit(of_comparison(compared.outcome))
