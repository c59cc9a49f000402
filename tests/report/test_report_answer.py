"""The lead of a report, on records small enough to know the answer by heart."""

from __future__ import annotations

from typing import Any

import pytest

from harness.events import Verdict
from harness.report.answer import Answer, answer
from harness.report.labels import Labels
from harness.report.performance import Costs, costs, performances
from harness.report.tables import not_repeated
from harness.store import Throughput, TrialRecord

from .synthetic_records import anomalies, broken, one, percentiles, run_of
from .written import in_markdown


def _answer(*records: TrialRecord, **run: Any) -> Answer:
    return answer(records, Labels.of(records), {**run_of(records), **run})


def _sentences(found: Answer) -> list[str]:
    return [in_markdown(sentence) for sentence in found.sentences]


def _fault(acks: str, verdict: Verdict, fault: str = "kill-leader", repeat: int = 1, **found: int) -> TrialRecord:
    return one(
        config={"acks": acks}, fault=fault, repeat=repeat, verdict=verdict, anomalies=anomalies(**found), promise="some"
    )


def _speed(acks: str, per_s: float, client: str = "aiokafka", repeat: int = 1, **given: Any) -> TrialRecord:
    throughput = Throughput(messages_per_s=per_s, mb_per_s=per_s / 1e4, span_s=2, steady=given.pop("steady", True))
    return one(
        config={"acks": acks}, client=client, repeat=repeat, throughput=throughput, verdict=Verdict.KEPT, **given
    )


def _latency(acks: str, ms: float, rate: float = 2_000, repeat: int = 1) -> TrialRecord:
    import numpy as np

    return one(
        config={"acks": acks},
        load={"rate": rate, "message_size": 100},
        repeat=repeat,
        verdict=Verdict.KEPT,
        latency_ms=percentiles(np.full(1_000, ms)),
    )


def _costs(*records: TrialRecord) -> Costs:
    found = costs(performances(records, Labels.of(records)))
    assert found is not None
    return found


def _throughputs(found: Costs) -> list[float | None]:
    return [row.throughput_ratio.median if row.throughput_ratio else None for row in found.rows]


def test_no_trials() -> None:
    found = _answer(ended=None, planned=12)
    assert _sentences(found) == [
        "No trial has ended, so there is nothing to report yet.",
        "**The run is not complete: 12 of the 12 planned trials did not run.**",
    ]
    assert (found.broken, found.promises, found.costs) == ((), (), None)


def test_what_was_lost_where_and_how_much_at_most() -> None:
    found = _answer(
        _fault("0", Verdict.REPRODUCED, lost=300, repeat=2),
        _fault("0", Verdict.REPRODUCED, lost=7),
        _fault("1", Verdict.REPRODUCED, "lose-ack", duplicate=250),
        _fault("all", Verdict.KEPT),
        _fault("all", Verdict.KEPT, "lose-request"),
    )
    assert _sentences(found)[0] == (
        "**No promise was broken**: of 5 trials with a fault, 2 kept it and 3 reproduced the anomaly that was expected "
        "of them."
    )
    assert (
        "Messages were **lost** with `acks=0` (up to 300); **duplicated** with `acks=1` (up to 250); in brackets the "
        "most in one trial." in _sentences(found)
    )
    assert [promise.happened for promise in found.promises] == [
        ("kill-leader: lost 7–300 (2 of 2)",),
        ("lose-ack: dup 250 (1 of 1)",),
        (),
    ]


def test_what_no_promise_rules_out_is_neither_kept_nor_broken() -> None:
    found = _answer(_fault("1", Verdict.ALLOWED, lost=16), _fault("all", Verdict.KEPT))
    assert _sentences(found)[0] == (
        "**No promise was broken**: of 2 trials with a fault, 1 kept it and 1 showed what no promise rules out."
    )
    assert found.promises[0].happened == ("kill-leader: lost 16 (1 of 1)",)


def _clean(*records: TrialRecord) -> str:
    (sentence,) = [each for each in _sentences(_answer(*records)) if "Nothing at all" in each] or [""]
    return sentence


