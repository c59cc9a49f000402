"""The tables that sum a run up: promises, costs, performance. None where one has no rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.events import Verdict
from harness.report.answer import Answer
from harness.report.blocks import Lines, Strong, Table, Words, prose
from harness.report.labels import GUARANTEE, Labels
from harness.report.machine import limits
from harness.report.matrix import WORST_FIRST
from harness.report.performance import Clock, Performance, Quantile
from harness.report.wording import UNSTEADY, confidence, rate, span, within
from harness.store import TrialRecord
from harness.words import ABSENT, count, percent

PER_SESSION = prose(
    "*once-per-session*: each message is once and in order in its partition's log, as long as the same producer lives "
    "(KIP-98). A producer that is restarted duplicates under it, and it is not the exactly-once of a pipeline."
)
_FIRST_COLUMNS = ("Client", "RF", "Configuration")


def promises(answer: Answer) -> Table | None:
    """A row a configuration."""
    rows: list[list[Words]] = [
        [
            str(promise.configuration),
            promise.promises or ABSENT,
            *(_tally(promise.verdicts.get(verdict, 0), verdict) for verdict in WORST_FIRST),
            Lines(promise.happened) if promise.happened else "nothing" if promise.looked else ABSENT,
        ]
        for promise in answer.promises
    ]
    header = ("Configuration", "It promises", *WORST_FIRST, "What went wrong (in how many trials)")
    return Table(header, rows) if rows else None


def repeats(measured: Sequence[Performance]) -> str:
    """What stands behind the figures of performance."""
    numbers = [len(each.trials) for each in measured]
    if max(numbers) == 1:
        return "One run each: these figures have no interval."
    return (
        f"Medians of {span(min(numbers), max(numbers))} repeats; in brackets the least and the most, between which the "
        f"median of all such trials lies with {percent(confidence(min(numbers)))} confidence"
        f"{' or more' if min(numbers) < max(numbers) else ''}."
    )


def paced(measured: Sequence[Performance]) -> Table | None:
    """Latency at loads with a rate of their own."""
    transactions = any(each.transactions for each in measured)
    header = (
        *_FIRST_COLUMNS,
        "Load",
        "Throughput msg/s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "Service p50 ms",
        "Service p99 ms",
        *(("Transactions", "To the commit p50 ms", "To the commit p99 ms") if transactions else ()),
        "End-to-end p50 ms",
        "End-to-end p99 ms",
        "Client CPU s",
    )
    rows = [
        [
            *_start(each),
            _throughput(each),
            *_percentiles(each, "latency_ms", "p50", "p99", "p99_9"),
            *_percentiles(each, "service_ms", "p50", "p99"),
            *((_transactions(each), *_percentiles(each, "committed_ms", "p50", "p99")) if transactions else ()),
            *_percentiles(each, "end_to_end_ms", "p50", "p99"),
            within(each.client_cpu_s),
        ]
        for each in measured
        if each.paced
    ]
    return Table(header, rows, slice(4, None)) if rows else None


def saturated(measured: Sequence[Performance]) -> Table | None:
    """Throughput of ``rate: max``, with the latency that a full client has."""
    transactions = any(each.transactions for each in measured)
    header = (
        *_FIRST_COLUMNS,
        "Load",
        "Throughput msg/s",
        "MB/s",
        "p50 ms at saturation",
        "p99 ms at saturation",
        "Service p99 ms",
        *(("Transactions",) if transactions else ()),
        "Client CPU s",
        "Limited by",
    )
    rows = [
        [
            *_start(each),
            _throughput(each),
            within(each.mb_per_s),
            *_percentiles(each, "latency_ms", "p50", "p99"),
            *_percentiles(each, "service_ms", "p99"),
            *((_transactions(each),) if transactions else ()),
            within(each.client_cpu_s),
            limits(each),
        ]
        for each in measured
        if not each.paced
    ]
    return Table(header, rows, slice(4, -1)) if rows else None


def unsteady(records: Sequence[TrialRecord], labels: Labels) -> list[str]:
    """The trials of producers that did not run at one rate, each with why."""
    in_order = sorted(records, key=lambda record: (labels.subject(record), labels.load(record), record.repeat))
    return [
        f"{labels.row(record)}, repeat {record.repeat}" + (f": {went.unsteady}" if went.unsteady else "")
        for record, went in ((record, record.throughput) for record in in_order if _of_producer(record))
        if went and went.steady is False
    ]


def untold(records: Sequence[TrialRecord]) -> int:
    """Of how many trials of producers nobody can tell."""
    return sum(
        _of_producer(each) and each.throughput is not None and each.throughput.steady is None for each in records
    )


def _of_producer(record: TrialRecord) -> bool:
    return not record.with_fault and GUARANTEE not in record.config and record.sustained is None


def _tally(number: int, verdict: Verdict) -> Words:
    return Strong(str(number)) if number and verdict is Verdict.BROKEN else str(number)


def _start(each: Performance) -> Iterator[str]:
    yield from (each.subject.client, str(each.subject.replication_factor), str(each.subject.configuration), each.load)


def _transactions(each: Performance) -> str:
    """Whole ones in a trial, by the repeat that had the fewest."""
    return ABSENT if each.transactions is None else count(each.transactions.low)


def _throughput(each: Performance) -> str:
    return rate(each.throughput) + ("" if each.steady else f" {UNSTEADY}")


def _percentiles(each: Performance, clock: Clock, *which: Quantile) -> list[str]:
    return [within(each.percentile(clock, quantile)) for quantile in which]
