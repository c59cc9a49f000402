"""Whether two runs of one workload contradict each other: ``python -m benchmarks.contradictions RESULTS RESULTS``.

Both say what things cost. A sentence of one is contradicted where it tells a difference, or the other does, and their
intervals have nothing in common; the other way round is a case of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from harness.report.costs import Cost, Paired
from harness.report.data import Data
from harness.store import Results
from harness.words import extent, plural

_Statements = dict[tuple[str, ...], Paired]


@click.command()
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
def main(one: Path, other: Path) -> None:
    """Ends with 1 if they do."""
    first, second = (_statements(Data.of(Results.open(folder))) for folder in (one, other))
    both = first.keys() & second.keys()
    told = {where for where in both if first[where].told or second[where].told}
    against = sorted(where for where in told if _apart(first[where], second[where]))
    click.echo(f"{plural(len(both), 'comparison')} in both; {_told(first, both)} and {_told(second, both)} told")
    click.echo(f"of {plural(len(told), 'comparison')} that either tells, {len(against)} contradict each other")
    for where in against:
        click.echo(f"{', '.join(where)}: {_said(first[where])} and {_said(second[where])}")
    raise SystemExit(bool(against))


def _statements(data: Data) -> _Statements:
    return {
        (*_where(row), figure): ratio
        for found in data.costs
        for row in found.rows
        if not row.is_base and row.steady
        for figure, ratio in row.ratios.items()
        if ratio.confident
    }


def _where(row: Cost) -> Iterator[str]:
    yield from (row.subject.client, f"RF {row.subject.replication_factor}", str(row.subject.configuration))
    yield f"against {row.against.configuration}, RF {row.against.replication_factor}"


def _apart(one: Paired, other: Paired) -> bool:
    return one.high < other.low or other.high < one.low


def _told(statements: _Statements, both: set[tuple[str, ...]]) -> int:
    return sum(statements[where].told for where in both)


def _said(ratio: Paired) -> str:
    return f"{'a difference' if ratio.told else 'none told'}, {extent(ratio.low, ratio.high)}"


if __name__ == "__main__":
    main()