def test_trials_of_different_faults_bound_none_of_them_together() -> None:
    once = [_fault("all", Verdict.KEPT, f"fault-{number}") for number in range(21)]
    assert _clean(*once) == (
        "Nothing at all went wrong under faults with `acks=all` (21 trials). That is no proof: at 95 % confidence, "
        "what goes wrong in up to 95 % of the trials of one client under one fault can be missed by 1 trial."
    )
    thrice = [_fault("all", Verdict.KEPT, fault, repeat) for fault in ("a", "b") for repeat in (1, 2, 3)]
    assert "up to 63 % of the trials of one client under one fault can be missed by 3 trials" in _clean(*thrice)
    assert "up to 78 % of the trials of one client under one fault can be missed by 2 trials" in _clean(*thrice[:-1])


@pytest.mark.parametrize(
    "stain",
    [
        _fault("all", Verdict.ALLOWED, "lose-ack", reordered=2),
        _fault("all", Verdict.BROKEN, "lose-ack", misplaced=2),
        one(config={"acks": "all"}, fault="lose-ack", status="failed", reason="it hung"),
    ],
    ids=["allowed", "broken", "without data"],
)
def test_a_configuration_with_one_stain_is_not_clean(stain: TrialRecord) -> None:
    assert not _clean(_fault("all", Verdict.KEPT), stain)


def test_what_was_not_exercised_is_not_counted_as_clean() -> None:
    assert "(1 trial)" in _clean(_fault("all", Verdict.NOT_EXERCISED), _fault("all", Verdict.KEPT, "lose-ack"))


def test_a_broken_promise_leads() -> None:
    found = _answer(broken(_fault("all", Verdict.KEPT), lost=12), _fault("1", Verdict.KEPT))
    assert [in_markdown(sentence) for sentence in found.broken] == [
        "**BROKEN: aiokafka, acks=all, RF 3, kill-leader: lost 12**. 12 lost, which acks=all forbids"
    ]
    assert _sentences(found)[0] == "**A promise was broken**: of 2 trials with a fault, 1 broke it and 1 kept it."
    assert [promise.verdicts.get(Verdict.BROKEN, 0) for promise in found.promises] == [0, 1]


def test_a_trial_without_a_verdict_gave_none() -> None:
    found = _answer(one(fault="lose-ack", status="failed", reason="the worker died"))
    assert _sentences(found)[0] == "**Nothing could be judged**: of 1 trial with a fault, 1 gave no verdict."
    assert found.promises[0].looked == 0


def test_a_trial_that_could_not_be_judged_keeps_the_rest_from_being_called_all() -> None:
    found = _answer(_fault("all", Verdict.KEPT), one(fault="lose-ack", status="failed", reason="the worker died"))
    assert _sentences(found)[0] == (
        "**No promise was seen to break, but not all could be judged**: of 2 trials with a fault, 1 kept it and 1 gave "
        "no verdict."
    )


def test_only_skipped() -> None:
    found = _answer(one(fault="lose-ack", status="skipped", reason="no"))
    assert _sentences(found)[0] == "**Nothing could be judged**: 1 trial, all skipped."


def test_cost_is_against_leader_only_acks_with_medians_of_the_repeats() -> None:
    records = [
        *(_speed("1", per_s, repeat=i) for i, per_s in enumerate((900, 1_000, 5_000), 1)),
        *(_speed("all", per_s, repeat=i) for i, per_s in enumerate((830, 820, 840), 1)),
        _speed("0", 2_000),
        *(_latency("1", 10, repeat=i) for i in (1, 2)),
        *(_latency("all", ms, repeat=i) for i, ms in enumerate((12, 14), 1)),
    ]
    found = _costs(*records)
    assert found.against == "acks=1"
    assert _throughputs(found) == [2.0, 1.0, 0.83]
    assert [row.is_baseline for row in found.rows] == [False, True, False]
    assert [row.repeats for row in found.rows] == [1, 2, 2]
    of_all = found.rows[2].throughput_ratio
    assert of_all is not None and (of_all.low, of_all.high) == (820 / 5_000, 840 / 900)
    assert found.rows[2].p99_ratio is not None
    assert found.rows[2].p99_ratio.median == pytest.approx(1.3, rel=0.01)
    assert found.rows[0].p99_ratio is None
    assert (
        "At RF 3, `acks=all` had 0.83x (0.16x to 0.93x over all repeats) the throughput and 1.30x (1.20x to 1.40x over "
        "all repeats) the p99 latency of acks=1." in _sentences(_answer(*records))
    )


