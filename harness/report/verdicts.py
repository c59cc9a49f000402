"""The matrix a report leads with: every configuration under every fault, and what would have been safe instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from harness.events import Verdict
from harness.report import certainty
from harness.report.blocks import Block, Reference, Strong, Table, Text, Words, prose
from harness.report.by_rule import Promised, promised
from harness.report.files import slug
from harness.report.labels import WITHOUT_FAULT, Configuration, Labels, Subject
from harness.report.matrix import HARMLESS, Cell, Grid, Matrix, grids
from harness.report.nearest import nearest, unsafe
from harness.report.wording import span
from harness.store import TrialRecord
from harness.words import ABSENT, listed, setting, spaced

PAGES = "faults"
"""The folder of the pages, beside the report."""

_LEGEND = prose(
    """\
A cell has its worst verdict, in how many of its trials, and what went wrong in one trial. In brackets is in which \
share of such trials, at 95 % confidence, the verdict is the same, or after ≤ at most something goes wrong; trials of \
different loads are no repeats of each other, and have none. *allowed*: it went wrong, and no promise rules it out. \
*no rule*: no rule says what this configuration promises under this fault, so it has counts and no verdict."""
)


def page_of(fault: str) -> str:
    """Where a fault's page is among the documents."""
    return f"{PAGES}/{slug(fault)}"


def links(records: Sequence[TrialRecord], labels: Labels) -> dict[str, Words]:
    """The heads of the matrix, each linked to its fault's page; without a fault there is none."""
    pages = {labels.fault(record): page_of(record.fault.name) for record in records if record.with_fault}
    return {WITHOUT_FAULT: WITHOUT_FAULT, **{label: Reference(page, label) for label, page in pages.items()}}


def verdicts(found: Matrix, heads: Mapping[str, Words]) -> Iterator[Block]:
    """One table, or of many faults one a client with a row a fault; then how to read it. Nothing without trials."""
    if not found.subjects:
        return
    if found.wide:
        for grid in grids(found):
            yield Text(Strong(grid.client))
            yield _turned(grid, heads)
    else:
        rows = [
            [*_who(subject), *(said(found.cells.get((subject, fault))) for fault in found.faults)]
            for subject in found.subjects
        ]
        yield Table(("Client", "RF", "Configuration", *(heads[fault] for fault in found.faults)), rows)
    yield Text(_LEGEND)


def said(cell: Cell | None) -> Words:
    """A cell in words: ``reproduced 3 of 3 (29–100 %): 250 duplicate``."""
    if cell is None:
        return ABSENT
    if cell.verdict is None:
        return "skipped"
    partly = f", no rule for {listed(cell.unruled)}" if cell.ruled and cell.unruled else ""
    agreement = certainty.short(cell)
    counts = [f"{span(*extent)} {spaced(anomaly)}" for anomaly, extent in cell.found.items()]
    rest = (f" {agreement}" if agreement else "") + (f": {', '.join(counts)}" if counts else "")
    return (_word(cell), f"{partly}{rest}")


def safe_instead(found: Matrix) -> Table | None:
    """What would have to change, for every cell that was not safe; None if all were.

    Clients for which it is the same share a row.
    """
    rows: dict[tuple[str, int, Configuration, str], list[str]] = defaultdict(list)
    for fault in found.faults:
        for subject in found.subjects:
            cell = found.cells.get((subject, fault))
            if cell is not None and unsafe(cell):
                what = advice(subject, fault, found)
                rows[fault, subject.replication_factor, subject.configuration, what].append(subject.client)
    header = ("Fault", "Configuration", "RF", "Client", "To be safe")
    body = [
        [fault, str(configuration), str(factor), ", ".join(clients), what]
        for (fault, factor, configuration, what), clients in sorted(rows.items())
    ]
    return Table(header, body) if body else None


def advice(subject: Subject, fault: str, found: Matrix) -> str:
    """``set enable.idempotence=true (kept 3 of 3)``, or what the rules say where the run has nothing."""
    safe = nearest(subject, fault, found)
    if safe is None:
        return f"nothing in this run promises it and kept it{_by_rule(promised(subject, fault, found))}"
    elsewhere = [f"use {safe.subject.client}"] if safe.subject.client != subject.client else []
    kept = f"(kept {safe.trials} of {safe.trials}{_still(safe.allowed)})"
    return f"{listed([*elsewhere, *_changed(safe.changes)])} {kept}"


def _by_rule(rules: Promised) -> str:
    if rules.changes is None:
        return f", and no setting that can be swept promises it: {'; '.join(rules.because)}"
    if not rules.changes:
        return "; by the rules this configuration promises it"
    return f". By the rules: {listed([*_changed(rules.changes)])} (not measured{_still(rules.allowed)})"


def _still(allowed: Sequence[str]) -> str:
    return f"; {listed(allowed)} still allowed" if allowed else ""


def _changed(changes: Mapping[str, object]) -> Iterator[str]:
    settings = [setting(name, value) for name, value in changes.items() if value is not None]
    if settings:
        yield f"set {listed(settings)}"
    left = [name for name, value in changes.items() if value is None]
    if left:
        yield f"leave out {listed(left)}"


def _word(cell: Cell) -> Words:
    if cell.verdict is Verdict.BROKEN:
        return Strong("BROKEN")
    assert cell.verdict is not None
    return cell.verdict.value if cell.ruled or cell.verdict not in HARMLESS else "no rule"


def _who(subject: Subject) -> tuple[str, str, str]:
    return subject.client, str(subject.replication_factor), str(subject.configuration)


def _turned(grid: Grid, heads: Mapping[str, Words]) -> Table:
    rows = [[heads[fault], *(said(grid.cells.get((fault, column))) for column in grid.columns)] for fault in grid.rows]
    return Table(("Fault", *grid.columns), rows)
