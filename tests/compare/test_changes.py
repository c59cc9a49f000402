"""What is said of a trial by its verdicts in two runs: examples, and what holds of any."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from harness.compare.cells import matched
from harness.compare.changes import Change, changes
from harness.events import Verdict
from harness.store import TrialRecord
from tests.report.synthetic_records import one

_ALARMS = (Change.BROKEN, Change.GONE, Change.MORE_OFTEN)
K, A, R, B, U, N = (
    Verdict.KEPT,
    Verdict.ALLOWED,
    Verdict.REPRODUCED,
    Verdict.BROKEN,
    Verdict.UNKNOWN,
    Verdict.NOT_EXERCISED,
)
_VERDICTS = st.lists(st.sampled_from([*Verdict]), max_size=12)


def trials(verdicts: Sequence[Verdict], **more: object) -> list[TrialRecord]:
    fault = {"fault": "kill-leader"}
    return [one(repeat=i, verdict=verdict, **{**fault, **more}) for i, verdict in enumerate(verdicts, start=1)]


def change(before: Sequence[Verdict], now: Sequence[Verdict]) -> Change:
    (changed,) = changes(matched(trials(before), trials(now), frozenset()))
    return changed.change


def test_each_change_has_its_word() -> None:
    assert change([K, K], [K, B]) is Change.BROKEN
    assert change([], [B]) is Change.BROKEN
    assert change([U], [B]) is Change.BROKEN
    assert change([B], [B]) is Change.SAME
    assert change([B, K], [K, K]) is Change.MENDED
    assert change([R, R, R], [N, K, A]) is Change.GONE
    assert change([R, R], [R, K]) is Change.SAME
    assert change([R, K], [K, K]) is Change.SAME
    assert change([K], []) is Change.UNDECIDED
    assert change([K, K], [K, U]) is Change.UNDECIDED
    assert change([R], [U]) is Change.UNDECIDED
    assert change([], [K]) is Change.NEW
    assert change([U], [A]) is Change.NEW
    assert change([U], [U]) is Change.SAME


def test_shares_are_told_apart_by_fisher_at_one_percent() -> None:
    """0 of 10 against 7 of 10 is the first that shows; the other way round it is an improvement."""
    assert change([K] * 10, [A] * 6 + [K] * 4) is Change.SAME
    assert change([K] * 10, [A] * 7 + [K] * 3) is Change.MORE_OFTEN
    assert change([A] * 7 + [K] * 3, [K] * 10) is Change.LESS_OFTEN


def test_what_says_nothing_counts_for_nobody() -> None:
    assert change([K] * 10, [N] * 10) is Change.SAME


@given(_VERDICTS)
def test_a_run_never_differs_from_itself(verdicts: list[Verdict]) -> None:
    if verdicts:
        assert change(verdicts, verdicts) is Change.SAME


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
    assert change(clean, [*now, B]) in _ALARMS


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


def words(base: Sequence[TrialRecord], new: Sequence[TrialRecord], *aside: str) -> list[Change]:
    return [each.change for each in changes(matched(base, new, frozenset(aside)))]
