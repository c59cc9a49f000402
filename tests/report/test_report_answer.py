"""The lead of a report, on records small enough to know the answer by heart."""

from __future__ import annotations

from typing import Any

import pytest

from harness.events import Verdict
from harness.report.answer import Answer, answer
from harness.report.labels import Labels
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


def test_no_trials() -> None:
    found = _answer(ended=None, planned=12)
    assert _sentences(found) == [
        "No trial has ended, so there is nothing to report yet.",
        "**The run is not complete: 12 of the 12 planned trials did not run.**",
    ]
    assert (found.broken, found.promises) == ((), ())


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


def test_one_run_is_said_to_be_one_run() -> None:
    once = "Every trial ran once: no figure here has an interval, and no difference can be told from chance."
    assert once in _sentences(_answer(_speed("1", 100)))
    assert once not in _sentences(_answer(_speed("1", 100), _speed("1", 120, repeat=2)))
