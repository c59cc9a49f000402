"""What is said of a trial by its verdicts in two runs: examples, and what holds of any."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from harness.compare.cells import matched
from harness.compare.changes import Change, changes
from harness.compare.comparison import ALARMS
from harness.events import Permission, Verdict
from harness.store import Expectation, FaultRecord, TrialRecord
from tests.report.synthetic_records import anomalies, one

K, A, R, B, U, N = (
    Verdict.KEPT,
    Verdict.ALLOWED,
    Verdict.REPRODUCED,
    Verdict.BROKEN,
    Verdict.UNKNOWN,
    Verdict.NOT_EXERCISED,
)
_LOSE_ACK = {"messages": 250}
_VERDICTS = st.lists(st.sampled_from([*Verdict]), max_size=12)


def trials(verdicts: Sequence[Verdict], **more: object) -> list[TrialRecord]:
    fault = {"fault": "kill-leader"}
    return [one(repeat=i, verdict=verdict, **{**fault, **more}) for i, verdict in enumerate(verdicts, start=1)]


def lost_acks(verdicts: Sequence[Verdict], *, idempotent: bool) -> list[TrialRecord]:
    """Trials in which acks got lost, which idempotence forbids to duplicate and nothing else does."""
    return [
        one(
            repeat=i,
            fault=FaultRecord(name="lose-ack", parameters=_LOSE_ACK, fired=verdict is not U),
            config={"enable.idempotence": idempotent, "partitions": 1},
            verdict=verdict,
            anomalies=anomalies(duplicate=250 if verdict in (A, R, B) else 0),
        )
        for i, verdict in enumerate(verdicts, start=1)
    ]


def change(before: Sequence[Verdict], now: Sequence[Verdict]) -> Change:
    (changed,) = changes(matched(trials(before), trials(now), frozenset()))
    return changed.change


def with_idempotence(before: Sequence[Verdict], was: bool, now: Sequence[Verdict], is_now: bool) -> Change:
    its = lost_acks(before, idempotent=was), lost_acks(now, idempotent=is_now)
    (changed,) = changes(matched(*its, frozenset({"config.enable.idempotence"})))
    return changed.change


def test_each_change_has_its_word() -> None:
    assert change([K, K], [K, B]) is Change.BROKEN
    assert change([], [B]) is Change.BROKEN
    assert change([U], [B]) is Change.BROKEN
    assert change([B], [B]) is Change.SAME
    assert change([B, K], [K, K]) is Change.MENDED
    assert change([R, R], [R, K]) is Change.CHANCE
    assert change([R, K], [K, K]) is Change.CHANCE
    assert change([K], [A]) is Change.CHANCE
    assert change([K], []) is Change.UNDECIDED
    assert change([K, K], [K, U]) is Change.UNDECIDED
    assert change([R], [U]) is Change.UNDECIDED
    assert change([U], [U]) is Change.UNDECIDED
    assert change([U], [A]) is Change.UNDECIDED
    assert change([], [K]) is Change.NEW


def test_a_guarantee_that_settings_give_up_is_given_up_and_one_that_they_add_is_gained() -> None:
    assert with_idempotence([K], True, [R], False) is Change.GIVEN_UP
    assert with_idempotence([K, K], True, [N, A], False) is Change.GIVEN_UP
    assert with_idempotence([R], False, [K], True) is Change.GAINED
    assert with_idempotence([A, N], False, [K, K], True) is Change.GAINED
    assert with_idempotence([R], False, [B], True) is Change.BROKEN
    assert with_idempotence([K], True, [N], False) is Change.UNDECIDED, "it is not forbidden, and did not come"
    assert with_idempotence([R], False, [N], True) is Change.UNDECIDED, "nothing proves that it is forbidden"


def test_a_promise_that_is_broken_in_another_way_is_broken() -> None:
    """And what is found besides is never the same."""

    def found(verdict: Verdict, **some: int) -> list[TrialRecord]:
        return trials([verdict], anomalies=anomalies(**some))

    def became(before: list[TrialRecord], now: list[TrialRecord]) -> Change:
        (changed,) = changes(matched(before, now, frozenset()))
        return changed.change

    assert became(found(B, reordered=3), found(B, lost=100_000)) is Change.BROKEN
    assert became(found(B, reordered=3), found(B, lost=1, reordered=3)) is Change.BROKEN
    assert became(found(B, lost=1, reordered=3), found(B, reordered=3)) is Change.MENDED
    assert became(found(B, lost=1), found(B, lost=100)) is Change.SAME
    assert became(found(A, duplicate=1), found(A, lost=5_000)) is Change.CHANCE
    allowed = [Expectation(anomaly="reordered", permission=Permission.ALLOWED, reason="", source="")]
    once_more = [each.model_copy(update={"expectations": allowed}) for each in found(B, lost=1, reordered=3)]
    assert became(found(B, lost=1), once_more) is Change.CHANCE, "the order was never promised"


def test_what_has_to_come_and_never_does_is_gone() -> None:
    assert with_idempotence([R, R, R], False, [N, N], False) is Change.GONE
    assert with_idempotence([R, R, R], False, [N, R], False) is Change.CHANCE
    assert with_idempotence([R, R, R], False, [U, N], False) is Change.UNDECIDED


def test_a_fault_that_never_fired_took_nothing_away() -> None:
    unfired = [
        record.model_copy(update={"fault": record.fault.model_copy(update={"fired": False})})
        for record in lost_acks([N, N], idempotent=False)
    ]
    (changed,) = changes(matched(lost_acks([R, R], idempotent=False), unfired, frozenset()))
    assert changed.change is Change.UNDECIDED


def test_shares_are_told_apart_by_fisher_at_one_percent() -> None:
    """0 of 10 against 7 of 10 is the first that shows; the other way round it is an improvement."""
    assert change([K] * 10, [A] * 6 + [K] * 4) is Change.CHANCE
    assert change([K] * 10, [A] * 7 + [K] * 3) is Change.MORE_OFTEN
    assert change([A] * 7 + [K] * 3, [K] * 10) is Change.LESS_OFTEN


def test_what_proved_something_and_proves_nothing_now_is_not_decided() -> None:
    assert change([K] * 10, [N] * 10) is Change.UNDECIDED
    assert change([K] * 10, [N] * 9 + [K]) is Change.CHANCE
    assert change([N], [N]) is Change.SAME


@given(_VERDICTS)
def test_a_run_never_differs_from_itself(verdicts: list[Verdict]) -> None:
    if verdicts:
        assert change(verdicts, verdicts) is (Change.UNDECIDED if U in verdicts else Change.SAME)


@given(_VERDICTS, _VERDICTS, st.randoms(use_true_random=False))
def test_the_order_of_repeats_says_nothing(before: list[Verdict], now: list[Verdict], random: Random) -> None:
    if before or now:
        said = change(before, now)
        shuffled = [*now]
        random.shuffle(shuffled)
        assert change(before, shuffled) is said


@given(_VERDICTS, _VERDICTS)
def test_a_new_broken_promise_is_always_an_alarm(before: list[Verdict], now: list[Verdict]) -> None:
    clean = [verdict for verdict in before if verdict is not B]
    assert change(clean, [*now, B]) in ALARMS


def test_trials_are_matched_by_all_that_tells_them_apart() -> None:
    base = trials([K], config={"acks": "1"}) + trials([K], client="kafka-python")
    new = trials([B], config={"acks": "1"}) + trials([K], client="kafka-python", kafka="4.3.1")
    assert words(base, new) == [Change.BROKEN, Change.UNDECIDED, Change.NEW]
    assert words(base, new, "kafka") == [Change.BROKEN, Change.SAME]


def test_versions_of_a_client_in_one_run_are_compared_each_with_itself() -> None:
    base = trials([K], client="aiokafka", client_version="1") + trials([R], client="aiokafka", client_version="2")
    new = trials([K], client="aiokafka", client_version="1") + trials([B], client="aiokafka", client_version="3")
    assert words(base, new, "client_version") == [Change.BROKEN, Change.UNDECIDED, Change.SAME]
    assert words(base[:1], new[1:], "client_version") == [Change.BROKEN]


def test_skipped_trials_ran_in_neither() -> None:
    assert words(trials([K]), []) == [Change.UNDECIDED]
    assert not words(trials([K], status="skipped"), [])


def test_what_differs_between_runs_is_in_the_names_of_their_trials() -> None:
    slow, fast = (trials([K], config={"linger.ms": linger}) for linger in (5, 0))
    rows = [both.row for both in matched(slow, fast, frozenset())]
    assert rows == [
        "aiokafka, acks=all, linger.ms=5, RF 3, kill-leader",
        "aiokafka, acks=all, linger.ms=0, RF 3, kill-leader",
    ]
    other = [each.model_copy(update={"client": "kafka-python"}) for each in trials([K])]
    (both,) = matched(trials([K]), other, frozenset({"client"}))
    assert both.row == "acks=all, RF 3, kill-leader", "it is of either client"


def words(base: Sequence[TrialRecord], new: Sequence[TrialRecord], *aside: str) -> list[Change]:
    return [each.change for each in changes(matched(base, new, frozenset(aside)))]
