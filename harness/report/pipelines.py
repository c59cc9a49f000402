"""What became of the inputs of pipelines: summed up by guarantee, and trial by trial."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.report.blocks import Block, Details, Lines, Strong, Table, Text, Words
from harness.report.data import Data
from harness.report.labels import GUARANTEE, Labels
from harness.report.matrix import verdict_of
from harness.report.wording import span
from harness.store import TrialRecord
from harness.words import ABSENT, count, plural

_INPUTS = ("skipped", "redelivered")


def told(records: Sequence[TrialRecord], data: Data) -> Iterator[Block]:
    """Of trials of pipelines; nothing if none ran."""
    ran = [record for record in records if record.status != "skipped"]
    if not ran:
        return
    yield Text(
        "Each input is processed once, skipped, or processed again (redelivered), by what is in the topic of the "
        "outputs for who reads committed messages. In brackets is in how many of the trials: they are of different "
        "faults, and no repeats of each other."
    )
    yield _by_guarantee(ran, data.labels)
    yield Details(f"The {plural(len(ran), 'trial')}, one by one", (_one_by_one(ran, data.labels),))


def _by_guarantee(records: Sequence[TrialRecord], labels: Labels) -> Table:
    """A row a client and guarantee, for a design review: what is promised, and what was seen under which faults."""
    groups: dict[tuple[str, str], list[TrialRecord]] = defaultdict(list)
    for record in records:
        groups[record.client, str(record.config[GUARANTEE])].append(record)
    rows: list[list[Words]] = []
    for (client, guarantee), trials in sorted(groups.items()):
        faults = sorted({labels.fault(record) for record in trials if record.with_fault})
        broken = sum(verdict_of(record) == "broken" for record in trials)
        rows.append(
            [
                client,
                guarantee,
                Strong(f"broken in {broken}") if broken else "not broken",
                *(_seen(trials, "anomalies", anomaly) for anomaly in _INPUTS),
                _seen(trials, "uncommitted", "redelivered"),
                str(len(trials)),
                Lines(tuple(faults)) if faults else ABSENT,
            ]
        )
    header = ("Client", "Promises", "It was", "Skipped", "Redelivered", "Redelivered, uncommitted", "Trials", "Under")
    return Table(header, rows, slice(3, 7))


def _seen(trials: Sequence[TrialRecord], where: str, anomaly: str) -> str:
    """``26–800 (4 of 8)``: the least and the most where there was any."""
    counts = [number for trial in trials if (number := getattr(getattr(trial, where), anomaly, None)) is not None]
    if not counts:
        return ABSENT
    some = [number for number in counts if number]
    return f"{span(min(some), max(some))} ({len(some)} of {len(counts)})" if some else f"0 (of {len(counts)})"


def _one_by_one(records: Sequence[TrialRecord], labels: Labels) -> Table:
    ordered = sorted(records, key=lambda record: (record.client, record.config[GUARANTEE], record.id))
    rows: list[list[Words]] = [
        [
            record.client,
            str(record.config[GUARANTEE]),
            labels.fault(record),
            verdict_of(record).value,
            count(record.counts.sent if record.counts else None),
            *_counts(record.anomalies),
            *_counts(record.uncommitted),
            _woken(record.fault.events),
        ]
        for record in ordered
    ]
    uncommitted = (f"{anomaly.capitalize()}, uncommitted" for anomaly in _INPUTS)
    header = (
        "Client",
        "Guarantee",
        "Under",
        "Verdict",
        "Inputs",
        "Skipped",
        "Redelivered",
        *uncommitted,
        "Who woke up",
    )
    return Table(header, rows, slice(4, -1))


def _counts(anomalies: Any) -> Iterator[str]:
    return (count(getattr(anomalies, anomaly, None)) for anomaly in _INPUTS)


def _woken(events: Sequence[Mapping[str, Any]]) -> str:
    """What became of a worker that was frozen while another did its work."""
    woken = [event for event in events if event["what"] == "wake-worker"]
    return "; ".join(str(each["failed"] or f"went on, {count(each['processed'])} inputs") for each in woken) or ABSENT
