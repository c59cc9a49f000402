"""The table that a sweep prints at its end."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from harness.events import Permission, Verdict
from harness.report.closing import closing_table
from harness.report.matrix import HARM
from harness.store import Expectation, TrialRecord

from .synthetic_records import anomalies, broken, one
from .synthetic_run import default_sweep


def _printed(records: Sequence[TrialRecord], width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(closing_table(records))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_default_sweep_fits_100_columns_with_every_row_on_one_line_but_those_with_more_to_say() -> None:
    records = [broken(r) if r.id == "aiokafka.acks-all.rf3.kill-leader.r1" else r for r in default_sweep()]
    lines = _printed(records)
    assert max(map(len, lines)) <= 100
    assert sum(line.lstrip().startswith("acks=") for line in lines) == 24
    assert sum("reordered 2" in line for line in lines) == 3
    at, legend = [at for at, line in enumerate(lines) if "BROKEN" in line]
    said = "✓ kept ○ allowed ! reproduced ✗ BROKEN ~ not shown ? unknown · no rule - skipped"
    assert " ".join(lines[legend].split()) == said
    assert " ".join(lines[at].split()) == "acks=all 3 ✓ kept ✗ BROKEN ! dup 250 ✓ kept ✓ kept"
    assert lines[at + 1].strip() == "lost 12"


def test_many_faults_are_rows() -> None:
    records = [
        one(fault=f"fault-{number}", config={"acks": acks}, verdict=Verdict.KEPT, anomalies=anomalies())
        for number in range(30)
        for acks in ("0", "1", "all")
    ]
    lines = _printed(records)
    assert max(map(len, lines)) <= 100
    assert " ".join(lines[0].split()) == "aiokafka acks=0, RF 3 acks=1, RF 3 acks=all, RF 3"
    assert sum(line.split()[1:] == ["✓", "kept"] * 3 for line in lines) == 30


@pytest.mark.parametrize(
    ("verdict", "lost", "said"),
    [
        (Verdict.KEPT, 0, "✓ kept"),
        (Verdict.ALLOWED, 3, "○ lost 3"),
        (Verdict.REPRODUCED, 3, "! lost 3"),
        (Verdict.BROKEN, 3, "✗ BROKEN lost 3"),
        (Verdict.NOT_EXERCISED, 0, "~ not shown"),
        (Verdict.UNKNOWN, 0, "? unknown"),
    ],
)
def test_every_verdict_has_a_sign_and_a_word_or_a_count(verdict: Verdict, lost: int, said: str) -> None:
    lines = _printed([one(fault="kill-leader", verdict=verdict, anomalies=anomalies(lost=lost))])
    assert f"acks=all 3 {said}" in " ".join(" ".join(lines).split())


def test_kept_without_a_rule_is_not_called_kept() -> None:
    rules = [
        Expectation(anomaly=anomaly, permission=Permission.ALLOWED, reason="no rule", source="none") for anomaly in HARM
    ]
    lines = _printed([one(fault="new", verdict=Verdict.KEPT, anomalies=anomalies(lost=3), expectations=rules)])
    assert "acks=all 3 · no rule lost 3" in " ".join(" ".join(lines).split())


def test_repeats_that_disagree_say_how_often() -> None:
    records = [
        one(id=str(repeat), fault="kill-leader", repeat=repeat, verdict=verdict, anomalies=anomalies(lost=lost))
        for repeat, (verdict, lost) in enumerate([(Verdict.KEPT, 0), (Verdict.BROKEN, 4), (Verdict.KEPT, 0)], 1)
    ]
    assert "✗ BROKEN lost 0–4 (1 of 3)" in " ".join(" ".join(_printed(records)).split())


@pytest.mark.parametrize("many", [1, 30])
def test_text_of_others_is_no_markup(many: int) -> None:
    records = [
        one(id=str(number), fault=f"fault-{number} [/x]", client="[bold]", verdict=Verdict.KEPT, anomalies=anomalies())
        for number in range(many)
    ]
    printed = " ".join(" ".join(_printed(records)).split())
    assert "fault-0 [/x]" in printed and "[bold]" in printed


def test_no_trials_and_skipped_ones() -> None:
    assert any("no trial has ended" in line for line in _printed([]))
    skipped = one(fault="kill-leader", status="skipped", reason="no")
    assert any(line.endswith("  3  -") for line in _printed([skipped]))
