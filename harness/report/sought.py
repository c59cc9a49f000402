"""What searches found: the highest rate of each configuration that held, and the lowest that did not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.measure.keeping_up import FALLS_BEHIND
from harness.report.blocks import Block, Table, Text, Words
from harness.report.labels import Labels, Subject
from harness.report.machine import most_limited
from harness.report.wording import Spread, figure, rate, within
from harness.store import TrialRecord
from harness.words import count, percent

_HEADER = (
    "Client",
    "RF",
    "Configuration",
    "Message B",
    "p99 at most ms",
    "Highest rate that held msg/s",
    "p99 there ms",
    "Lowest that did not msg/s",
    "p99 there ms",
    "Limited there by",
)
Search = Sequence[TrialRecord]


def answers(records: Sequence[TrialRecord], labels: Labels) -> Iterator[Block]:
    """A row for each configuration, size and bound; nothing where nothing was sought."""
    groups: dict[tuple[Subject, int, float], dict[int, list[TrialRecord]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        if record.sustained is not None and "sought" in record.load:
            sought = (labels.subject(record), int(record.load["message_size"]), float(record.load["sought"]["p99_ms"]))
            groups[sought][record.repeat].append(record)
    if not groups:
        return
    searches = max(len(each) for each in groups.values())
    yield Text(
        "A rate holds where the 99th percentile of latency, from when messages were due until they were acked (or "
        "committed, where there are transactions), stays within the bound, and of each second of the load at most "
        f"{percent(FALLS_BEHIND)} more is left waiting. Each search tries what lies in the middle of what is left. "
        + (f"Medians of {searches} searches; in brackets the least and the most. " if searches > 1 else "")
        + "Nobody consumes meanwhile."
    )
    rows = [_row(*sought, list(each.values())) for sought, each in sorted(groups.items(), key=lambda group: group[0])]
    yield Table(_HEADER, rows, slice(3, -1))


def _row(subject: Subject, size: int, bound_ms: float, searches: Sequence[Search]) -> list[Words]:
    held = [max(those, key=_rate) for search in searches if (those := _that(search, holds=True))]
    failed = [min(those, key=_rate) for search in searches if (those := _that(search, holds=False))]
    return [
        subject.client,
        str(subject.replication_factor),
        str(subject.configuration),
        count(size),
        figure(bound_ms),
        _rates(held, len(searches)),
        _p99(held),
        _rates(failed, len(searches)),
        _p99(failed),
        most_limited(failed),
    ]


def _that(search: Search, *, holds: bool) -> list[TrialRecord]:
    return [trial for trial in search if trial.sustained and trial.sustained.holds is holds]


def _rates(ends: Sequence[TrialRecord], searches: int) -> str:
    """Of the searches that had such an end; in one that had none all that were tried were like each other."""
    none = searches - len(ends)
    said = rate(Spread.of([_rate(trial) for trial in ends]))
    if not ends:
        return "none of those tried"
    return f"{said}; none in {none} of {searches}" if none else said


def _p99(ends: Sequence[TrialRecord]) -> str:
    return within(Spread.of([trial.sustained.p99_ms for trial in ends if trial.sustained]))


def _rate(trial: TrialRecord) -> float:
    return float(trial.load["rate"])