def test_from_one_repeat_no_cost_is_told() -> None:
    once = [_speed("1", 1_000), _speed("all", 500), _latency("1", 10), _latency("all", 30)]
    repeated = [*once, _speed("1", 1_000, repeat=2), _speed("all", 500, repeat=2), _latency("1", 10, repeat=2)]
    for records in (once, repeated):
        assert not any("the throughput" in sentence or "p99" in sentence for sentence in _sentences(_answer(*records)))
        assert _costs(*records).repeats == 1
    assert any("the throughput" in each for each in _sentences(_answer(*repeated, _latency("all", 30, repeat=2))))


def test_ratios_say_where_no_repeat_stands_behind_them() -> None:
    once = [_speed("1", 1_000), _speed("all", 500), _speed("0", 2_000)]
    again = [each.model_copy(update={"repeat": 2}) for each in once]
    none, some = not_repeated(_costs(*once)), not_repeated(_costs(*once, *again[:2]))
    assert none and in_markdown(none.words).startswith("One repeat each: no difference can be told.")
    assert some and in_markdown(some.words).startswith("Where no extent is given, one repeat each: no difference")
    assert not_repeated(_costs(*once, *again)) is None


def test_cost_is_against_the_fastest_if_one_client_lacks_acks_1() -> None:
    found = _costs(
        _speed("1", 100), _speed("all", 50), _speed("0", 400, "kafka-python"), _speed("all", 100, "kafka-python")
    )
    assert found.against == "the fastest configuration"
    assert _throughputs(found) == [1.0, 0.5, 1.0, 0.25]


def test_cost_compares_only_what_differs_in_the_guarantee() -> None:
    records = [
        one(
            config={"acks": acks, "linger.ms": linger},
            throughput=Throughput(messages_per_s=per_s, mb_per_s=1, span_s=2),
        )
        for acks, linger, per_s in (("1", 0, 100), ("all", 0, 50), ("1", 9, 400), ("all", 9, 300))
    ]
    assert _throughputs(_costs(*records)) == [1.0, 1.0, 0.5, 0.75]


def test_cost_takes_the_fastest_paced_load_and_never_saturation() -> None:
    found = _costs(_latency("1", 1, 500), _latency("all", 9, 500), _latency("1", 2, 900), _latency("all", 3, 900))
    assert {row.paced_load for row in found.rows} == {"900/s"}
    assert found.rows[1].p99_ratio is not None
    assert found.rows[1].p99_ratio.median == pytest.approx(1.5, rel=0.01)
    assert found.rows[1].throughput_ratio is None


def test_one_configuration_has_no_cost() -> None:
    assert costs(performances([_speed("1", 100)], Labels.of([_speed("1", 100)]))) is None


def test_an_unsteady_trial_marks_its_cost_and_an_unsteady_baseline_all() -> None:
    found = _costs(_speed("0", 90), _speed("1", 100), _speed("all", 50, steady=False))
    assert [row.steady for row in found.rows] == [True, True, False]
    records = [_speed("0", 90), _speed("1", 100, steady=False), _speed("all", 50)]
    assert [row.steady for row in _costs(*records).rows] == [False, False, False]
    again = [_speed(acks, per_s, repeat=2) for acks, per_s in (("0", 90), ("1", 100), ("all", 50))]
    assert (
        "At RF 3, `acks=all` had 0.50x (0.50x over all repeats) the throughput of acks=1; not steady, so not to be "
        "relied on: 1 of 1 comparison." in _sentences(_answer(*records, *again))
    )


def test_one_run_is_said_to_be_one_run() -> None:
    once = "Every trial ran once: no figure here has an interval, and no difference can be told from chance."
    assert once in _sentences(_answer(_speed("1", 100)))
    assert once not in _sentences(_answer(_speed("1", 100), _speed("1", 120, repeat=2)))
