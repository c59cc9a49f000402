"""Distributions in HdrHistogram's own formats: what its tools read in them is what the records say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from harness.kinds import KINDS
from harness.report import render
from harness.report.data import Data
from harness.report.exports import hlog
from harness.store import Throughput, TrialRecord

from .synthetic_records import one, percentiles, store

_REPEATS = (np.linspace(1, 20, 5_000), np.linspace(5, 400, 3_000))


def trials() -> list[TrialRecord]:
    return [
        one(
            id=f"a trial, with a comma.r{repeat}",
            repeat=repeat,
            started=f"2026-01-01T12:00:0{repeat}.000+00:00",
            load={"rate": 2_000, "message_size": 100},
            throughput=Throughput(messages_per_s=2_000, mb_per_s=0.2, span_s=2.5),
            latency_ms=percentiles(of),
            end_to_end_ms=percentiles(of + 1),
        )
        for repeat, of in enumerate(_REPEATS, start=1)
    ]


def test_a_log_of_histograms_is_read_by_its_own_reader(tmp_path: Path) -> None:
    path, records = tmp_path / "latency.hlog", trials()
    path.write_text(hlog.export(Data(records)))
    reader = HistogramLogReader(str(path), HdrHistogram(1, 24 * 3600 * 10**6, 3))
    read = []
    while (histogram := reader.get_next_interval_histogram()) is not None:
        read.append((histogram.total_count, histogram.get_value_at_percentile(99) / 1e3))
    written = [of for record in records for of in (record.latency_ms, record.end_to_end_ms) if of]
    assert read == [(of.count, pytest.approx(of.p99, rel=0.001)) for of in written]


def test_each_line_of_a_log_says_of_which_trial_and_clock_it_is() -> None:
    lines = hlog.export(Data(trials())).splitlines()[3:]
    assert [line.split(",")[:3] for line in lines[:2]] == [
        ["Tag=a_trial;_with_a_comma.r1/latency_ms", "1767268801.000", "2.500"],
        ["Tag=a_trial;_with_a_comma.r1/end_to_end_ms", "1767268801.000", "2.500"],
    ]
    assert hlog.export(Data([one()])).count("\n") == 3


def test_the_repeats_of_a_configuration_are_one_distribution(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", trials())
    render(folder, KINDS.values())
    end_to_end, latency = sorted((folder / "hgrm").iterdir())
    assert latency.name == "aiokafka-acks-all-rf-3-2000-s-latency.hgrm" and "end-to-end" in end_to_end.name
    rows = [line.split() for line in latency.read_text().splitlines()[2:] if not line.startswith("#")]
    every = np.sort(np.concatenate(_REPEATS))
    assert [int(rows[-1][2]), rows[-1][3]] == [len(every), "inf"]
    for value_ms, share, count, _ in rows[:: len(rows) // 20]:
        assert int(count) == round(float(share) * len(every))
        assert np.count_nonzero(every <= float(value_ms) * 1.001) >= int(count)
        assert every[int(count) - 1] == pytest.approx(float(value_ms), rel=0.002)
    (mean,) = re.findall(r"#\[Mean +=  *([\d.]+)", latency.read_text())
    assert float(mean) == pytest.approx(every.mean(), rel=0.002)


def test_what_another_report_does_not_have_is_gone(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", trials())
    render(folder, KINDS.values())
    (folder / "hgrm" / "mine.hgrm").write_text("a note of somebody's")
    (folder / "trials.jsonl").write_text("")
    render(folder, KINDS.values())
    assert [path.name for path in (folder / "hgrm").iterdir()] == ["mine.hgrm"]
