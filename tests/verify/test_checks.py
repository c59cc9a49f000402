"""Checks: each counts its own anomalies, and only where what it needs was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest

from harness.events import Anomaly
from harness.journal.sealed import ConsumedColumns
from harness.store import Anomalies
from harness.verify import Readings, checks, find
from harness.verify.checks import CHECKS, Check, Found

from .histories import ACKED, log, producer


def redelivered(consumed: ConsumedColumns) -> Mapping[Anomaly, Found]:
    times = Counter(zip(consumed.producer.tolist(), consumed.sequence.tolist(), strict=True))
    again = {message: count - 1 for message, count in times.items() if count > 1}
    shown = [{"producer": number, "sequence": sequence} for number, sequence in again]
    return {Anomaly.REDELIVERED: Found(sum(again.values()), shown)}


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the judge of a pipeline may look for, in what a consumer received."""
    monkeypatch.setattr(checks, "CHECKS", (*CHECKS, Check((Anomaly.REDELIVERED,), ("consumed",), redelivered)))


def _consumed(*sequences: int) -> ConsumedColumns:
    sequence = np.array(sequences, np.int64)
    return ConsumedColumns(np.zeros(len(sequence), np.int32), sequence, sequence, sequence)


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize(
    ("consumed", "count", "shown"),
    [(None, None, []), (_consumed(), 0, []), (_consumed(0, 1), 0, []), (_consumed(0, 1, 0, 0), 2, [0])],
)
def test_a_check_with_a_reading_of_its_own(
    consumed: ConsumedColumns | None, count: int | None, shown: list[int]
) -> None:
    findings = find(Readings([producer((0, ACKED))], log(), consumed=consumed))
    assert findings.anomalies.redelivered == count
    assert [each["sequence"] for each in findings.witnesses.get("redelivered", [])] == shown
    assert findings.anomalies.lost == 1, "the others count as ever"


@pytest.mark.parametrize("readings", [Readings(), Readings([producer((0, ACKED))]), Readings(log=log((0, 0, 0, 0)))])
def test_without_what_they_need_they_count_nothing_and_not_zero(readings: Readings) -> None:
    findings = find(readings)
    assert (findings.counts, findings.anomalies, findings.witnesses) == (None, Anomalies(), {})


def test_no_two_checks_count_the_same() -> None:
    counted = [anomaly for check in CHECKS for anomaly in check.anomalies]
    assert len(set(counted)) == len(counted)
    assert set(counted) == set(Anomaly)


def test_a_check_that_does_not_count_what_it_says_is_no_pass() -> None:
    forgetful = Check((Anomaly.LOST, Anomaly.SKIPPED), ("log",), lambda log: {Anomaly.LOST: Found(0, [])})
    with pytest.raises(KeyError):
        forgetful.of(Readings(log=log()))
