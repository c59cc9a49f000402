"""The table for a design review: what it says of a guarantee is what the trials carry, and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from harness.events import Anomaly, Permission, Verdict
from harness.kinds import KINDS
from harness.report import render
from harness.report.data import Data
from harness.report.evidence import Evidence
from harness.report.exports import summary
from harness.store import Expectation, Throughput, TrialRecord

from .synthetic_costs import cost_sweep
from .synthetic_records import anomalies, one, store

FORBIDS = Expectation(anomaly="lost", permission=Permission.FORBIDDEN, reason="an ack", source="KIP-98")
ALLOWS = Expectation(anomaly="lost", permission=Permission.ALLOWED, reason="a leader alone", source="KIP-98")


def trial(verdict: Verdict, lost: int = 0, **given: Any) -> TrialRecord:
    return one(
        **{
            "fault": "kill-leader",
            "promise": "at-least-once",
            "verdict": verdict,
            "anomalies": anomalies(lost=lost),
            "expectations": [FORBIDS],
            **given,
        }
    )


def rows(*records: TrialRecord) -> list[Evidence]:
    return Data(records).evidence


def test_a_row_says_what_was_tried_and_seen() -> None:
    (row,) = rows(
        trial(Verdict.KEPT),
        trial(Verdict.KEPT),
        trial(Verdict.BROKEN, lost=7),
        trial(Verdict.NOT_EXERCISED),
        trial(Verdict.KEPT, fault="lose-ack"),
    )
    assert (row.client, row.pipeline, row.promises, row.says_nothing) == ("aiokafka", False, "at-least-once", 1)
    killed, ack = row.tried
    assert (killed.fault, killed.broken, killed.trials, killed.least) == ("kill-leader", 1, 3, 3)
    assert killed.at_most == pytest.approx(beta.ppf(0.975, 2, 2))
    assert (ack.fault, ack.broken, ack.trials) == ("lose-ack", 0, 1)
    assert ack.at_most == pytest.approx(0.95)
    lost = next(each for each in row.found if each.anomaly is Anomaly.LOST)
    assert (lost.low, lost.high, lost.shown, lost.looked) == (7, 7, 1, 5)
    assert killed.forbidden == ack.forbidden == (Anomaly.LOST,)
    assert row.costs == ()


def test_a_trial_that_came_to_nothing_was_not_without_what_it_does_not_have() -> None:
    (row,) = rows(trial(Verdict.KEPT), trial(Verdict.UNKNOWN), trial(Verdict.UNKNOWN, lost=2))
    lost = next(each for each in row.found if each.anomaly is Anomaly.LOST)
    assert (lost.high, lost.shown, lost.looked) == (2, 1, 2)


def test_what_nobody_promised_is_no_promise_that_was_kept() -> None:
    (row,) = rows(trial(Verdict.ALLOWED, lost=3, expectations=[ALLOWS]), trial(Verdict.KEPT, fault="lose-ack"))
    assert [each.fault for each in row.tried] == ["lose-ack"]
    assert row.nothing_forbidden == (("kill-leader", 1),)


def test_what_is_forbidden_in_one_configuration_and_not_in_another_is_told_apart() -> None:
    more = [FORBIDS, FORBIDS.model_copy(update={"anomaly": "duplicate"})]
    (row,) = rows(trial(Verdict.KEPT), trial(Verdict.KEPT, config={"linger.ms": 5}, expectations=more))
    assert {each.forbidden for each in row.tried} == {(Anomaly.LOST,), (Anomaly.LOST, Anomaly.DUPLICATE)}
    assert [each.trials for each in row.tried] == [1, 1]


def test_a_trial_that_broke_anything_is_not_hidden() -> None:
    (row,) = rows(trial(Verdict.BROKEN, expectations=[]))
    (tried,) = row.tried
    assert (tried.broken, tried.trials, tried.forbidden, tried.at_most) == (1, 1, (), 1.0)


def test_trials_of_different_configurations_do_not_bound_each_other() -> None:
    same = [trial(Verdict.KEPT, repeat=repeat) for repeat in range(1, 6)]
    (row,) = rows(*same, trial(Verdict.KEPT, config={"linger.ms": 5}))
    (tried,) = row.tried
    assert (tried.trials, tried.least) == (6, 1)
    assert tried.at_most == pytest.approx(0.95)
    assert row.alike == "acks=all, RF 3"
    assert row.configurations == ("nothing else", "linger.ms=5")


def test_without_a_verdict_or_a_promise_there_is_no_row() -> None:
    assert rows(one(fault="kill-leader", status="skipped", promise="at-least-once"), one(promise=None)) == []


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=12), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_bound_is_narrower_than_clopper_and_pearsons(configurations: list[list[bool]]) -> None:
    """Not even of the configuration that went worst."""
    records = [
        trial(Verdict.BROKEN if broken else Verdict.KEPT, lost=int(broken), config={"linger.ms": number})
        for number, repeats in enumerate(configurations)
        for broken in repeats
    ]
    (row,) = rows(*records)
    (tried,) = row.tried
    for repeats in configurations:
        broken, trials = sum(repeats), len(repeats)
        exact = beta.ppf(0.95, broken + 1, trials - broken) if broken < trials else 1.0
        assert tried.at_most >= exact - 1e-12
    assert tried.broken == sum(map(sum, configurations))


def _per_s(record: TrialRecord) -> float | None:
    return record.throughput.messages_per_s if record.throughput else None


def _went(per_s: float, repeat: int) -> TrialRecord:
    return one(repeat=repeat, throughput=Throughput(messages_per_s=per_s, mb_per_s=1.0, span_s=1.0))


def test_the_page_is_beside_the_report_which_leads_to_it(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", cost_sweep())
    report = render(folder, KINDS.values()).read_text()
    assert "## Guarantees\n\n[One table for a design review](guarantees.md)" in report
    page = (folder / "guarantees.md").read_text()
    assert "**exactly-once** (pipeline)" in page
    assert "skipped, redelivered under no fault: 0 of 8 (≤ 78 %)" in page
    assert "transaction.interval.ms=1000: " in page
    stored = json.loads(summary.export(Data(cost_sweep())))["guarantees"]
    assert {(row["client"], row["promises"]) for row in stored} >= {("aiokafka", "exactly-once")}
    assert all(tried["at_most"] > 0.7 for row in stored for tried in row["tried"])


def test_a_run_with_nothing_to_say_says_so(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", [])
    assert "## Guarantees" not in render(folder, KINDS.values()).read_text()
    assert "No trial was judged by a guarantee." in (folder / "guarantees.md").read_text()
