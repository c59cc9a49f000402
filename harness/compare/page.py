"""A comparison as a page, short enough for a comment on a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.compare.changes import Change, Compared, Comparison
from harness.report.blocks import Block, Code, Document, Strong, Table, Text, Words
from harness.report.matrix import Cell
from harness.words import ABSENT, listed, plural


def page(comparison: Comparison, base: str, new: str) -> Document:
    """``base`` and ``new`` are the runs' names."""
    return Document("comparison", ("Guarantees of ", Code(new), " against ", Code(base)), tuple(_body(comparison)))


def _body(comparison: Comparison) -> Iterator[Block]:
    yield Text(_summary(comparison))
    if comparison.differ:
        yield Text("They were compared although they differ, as was asked for; what changed may be that:")
        yield Table(("What", "Base", "New"), [[what, *both] for what, both in comparison.differ.items()])
    changed = [each for each in comparison.trials if each.change is not Change.SAME]
    if changed:
        yield Table(("Trial", "Change", "Base", "New"), [_row(each) for each in changed])


def _summary(comparison: Comparison) -> Words:
    if not comparison.trials:
        return "Neither run has a trial that ran."
    times = Counter(each.change for each in comparison.trials)
    changes = [f"{times[change]} {change}" for change in Change if times[change]]
    return (Strong(f"{plural(len(comparison.trials), 'trial')}: {listed(changes)}."), " Performance is not compared.")


def _row(each: Compared) -> list[Words]:
    return [each.row, Strong(each.change), _said(Cell(each.base)), _said(Cell(each.new))]


def _said(cell: Cell) -> str:
    """``reproduced 3 of 3: dup 250``."""
    if cell.verdict is None:
        return ABSENT
    verdict = " ".join(filter(None, (str(cell.verdict), cell.agreement)))
    return ": ".join(filter(None, (verdict, ", ".join(cell.counts))))
