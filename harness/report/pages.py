"""A page for each fault: what it does, when it fired, what it did to whom and why, and its course over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.events import OBSERVED, flat_parameters
from harness.report import certainty, trials
from harness.report.blocks import Block, Document, Reference, Table, Text, Words, section
from harness.report.data import Data
from harness.report.gallery import Picture
from harness.report.labels import Labels, name
from harness.report.matrix import Matrix
from harness.report.nearest import unsafe
from harness.report.verdicts import advice, page_of, said
from harness.report.wording import Spread, seconds
from harness.store import TrialRecord
from harness.words import ABSENT, plain, plural

REPORT = "report"
"""Where the report itself is among the documents."""


def names(records: Sequence[TrialRecord]) -> list[str]:
    """The faults that have a page: all that any trial was planned for."""
    return sorted({record.fault.name for record in records if record.with_fault})


def index(records: Sequence[TrialRecord], run: Mapping[str, Any]) -> Table | None:
    """A table of the pages; None if there are none."""
    rows: list[list[Words]] = []
    for fault in names(records):
        ran = _ran(records, fault)
        fired = sum(record.fault.fired for record in ran)
        summary = _described(run, fault).get("summary") or ABSENT
        rows.append([Reference(page_of(fault), fault), summary, str(len(ran)), str(fired)])
    return Table(("Fault", "What it does", "Trials", "Fired"), rows, slice(2, None)) if rows else None


def page(fault: str, data: Data, pictures: Sequence[Picture]) -> Document:
    """The page of one fault. Of a run that stored no description it says so."""
    described = _described(data.run, fault)
    planned, ran = [record for record in data.records if record.fault.name == fault], _ran(data.records, fault)
    body: list[Block] = [
        Text(described.get("summary") or "The run has no description of this fault on record."),
        Text(Reference(REPORT, "The whole report")),
        *section("Parameters", _parameters(planned, described)),
        *section("When it fired", *_fired(ran, data.labels)),
        *section("Verdicts", _verdicts(planned, data.labels, data.matrix)),
        *section("Course", *(picture.section for picture in pictures)),
    ]
    for label, blocks in trials.faults(ran, data.labels):
        body += section(f"Trials: {label}", *blocks)
    return Document(page_of(fault), fault, tuple(body))


def _ran(records: Sequence[TrialRecord], fault: str) -> list[TrialRecord]:
    return [record for record in records if record.fault.name == fault and record.status != "skipped"]


def _described(run: Mapping[str, Any], fault: str) -> Mapping[str, Any]:
    return (run.get("faults") or {}).get(fault) or {}


def _parameters(records: Sequence[TrialRecord], described: Mapping[str, Any]) -> Table | None:
    values: dict[str, list[str]] = defaultdict(list)
    for record in records:
        for key, value in flat_parameters(record.fault.parameters).items():
            if plain(value) not in values[key]:
                values[key].append(plain(value))
    meant = described.get("parameters") or {}
    rows = [[key, ", ".join(of), meant.get(key) or ABSENT] for key, of in values.items()]
    return Table(("Parameter", "Value", "What it is"), rows) if rows else None


def _fired(ran: Sequence[TrialRecord], labels: Labels) -> Iterator[Block]:
    if not ran:
        yield Text("No trial of it ran.")
        return
    fired = [record for record in ran if record.fault.fired]
    share = f"{len(fired)} of {plural(len(ran), 'trial')}"
    yield Text(f"It fired in {share}. Seconds count from when the first message was due.")
    rows = []
    for client in sorted(set(map(labels.client, fired))):
        own = [record.fault for record in fired if labels.client(record) == client]
        rows.append(
            [
                client,
                str(len(own)),
                _spread([each.start_s for each in own]),
                _spread([each.end_s for each in own]),
                "; ".join(_deeds([event for each in own for event in each.events])) or ABSENT,
            ]
        )
    if rows:
        header = ("Client", "Fired", "Began s", "Ended s", "What happened, and in which second")
        yield Table(header, rows, slice(1, 4))


def _deeds(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each kind of event in the order of its median time: ``kill 0.51 (0.50–0.53)``, with whom it befell where the same
    befell several.
    """
    targets: dict[str, set[str | None]] = defaultdict(set)
    for event in events:
        targets[event["what"]].add(event.get("target"))
    times: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event["what"] not in OBSERVED and event.get("at_s") is not None:
            whom = f" {event['target']}" if event.get("target") and len(targets[event["what"]]) > 1 else ""
            times[event["what"] + whom].append(event["at_s"])
    medians = {what: spread for what, of in times.items() if (spread := Spread.of(of))}
    for what, spread in sorted(medians.items(), key=lambda item: item[1].median):
        yield f"{what} {_extent(spread)}"


def _spread(values: Sequence[float | None]) -> str:
    spread = Spread.of(values)
    return ABSENT if spread is None else _extent(spread)


def _extent(spread: Spread) -> str:
    low, high = seconds(spread.low), seconds(spread.high)
    return seconds(spread.median) + ("" if low == high else f" ({low} to {high})")


def _verdicts(records: Sequence[TrialRecord], labels: Labels, found: Matrix) -> Table | None:
    """A row a cell: its verdict over the repeats, the reason of the trial that decided it, and what would be safe. What
    did not run is told only where nothing did.
    """
    rows: list[list[Words]] = []
    variants = sorted({labels.fault(record) for record in records})
    told = [cell for (_, fault), cell in found.cells.items() if fault in variants]
    ran = [cell for cell in told if cell.verdict is not None] or told
    for fault in variants:
        for subject in found.subjects:
            cell = found.cells.get((subject, fault))
            if cell not in ran:
                continue
            deciding = next((t for t in cell.trials if t.verdict == cell.verdict), cell.trials[0])
            reason = deciding.verdict_reason or deciding.reason or ""
            if reason and len(cell.trials) > 1:
                reason = f"repeat {deciding.repeat}: {reason}"
            why = "; ".join(filter(None, (reason, certainty.in_full(cell)))) or ABSENT
            rows.append(
                [
                    *([fault] if len(variants) > 1 else []),
                    name(subject),
                    said(cell),
                    why,
                    advice(subject, fault, found) if unsafe(cell) else ABSENT,
                ]
            )
    header = (*(["Variant"] if len(variants) > 1 else []), "Who", "Verdict", "Why", "To be safe")
    return Table(header, rows) if rows else None
