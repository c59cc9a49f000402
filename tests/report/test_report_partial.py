"""Reports of what is no whole run: little of one, one with failures or several starts, one with text from anywhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.kinds import KINDS
from harness.report import render
from harness.report.charts import CHARTS
from harness.store import Results, ResultsUnusable, TrialRecord

from .markdown import check, rows_of, sections_of
from .synthetic_records import broken, one, only, store
from .synthetic_run import default_sweep


def test_the_commands_in_a_report_can_be_typed_as_they_are(tmp_path: Path) -> None:
    folder = store(tmp_path / "it's ü, a=b#c:d\\e", [one()])
    render(folder, KINDS.values())
    commands = [line for line in (folder / "report.md").read_text().splitlines() if line.startswith("harness ")]
    assert [shlex.split(line, comments=True) for line in commands] == [
        ["harness", command, str(folder)] for command in ("report", "check")
    ]


def test_every_start_of_a_run_that_was_gone_on_with_is_said(tmp_path: Path) -> None:
    first = {"started": "2026-01-01", "harness_version": "0.1.0", "git": None, "clients": {"aiokafka": "0.14.0"}}
    then = {**first, "started": "2026-01-02", "git": {"commit": "abc", "dirty": False}, "kernel": "Linux 7"}
    folder = store(tmp_path / "run", [one()], starts=[first])
    render(folder, KINDS.values())
    assert "started more than once" not in check(folder)
    folder = store(tmp_path / "again", [one()], starts=[first, then])
    render(folder, KINDS.values())
    report = check(folder)
    assert "- 2026-01-01, harness 0.1.0, aiokafka 0.14.0\n" in report
    assert "- 2026-01-02, harness 0.1.0 at commit abc, aiokafka 0.14.0, Linux 7\n" in report


def test_no_trials(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", [], ended=None, planned=144)
    render(folder, KINDS.values())
    report = check(folder)
    assert "No trial has ended" in report
    assert "144 of the 144 planned trials did not run" in report
    for chart in CHARTS:
        assert f"- {chart.name}: {chart.without}" in report
    assert (folder / "trials.csv").read_text().startswith("format,id,key,name,kind,repeat,")


def test_a_run_file_with_nothing_in_it_but_its_format(tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "run.json").write_text('{"format": 1}')
    Results(folder).append(one())
    render(folder, KINDS.values())
    assert check(folder).startswith("# Delivery report: bare")


def test_only_faults_of_an_interrupted_run(records: Sequence[TrialRecord], tmp_path: Path) -> None:
    few = only(records, lambda r: r.fault.name == "lose-ack" and r.client == "aiokafka")
    folder = store(tmp_path / "run", few, ended=None, planned=144)
    render(folder, KINDS.values())
    report = check(folder)
    assert "136 of the 144 planned trials did not run" in report
    assert "No performance was measured." in report
    assert "- throughput: no performance trial with rate: max has figures" in report
    assert {path.stem for path in (folder / "charts").iterdir()} == {
        "anomalies",
        "acks-lose-ack",
        "timeline-lose-ack",
    }


def test_only_performance(records: Sequence[TrialRecord], tmp_path: Path) -> None:
    folder = store(tmp_path / "run", only(records, lambda r: r.kind == "performance" and r.config["acks"] == "1"))
    render(folder, KINDS.values())
    report = check(folder)
    assert "No fault was injected" in report
    assert "- acks over time under a fault: no fault trial has a rate over time" in report
    assert "## Faults" not in report


def test_only_trials_that_failed(tmp_path: Path) -> None:
    failed = [
        one(id="a", fault="lose-ack", status="failed", reason="the worker | died"),
        one(id="b", status="interrupted", reason=None),
    ]
    folder = store(tmp_path / "run", failed)
    render(folder, KINDS.values())
    report = check(folder)
    assert "**failed, 1 trial**: the worker \\| died" in report
    assert "**interrupted, 1 trial**: no reason was recorded" in report


def test_broken_is_the_first_thing_said_after_the_matrix(records: Sequence[TrialRecord], tmp_path: Path) -> None:
    (kept,) = only(records, lambda r: r.id == "aiokafka.acks-all.rf3.kill-leader.r1")
    folder = store(tmp_path / "run", [broken(kept)])
    render(folder, KINDS.values())
    report = check(folder)
    assert "| **BROKEN**: 12 lost |" in report.split("\n\n")[2]
    lead = sections_of(report)["In short"].strip()
    assert lead.startswith("- **BROKEN: aiokafka, acks=all, RF 3, kill-leader: lost 12**")
    first_ten = "producer 0; sequence 0, 1, 2, 3, 4, 5, 6, 7, 8, 9; partition 0; outcome acked"
    assert f"- lost, first 10 of 12: {first_ten}" in (folder / "faults" / "kill-leader.md").read_text()


def test_repeats_have_medians_and_extents(tmp_path: Path) -> None:
    few = only(default_sweep(repeats=3), lambda r: r.client == "aiokafka" and r.config["acks"] in ("0", "1"))
    few = only(few, lambda r: r.load["rate"] == "max" or r.fault.name == "kill-leader")
    folder = store(tmp_path / "run", few)
    render(folder, KINDS.values())
    sections = sections_of(check(folder))
    assert "Medians of 3 repeats; in brackets the least and the most" in sections["Performance"]
    assert "lies with 75 % confidence." in sections["Performance"]
    rows = rows_of(sections["Throughput, and latency at saturation"])[2:]
    assert all(re.fullmatch(r"[\d.,]+ \([\d.,]+–[\d.,]+\)", cell) for row in rows for cell in row[5:8])
    assert all(re.fullmatch(r"[\d,]+ \([\d,]+–[\d,]+\)", row[4]) for row in rows)
    assert re.search(r"reproduced 3 of 3 \(29–100 %\): \d+–\d+ lost", sections["Verdicts"])
    assert "cannot be told from 3 pairs of repeats: it takes 6" in sections["What it cost"]


def test_text_of_unknown_origin_cannot_break_the_page(tmp_path: Path) -> None:
    nasty = "a | b <script> `c` [d](e)\n# f"
    record = one(fault="lose-ack", verdict_reason=nasty, witnesses={"lost": [{"error": nasty}]}, errors={nasty: 2})
    folder = store(tmp_path / "run", [record], name=nasty, notes=[nasty], java=nasty)
    render(folder, KINDS.values())
    report = check(folder)
    assert not re.search(r"(?<!\\)<script>", report)
    assert "\n# f" not in report


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsUnusable):
        render(tmp_path, KINDS.values())
