"""What a trial's readings say: every check's anomalies, and how many messages there were.

Finding is no judgement: what is counted here may be forbidden, allowed or expected (``expectations.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.events import GIVEN_UP, Anomaly, Outcome
from harness.journal.mapped import Int64
from harness.journal.sealed import ProducerColumns
from harness.store import Anomalies, Counts
from harness.verify import checks
from harness.verify.copies import Witness
from harness.verify.readings import Readings


@dataclass(frozen=True)
class Findings:
    """What a trial's readings say, with no opinion on it."""

    counts: Counts | None
    """None without producers' journals or a log: there is no data."""
    anomalies: Anomalies
    """None for those of a check that lacked a reading, and for those of no check: nothing can tell."""
    witnesses: dict[str, list[Witness]]
    """Of each anomaly that was found its first ten messages, smallest sequence first: ``producer``, ``sequence``,
    ``partition``, ``outcome``, ``error``, ``offsets`` (all that were found) and ``acked_offset``."""


def find(readings: Readings) -> Findings:
    """Every anomaly of a trial, as each of ``CHECKS`` defines its own."""
    found: dict[Anomaly, checks.Found] = {}
    for check in checks.CHECKS:
        found |= check.of(readings)
    in_order = [(anomaly.value, found[anomaly]) for anomaly in Anomaly if anomaly in found]
    return Findings(
        counts=_counts(readings),
        anomalies=Anomalies(**{name: each.count for name, each in in_order}),
        witnesses={name: list(each.witnesses) for name, each in in_order if each.witnesses},
    )


def _counts(readings: Readings) -> Counts | None:
    producers = readings.inputs if readings.producers is None else readings.producers
    if producers is None or readings.log is None:
        return None
    given_up = [(its, _given_up(its.producer)) for its in readings.copies or ()]
    count = sum((np.bincount(p.outcome, minlength=len(Outcome)) for p in producers), np.zeros(len(Outcome), np.int64))
    return Counts(
        sent=int(count.sum() - count[Outcome.UNSENT]),
        acked=int(count[Outcome.ACKED]),
        failed=int(count[Outcome.FAILED]),
        unknown=int(count[Outcome.UNKNOWN] + count[Outcome.PENDING]),
        unconfirmed=int(count[Outcome.UNCONFIRMED]),
        in_log=len(readings.log),
        given_up=sum(len(sequences) for _, sequences in given_up),
        given_up_landed=sum(int(np.count_nonzero(its.several[sequences])) for its, sequences in given_up),
    )


def _given_up(producer: ProducerColumns) -> Int64:
    """Of which messages the application had given up the first that it sent."""
    if producer.error is None or GIVEN_UP not in producer.error.names:
        return np.zeros(0, np.int64)
    return np.flatnonzero(producer.error.code == producer.error.names.index(GIVEN_UP))
