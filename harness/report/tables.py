"""The tables that sum a run up: promises, costs, performance. None where one has no rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.events import Verdict
from harness.report.answer import Answer
from harness.report.blocks import Emphasis, Lines, Strong, Table, Text, Words, prose
from harness.report.labels import GUARANTEE, Labels
from harness.report.matrix import WORST_FIRST
from harness.report.performance import Clock, Cost, Costs, Performance, Quantile
from harness.report.wording import UNSTEADY, middle, rate, ratio
from harness.store import TrialRecord
from harness.words import ABSENT, count

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


def costs(found: Costs | None) -> Table | None:
    """A row a configuration and replication factor, a column a client: ``throughput · p99`` against the baseline."""
    if found is None:
        return None
    clients = sorted({row.subject.client for row in found.rows})
    sizes = len({row.message_size for row in found.rows}) > 1
    cells: dict[tuple[int, int, str], dict[str, Words]] = {}
    for row in sorted(found.rows, key=lambda row: (row.message_size, row.subject.replication_factor)):
        key = (row.message_size, row.subject.replication_factor, str(row.subject.configuration))
        cells.setdefault(key, {})[row.subject.client] = _cost(row)
    rows = [
        [*([f"{size} B"] if sizes else []), str(rf), label, *(of.get(client, ABSENT) for client in clients)]
        for (size, rf, label), of in cells.items()
    ]
    header = [*(["Message"] if sizes else []), "RF", "Configuration", *clients]
    return Table(header, rows, slice(-len(clients), None))


def not_repeated(found: Costs) -> Text | None:
    """What is to be said of ratios that no repeat stands behind; None if there are none."""
    if found.repeats > 1:
        return None
    which = "Where no extent is given, one" if any(row.repeats > 1 for row in found.rows) else "One"
    return Text(
        f"{which} repeat each: no difference can be told. What a single repeat shows may be chance, so such ratios are "
        "only what this run happened to have."
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
            middle(each.client_cpu_s),
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
    )
    rows = [
        [
            *_start(each),
            _throughput(each),
            middle(each.mb_per_s),
            *_percentiles(each, "latency_ms", "p50", "p99"),
            *_percentiles(each, "service_ms", "p99"),
            *((_transactions(each),) if transactions else ()),
            middle(each.client_cpu_s),
        ]
        for each in measured
        if not each.paced
    ]
    return Table(header, rows, slice(4, None)) if rows else None


def unsteady(records: Sequence[TrialRecord], labels: Labels) -> list[str]:
    """The trials of producers that were too short for their figures."""
    return [
        f"{labels.row(record)}, repeat {record.repeat}"
        for record in sorted(records, key=lambda record: (labels.subject(record), labels.load(record), record.repeat))
        if not record.with_fault and GUARANTEE not in record.config
        if record.throughput and record.throughput.steady is False
    ]


def _tally(number: int, verdict: Verdict) -> Words:
    return Strong(str(number)) if number and verdict is Verdict.BROKEN else str(number)


def _cost(row: Cost) -> Words:
    mark = "" if row.steady else f" {UNSTEADY}"
    if row.is_baseline:
        throughput = f"{count(row.throughput.median)}/s" if row.throughput else ABSENT
        p99 = f"{middle(row.p99_ms)} ms" if row.p99_ms else ABSENT
        return (Emphasis(f"{throughput} · {p99}"), mark)
    return f"{ratio(row.throughput_ratio)} · {ratio(row.p99_ratio)}{mark}"


def _start(each: Performance) -> Iterator[str]:
    yield from (each.subject.client, str(each.subject.replication_factor), str(each.subject.configuration), each.load)


def _transactions(each: Performance) -> str:
    """Whole ones in a trial, by the repeat that had the fewest."""
    return ABSENT if each.transactions is None else count(each.transactions.low)


def _throughput(each: Performance) -> str:
    return rate(each.throughput) + ("" if each.steady else f" {UNSTEADY}")


def _percentiles(each: Performance, clock: Clock, *which: Quantile) -> list[str]:
    return [middle(each.percentile(clock, quantile)) for quantile in which]
