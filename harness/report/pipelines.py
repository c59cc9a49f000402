"""What became of the inputs of pipelines: summed up by guarantee, and trial by trial."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.events import Verdict
from harness.report.blocks import Block, Details, Lines, Strong, Table, Text, Words
from harness.report.data import Data
from harness.report.labels import Labels, pipeline_name
from harness.report.matrix import TELL, not_kept, tells, verdict_of
from harness.report.performance import Clock, Performance, Quantile
from harness.report.wording import UNSTEADY, rate, span, within
from harness.store import TrialRecord
from harness.words import ABSENT, count, plural

_INPUTS = ("skipped", "redelivered")
_CLOCKS: tuple[Clock, ...] = ("committed_ms", "end_to_end_ms")
_QUANTILES: tuple[Quantile, ...] = ("p50", "p99")


def told(records: Sequence[TrialRecord], data: Data) -> Iterator[Block]:
    """Of trials of pipelines; nothing if none ran."""
    ran = [record for record in records if record.status != "skipped"]
    if not ran:
        return
    yield Text(
        "Each input is processed once, skipped, or processed again (redelivered), by what is in the topic of the "
        "outputs for who reads committed messages. In brackets is in how many of the trials: they are of different "
        "faults, and no repeats of each other. Of polls is said where they passed by a record (poll skipped), gave one "
        "again that was polled or committed before (poll again), or went back (poll back), and the worker did not "
        "begin anew. Where a guarantee was not kept and no rule is broken, it does not reach so far; the table for a "
        "design review has why."
    )
    yield _by_guarantee(ran, data.labels)
    yield Details(f"The {plural(len(ran), 'trial')}, one by one", (_one_by_one(ran, data.labels),))


def measured(processed: Sequence[Performance]) -> Iterator[Block]:
    """What pipelines without a fault did under their loads; nothing if none was measured."""
    if not processed:
        return
    yield Text(
        "On brokers with Kafka's own settings. Throughput is of inputs, from the first that was polled until the last "
        "batch was over: its outputs acked (at-most-once), its offsets committed (at-least-once), or its transaction "
        "committed (exactly-once). Latency counts from when an input was due, until its batch was over, and end to end "
        "until a consumer with isolation.level=read_committed had its output; under load max it is the latency of what "
        "waits. Inputs of a batch that was not full when the load ended are in no figure."
    )
    rows: list[list[Words]] = [
        [
            each.subject.client,
            str(each.subject.replication_factor),
            str(each.subject.configuration),
            each.load,
            rate(each.throughput) + ("" if each.steady else f" {UNSTEADY}"),
            *(within(each.percentile(clock, which)) for clock in _CLOCKS for which in _QUANTILES),
        ]
        for each in processed
    ]
    over = ("Batch over p50 ms", "Batch over p99 ms", "End-to-end p50 ms", "End-to-end p99 ms")
    yield Table(("Client", "RF", "Configuration", "Load", "Inputs/s", *over), rows, slice(4, None))
    if not all(each.steady for each in processed):
        yield Text(f"{UNSTEADY} Not steady: most repeats did not run at one rate.")


def _by_guarantee(records: Sequence[TrialRecord], labels: Labels) -> Table:
    """A row a client and pipeline, for a design review: what is promised, and what was seen under which faults."""
    groups: dict[tuple[str, str], list[TrialRecord]] = defaultdict(list)
    for record in records:
        groups[labels.client(record), pipeline_name(record.config)].append(record)
    rows: list[list[Words]] = []
    for (client, guarantee), trials in sorted(groups.items()):
        faults = sorted({labels.fault(record) for record in trials if record.with_fault})
        rows.append(
            [
                client,
                guarantee,
                _kept(trials),
                *(_seen(trials, "anomalies", anomaly) for anomaly in _INPUTS),
                _seen(trials, "uncommitted", "redelivered"),
                str(len(trials)),
                Lines(tuple(faults)) if faults else ABSENT,
            ]
        )
    header = ("Client", "Promises", "It was", "Skipped", "Redelivered", "Redelivered, uncommitted", "Trials", "Under")
    return Table(header, rows, slice(3, 7))


def _kept(trials: Sequence[TrialRecord]) -> Words:
    """Of those that tell: in how many its guarantee was broken, did not reach so far, and was kept."""
    judged = [record for record in trials if verdict_of(record) in TELL]
    broken = sum(verdict_of(record) is Verdict.BROKEN for record in judged)
    not_reached = sum(bool(not_kept(record)) for record in judged)
    kept = len(judged) - broken - not_reached
    said: list[Words] = [Strong(f"broken in {broken}")] if broken else []
    said += [Strong(f"not kept in {not_reached}")] if not_reached else []
    said += [f"kept in {kept}"] if kept else []
    return Lines(tuple(said)) if said else ABSENT


def _seen(trials: Sequence[TrialRecord], where: str, anomaly: str) -> str:
    """``26–800 (4 of 8)``: the least and the most where there was any, of those that tell."""
    of_each = [(trial, getattr(getattr(trial, where), anomaly, None)) for trial in trials]
    counts = [number for trial, number in of_each if number is not None and tells(trial, number)]
    if not counts:
        return ABSENT
    some = [number for number in counts if number]
    return f"{span(min(some), max(some))} ({len(some)} of {len(counts)})" if some else f"0 (of {len(counts)})"


def _one_by_one(records: Sequence[TrialRecord], labels: Labels) -> Table:
    ordered = sorted(records, key=lambda record: (labels.client(record), pipeline_name(record.config), record.id))
    rows: list[list[Words]] = [
        [
            labels.client(record),
            pipeline_name(record.config),
            labels.fault(record),
            verdict_of(record).value,
            count(record.counts.sent if record.counts else None),
            *_counts(record.anomalies),
            *_counts(record.uncommitted),
            _woken(record.fault.events),
            _failed(record.fault.events),
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
        "Who failed and was replaced",
    )
    return Table(header, rows, slice(4, -2))


def _counts(anomalies: Any) -> Iterator[str]:
    return (count(getattr(anomalies, anomaly, None)) for anomaly in _INPUTS)


def _woken(events: Sequence[Mapping[str, Any]]) -> str:
    """What became of a worker that was frozen while another did its work."""
    woken = [event for event in events if event["what"] == "wake-worker"]
    return "; ".join(str(each["failed"] or f"went on, {count(each['processed'])} inputs") for each in woken) or ABSENT


def _failed(events: Sequence[Mapping[str, Any]]) -> Words:
    """Of the workers that could do nothing any more, and in whose place another was started, how many said what."""
    whys = Counter(str(event["why"]) for event in events if event["what"] == "replace-failed-worker")
    return Lines(tuple(f"{number} × {why}" for why, number in sorted(whys.items()))) if whys else ABSENT
