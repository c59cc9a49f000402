"""The lead of a report, on records small enough to know the answer by heart."""

from __future__ import annotations

from typing import Any

import pytest

from harness.events import Verdict
from harness.report.answer import Answer, answer
from harness.report.labels import Labels
from harness.report.performance import Costs, costs, performances
from harness.store import Throughput, TrialRecord

from .synthetic_run import anomalies, broken, one, percentiles, run_of


def _answer(*records: TrialRecord, **run: Any) -> Answer:
    return answer(records, Labels.of(records), {**run_of(records), **run})


def _fault(acks: str, verdict: Verdict, fault: str = "kill-leader", repeat: int = 1, **found: int) -> TrialRecord:
    return one(
        config={"acks": acks}, fault=fault, repeat=repeat, verdict=verdict, anomalies=anomalies(**found), promise="some"
    )


def _speed(acks: str, per_s: float, client: str = "aiokafka", repeat: int = 1, **given: Any) -> TrialRecord:
    throughput = Throughput(messages_per_s=per_s, mb_per_s=per_s / 1e4, span_s=2, steady=given.pop("steady", True))
    return one(
        config={"acks": acks}, client=client, repeat=repeat, throughput=throughput, verdict=Verdict.KEPT, **given
    )


def _latency(acks: str, ms: float, rate: float = 2_000) -> TrialRecord:
    import numpy as np

    return one(
        config={"acks": acks},
        load={"rate": rate, "message_size": 100},
        verdict=Verdict.KEPT,
        latency_ms=percentiles(np.full(1_000, ms)),
    )


def _costs(*records: TrialRecord) -> Costs:
    found = costs(performances(records, Labels.of(records)))
    assert found is not None
    return found


def test_no_trials() -> None:
    found = _answer(ended=None, planned=12)
    assert found.sentences == (
        "No trial has ended, so there is nothing to report yet.",
        "**The run is not complete: 12 of the 12 planned trials did not run.**",
    )
    assert (found.broken, found.promises, found.costs) == ((), (), None)


def test_what_was_lost_where_and_how_much_at_most() -> None:
    found = _answer(
        _fault("0", Verdict.REPRODUCED, lost=300, repeat=2),
        _fault("0", Verdict.REPRODUCED, lost=7),
        _fault("1", Verdict.REPRODUCED, "lose-ack", duplicate=250),
        _fault("all", Verdict.KEPT),
        _fault("all", Verdict.KEPT, "lose-request"),
    )
    assert found.sentences[0] == (
        "**No promise was broken**: of 5 trials with a fault, 2 kept it and 3 reproduced the anomaly that was expected "
        "of them."
    )
    assert (
        "Messages were **lost** with `acks=0` (up to 300); **duplicated** with `acks=1` (up to 250)." in found.sentences
    )
    assert (
        "Nothing at all went wrong under faults with `acks=all` (0 of 2 trials: at most 78 % of such trials, at 95 % "
        "confidence)." in found.sentences
    )
    assert [promise.happened for promise in found.promises] == [
        ("kill-leader: lost 7–300 (2 of 2)",),
        ("lose-ack: dup 250 (1 of 1)",),
        (),
    ]


def test_a_configuration_with_one_stain_is_not_clean() -> None:
    found = _answer(_fault("all", Verdict.KEPT), _fault("all", Verdict.KEPT, "lose-ack", reordered=2))
    assert not any("Nothing at all" in sentence for sentence in found.sentences)


def test_what_was_not_exercised_is_not_counted_as_clean() -> None:
    found = _answer(_fault("all", Verdict.NOT_EXERCISED), _fault("all", Verdict.KEPT, "lose-ack"))
    assert any("(0 of 1 trial:" in sentence for sentence in found.sentences)


def test_a_broken_promise_leads() -> None:
    found = _answer(broken(_fault("all", Verdict.KEPT), lost=12), _fault("1", Verdict.KEPT))
    assert found.broken == (
        "**BROKEN: aiokafka, acks=all, RF 3, kill-leader: lost 12**. 12 lost, which acks=all forbids",
    )
    assert found.sentences[0] == "**A promise was broken**: of 2 trials with a fault, 1 broke it and 1 kept it."
    assert [promise.verdicts.get(Verdict.BROKEN, 0) for promise in found.promises] == [0, 1]


