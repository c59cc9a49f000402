"""The matrix a report leads with: every configuration under every fault, and what would have been safe instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from harness.events import Verdict
from harness.report import certainty
from harness.report.by_rule import Promised, promised
from harness.report.files import slug
from harness.report.labels import NO_FAULT, Configuration, Labels, Subject
from harness.report.markdown import escape, table
from harness.report.matrix import HARMLESS, Cell, Grid, Matrix, grids
from harness.report.nearest import nearest, unsafe
from harness.report.wording import ABSENT, listed, plain, span
from harness.store import TrialRecord

PAGES = "faults"
"""The folder of the pages, beside the report."""

_LEGEND = """\
A cell has its worst verdict, in how many of its trials, and what went wrong in one trial. In brackets is in which \
share of such trials, at 95 % confidence, the verdict is the same, or after ≤ at most something goes wrong; trials of \
different loads are no repeats of each other, and have none. *allowed*: it went wrong, and no promise rules it out. \
*no rule*: no rule says what this configuration promises under this fault, so it has counts and no verdict."""


def page_of(fault: str) -> str:
    """Where a fault's page is, from the report."""
    return f"{PAGES}/{slug(fault)}.md"


def links(records: Sequence[TrialRecord], labels: Labels) -> dict[str, str]:
    """The heads of the matrix, each linked to its fault's page; without a fault there is none."""
    pages = {labels.fault(record): page_of(record.fault.name) for record in records if record.fault.name != "none"}
    return {NO_FAULT: NO_FAULT} | {label: f"[{escape(label)}]({page})" for label, page in pages.items()}


def verdicts(found: Matrix, heads: Mapping[str, str]) -> Iterator[str]:
    """One table, or of many faults one a client with a row a fault; then how to read it. Nothing without trials."""
    if not found.subjects:
        return
    if found.wide:
        for grid in grids(found):
            yield f"**{escape(grid.client)}**"
            yield _turned(grid, heads)
    else:
        rows = [
            [*_who(subject), *(said(found.cells.get((subject, fault))) for fault in found.faults)]
            for subject in found.subjects
        ]
        yield table(("Client", "RF", "Configuration", *(heads[fault] for fault in found.faults)), rows)
    yield _LEGEND


def said(cell: Cell | None) -> str:
    """A cell in words: ``reproduced 3 of 3 (29–100 %): 250 duplicate``."""
    if cell is None:
        return ABSENT
    if cell.verdict is None:
        return "skipped"
    words = [_word(cell)]
    if cell.ruled and cell.unruled:
        words.append(f"no rule for {listed(cell.unruled)}")
    counts = [f"{span(*extent)} {anomaly.replace('_', ' ')}" for anomaly, extent in cell.found.items()]
    agreement = certainty.short(cell)
    return ", ".join(words) + (f" {agreement}" if agreement else "") + (f": {', '.join(counts)}" if counts else "")


def safe_instead(found: Matrix) -> str:
    """What would have to change, for every cell that was not safe; empty if all were.

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
        [escape(fault), escape(str(configuration)), str(factor), ", ".join(map(escape, clients)), what]
        for (fault, factor, configuration, what), clients in sorted(rows.items())
    ]
    return table(header, body) if body else ""


def advice(subject: Subject, fault: str, found: Matrix) -> str:
    """``set enable.idempotence=true (kept 3 of 3)``, or what the rules say where the run has nothing; as Markdown."""
    safe = nearest(subject, fault, found)
    if safe is None:
        return f"nothing in this run promises it and kept it{_by_rule(promised(subject, fault, found))}"
    elsewhere = [f"use {escape(safe.subject.client)}"] if safe.subject.client != subject.client else []
    kept = f"(kept {safe.trials} of {safe.trials}{_still(safe.allowed)})"
    return f"{listed([*elsewhere, *_changed(safe.changes)])} {kept}"


def _by_rule(rules: Promised) -> str:
    if rules.changes is None:
        return f", and no setting that can be swept promises it: {escape('; '.join(rules.because))}"
    if not rules.changes:
        return "; by the rules this configuration promises it"
    return f". By the rules: {listed([*_changed(rules.changes)])} (not measured{_still(rules.allowed)})"


def _still(allowed: Sequence[str]) -> str:
    return f"; {listed(allowed)} still allowed" if allowed else ""


def _changed(changes: Mapping[str, object]) -> Iterator[str]:
    settings = [f"{setting}={plain(value)}" for setting, value in changes.items() if value is not None]
    if settings:
        yield escape(f"set {listed(settings)}")
    left = [setting for setting, value in changes.items() if value is None]
    if left:
        yield escape(f"leave out {listed(left)}")


def _word(cell: Cell) -> str:
    if cell.verdict is Verdict.BROKEN:
        return "**BROKEN**"
    assert cell.verdict is not None
    return cell.verdict.value if cell.ruled or cell.verdict not in HARMLESS else "no rule"


def _who(subject: Subject) -> tuple[str, str, str]:
    return escape(subject.client), str(subject.replication_factor), escape(str(subject.configuration))


def _turned(grid: Grid, heads: Mapping[str, str]) -> str:
    rows = [[heads[fault], *(said(grid.cells.get((fault, column))) for column in grid.columns)] for fault in grid.rows]
    return table(("Fault", *map(escape, grid.columns)), rows)
