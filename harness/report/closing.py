"""The short table that a sweep prints at its end: what became of every configuration under every fault."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.events import Verdict
from harness.report.labels import Labels, Subject
from harness.report.matrix import HARMLESS, Cell, Grid, Matrix, grids, matrix
from harness.store import TrialRecord

_LOOK = {
    Verdict.KEPT: ("✓", "kept", "green"),
    Verdict.ALLOWED: ("○", "allowed", "blue"),
    Verdict.REPRODUCED: ("!", "reproduced", "cyan"),
    Verdict.BROKEN: ("✗", "BROKEN", "bold red"),
    Verdict.NOT_EXERCISED: ("~", "not shown", "yellow"),
    Verdict.UNKNOWN: ("?", "unknown", "magenta"),
}
"""A symbol, a word and a colour for each; counts say more than the words of what was allowed or expected."""
_NO_RULE = ("·", "no rule", "yellow")
_MOST_COLUMNS = 4
_COUNTS_ALONE = (Verdict.ALLOWED, Verdict.REPRODUCED)
_CAPTION = Columns([f"{sign} {word}" for sign, word, _ in (*_LOOK.values(), _NO_RULE)] + ["- skipped"], padding=(0, 3))


def closing_table(records: Sequence[TrialRecord]) -> RenderableType:
    """A row a configuration and replication factor under each client's name, a column a fault; of many faults a row a
    fault and a column a configuration.

    For a sweep of four configurations and four faults it takes less than 100 columns. Symbols and words carry the
    verdict; colour only repeats it.
    """
    found = matrix(records, Labels.of(records))
    if found.wide:
        return Group(*(_turned(grid) for grid in grids(found, _MOST_COLUMNS)), _CAPTION)
    table = _table()
    table.add_column("Configuration", no_wrap=True)
    table.add_column("RF", justify="right")
    for fault in found.faults:
        table.add_column(Text(fault), overflow="fold")
    if not records:
        table.add_row("no trial has ended")
    for client in found.clients:
        table.add_row(Text(client, style="bold"))
        for subject in found.subjects:
            if subject.client == client:
                table.add_row(*_row(subject, found))
        table.add_section()
    return Group(table, _CAPTION)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def _turned(grid: Grid) -> Table:
    table = _table()
    table.add_column(Text(grid.client), overflow="fold", min_width=26)
    for column in grid.columns:
        table.add_column(Text(column), overflow="fold")
    for fault in grid.rows:
        table.add_row(Text(fault), *(_cell(grid.cells.get((fault, column))) for column in grid.columns))
    table.add_row()
    return table


def _row(subject: Subject, found: Matrix) -> list[Text]:
    cells = [_cell(found.cells.get((subject, fault))) for fault in found.faults]
    return [Text(f" {subject.configuration}"), Text(str(subject.replication_factor)), *cells]


def _cell(cell: Cell | None) -> Text:
    if cell is None:
        return Text("")
    if cell.verdict is None:
        return Text("-", style="dim")
    symbol, said, style = _LOOK[cell.verdict] if cell.ruled or cell.verdict not in HARMLESS else _NO_RULE
    words = cell.counts if cell.counts and cell.verdict in _COUNTS_ALONE and cell.ruled else [said, *cell.counts]
    lines = f"{symbol} " + "\n  ".join(words)
    return Text(lines + (f" ({cell.agreement})" if len(set(cell.verdicts)) > 1 else ""), style=style)