def test_a_trial_without_a_verdict_gave_none() -> None:
    found = _answer(one(fault="lose-ack", status="failed", reason="the worker died"))
    assert found.sentences[0] == "**Nothing could be judged**: of 1 trial with a fault, 1 gave no verdict."
    assert found.promises[0].looked == 0


def test_only_skipped() -> None:
    found = _answer(one(fault="lose-ack", status="skipped", reason="no"))
    assert found.sentences[0] == "**Nothing could be judged**: 1 trial, all skipped."


def test_cost_is_against_leader_only_acks_with_medians_of_the_repeats() -> None:
    records = [
        *(_speed("1", per_s, repeat=i) for i, per_s in enumerate((900, 1_000, 5_000), 1)),
        *(_speed("all", per_s, repeat=i) for i, per_s in enumerate((830, 820, 840), 1)),
        _speed("0", 2_000),
        _latency("1", 10),
        _latency("all", 13),
    ]
    found = _costs(*records)
    assert found.against == "acks=1"
    ratios = {str(row.subject.configuration): row.throughput_ratio for row in found.rows}
    assert ratios == {"acks=0": 2.0, "acks=1": 1.0, "acks=all": 0.83}
    assert [row.is_baseline for row in found.rows] == [False, True, False]
    assert found.rows[2].p99_ratio == pytest.approx(1.3, rel=0.01)
    assert found.rows[0].p99_ratio is None
    assert (
        "At RF 3, `acks=all` had 0.83x the throughput and 1.30x the p99 latency of acks=1."
        in _answer(*records).sentences
    )


def test_cost_is_against_the_fastest_if_one_client_lacks_acks_1() -> None:
    found = _costs(
        _speed("1", 100), _speed("all", 50), _speed("0", 400, "kafka-python"), _speed("all", 100, "kafka-python")
    )
    assert found.against == "the fastest configuration"
    assert [row.throughput_ratio for row in found.rows] == [1.0, 0.5, 1.0, 0.25]


def test_cost_compares_only_what_differs_in_the_guarantee() -> None:
    records = [
        one(
            config={"acks": acks, "linger.ms": linger},
            throughput=Throughput(messages_per_s=per_s, mb_per_s=1, span_s=2),
        )
        for acks, linger, per_s in (("1", 0, 100), ("all", 0, 50), ("1", 9, 400), ("all", 9, 300))
    ]
    assert [row.throughput_ratio for row in _costs(*records).rows] == [1.0, 1.0, 0.5, 0.75]


def test_cost_takes_the_fastest_paced_load_and_never_saturation() -> None:
    found = _costs(_latency("1", 1, 500), _latency("all", 9, 500), _latency("1", 2, 900), _latency("all", 3, 900))
    assert {row.paced_load for row in found.rows} == {"900/s"}
    assert found.rows[1].p99_ratio == pytest.approx(1.5, rel=0.01)
    assert found.rows[1].throughput_ratio is None


def test_one_configuration_has_no_cost() -> None:
    assert costs(performances([_speed("1", 100)], Labels.of([_speed("1", 100)]))) is None


def test_an_unsteady_trial_marks_its_cost_and_an_unsteady_baseline_all() -> None:
    found = _costs(_speed("0", 90), _speed("1", 100), _speed("all", 50, steady=False))
    assert [row.steady for row in found.rows] == [True, True, False]
    records = [_speed("0", 90), _speed("1", 100, steady=False), _speed("all", 50)]
    assert [row.steady for row in _costs(*records).rows] == [False, False, False]
    assert (
        "At RF 3, `acks=all` had 0.50x the throughput of acks=1; not steady, so not to be "
        "relied on: 1 of 1 comparison." in _answer(*records).sentences
    )


def test_one_run_is_said_to_be_one_run() -> None:
    once = "Every trial ran once: no figure here has an interval, and small differences mean nothing."
    assert once in _answer(_speed("1", 100)).sentences
    assert once not in _answer(_speed("1", 100), _speed("1", 120, repeat=2)).sentences
