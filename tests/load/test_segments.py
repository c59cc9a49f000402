"""What a load owes to the client and to the journal, whatever the client takes of it and however long it takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.clients import ClientDead
from harness.events import Outcome
from harness.load.segments import End
from harness.load.spec import InTransactions

from .by_hand import CODEC, Bench, load_by_hand

takings = st.lists(st.integers(0, 700), max_size=12)
SECOND_NS = 10**9


PATIENCE_S = 30.0
ALL_OF_IT = End()


def _send(
    bench: Bench, count: int, rate: float | None = None, flush_every: int | None = None, seconds: float | None = None
) -> End:
    bench.sender.be_patient(PATIENCE_S)
    return bench.sender.send(count, rate, flush_every, seconds)


def _assert_the_journal_has_what_was_taken(bench: Bench, count: int) -> None:
    """Every message was taken once, in order and whole, and the journal has a row for each, and none for another."""
    client, journal = bench.client, bench.journal
    assert client.sequences == list(range(count))
    decoded = CODEC.decode(client.values)
    assert decoded.valid.all() and decoded.sequence.tolist() == client.sequences
    assert bench.sender.sent == journal.sent() == count
    assert journal.due_ns[:count].tolist() == decoded.due_ns.tolist()
    assert journal.partition[:count].tolist() == list(client.partitions.values())
    assert (journal.outcome[:count] == Outcome.PENDING).all() and (journal.outcome[count:] == Outcome.UNSENT).all()


@given(
    takings, st.integers(1, 3_000), st.integers(1, 3), st.none() | st.integers(1, 700), st.none() | st.floats(100, 1e6)
)
@settings(max_examples=60)
def test_whatever_the_client_takes_it_gets_every_message_once_and_in_order(
    takes: list[int], count: int, partitions: int, flush_every: int | None, rate: float | None
) -> None:
    with load_by_hand(takes=takes, partitions=partitions) as bench:
        assert _send(bench, count, rate=rate, flush_every=flush_every) == ALL_OF_IT
        _assert_the_journal_has_what_was_taken(bench, count)


@given(takings, st.integers(1, 500), st.integers(0, 6), st.integers(1, 3))
@settings(max_examples=40)
def test_a_flush_ends_so_many_messages_and_all_of_them_are_of_one_partition(
    takes: list[int], flush_every: int, flushes: int, partitions: int
) -> None:
    """Recipes count requests by it: one flush is one request, and partitions take turns, if there is one for each."""
    flushes += partitions
    with load_by_hand(takes=takes, partitions=partitions) as bench:
        _send(bench, flush_every * (flushes + 1) - 1, flush_every=flush_every)
        assert bench.client.flushed == [flush_every * (i + 1) for i in range(flushes)]
        assert all(where == which // flush_every % partitions for which, where in bench.client.partitions.items())


@given(st.integers(1, 2_000), st.integers(1, 5))
@settings(max_examples=40)
def test_a_burst_leaves_no_partition_out(count: int, partitions: int) -> None:
    """Faults hit partition 0: a load that has a message for each partition has one for that."""
    with load_by_hand(partitions=partitions) as bench:
        _send(bench, count)
        assert set(bench.client.partitions.values()) == set(range(min(count, partitions)))


@given(takings, st.integers(1, 2_000), st.integers(1, 300), st.integers(1, 8), st.none() | st.floats(1_000, 1e6))
@settings(max_examples=60)
def test_a_transaction_spans_every_partition_that_it_has_a_message_for(
    takes: list[int], count: int, messages: int, partitions: int, rate: float | None
) -> None:
    """Wherever in the load one begins, for it may end before it is full."""
    told = InTransactions(messages=messages, interval_s=1, aborts=0, seed=0, init_s=0)
    with load_by_hand(takes=takes, partitions=partitions, transactions=told) as bench:
        assert _send(bench, count, rate=rate) == ALL_OF_IT
        where = np.array([bench.client.partitions[sequence] for sequence in range(count)])
        for first in range(max(0, count - messages) + 1):
            assert len(set(where[first : first + messages])) == min(messages, partitions, count)


def test_segments_go_on_from_each_other_and_end_where_the_journal_ends() -> None:
    with load_by_hand(capacity=100) as bench:
        for count, sent in ((30, 30), (50, 80), (50, 100), (50, 100)):
            assert _send(bench, count) == ALL_OF_IT
            assert bench.sender.sent == sent
        _assert_the_journal_has_what_was_taken(bench, 100)


@given(st.lists(st.just(0), max_size=500), st.floats(1, 5_000))
@settings(max_examples=40)
def test_however_the_client_stalls_each_message_is_due_on_schedule_and_none_is_early(
    stall: list[int], rate: float
) -> None:
    with load_by_hand(takes=stall) as bench:
        start_ns = bench.clock.now_ns
        assert _send(bench, 1_000, rate=rate) == ALL_OF_IT
        due_ns, sent_ns = bench.journal.due_ns[:1_000], bench.journal.sent_ns[:1_000]
        assert np.abs(due_ns - start_ns - np.arange(1_000) * (SECOND_NS / rate)).max() <= 1
        assert (sent_ns >= due_ns - 1).all()


@pytest.mark.parametrize(("rate", "sent", "of_a_call"), [(None, 20_000, 50), (100.0, 200, 0)])
def test_it_ends_with_its_seconds(rate: float | None, sent: int, of_a_call: int) -> None:
    with load_by_hand(message_s=0.0001, capacity=40_000) as bench:
        end_ns = bench.clock.now_ns + 2 * SECOND_NS
        assert _send(bench, 40_000, rate=rate, seconds=2.0) == ALL_OF_IT
        assert bench.journal.sent_ns[: bench.sender.sent].max() < end_ns
        assert sent <= bench.sender.sent <= sent + of_a_call, (
            "at full speed the call that is under way is not cut short"
        )


@pytest.mark.parametrize(("message_s", "sent"), [(0.015, 200), (0.02, 200), (0.04, 100)])
def test_what_was_due_in_its_seconds_is_sent_however_late_for_as_long_again(message_s: float, sent: int) -> None:
    """At a hundred a second, for two seconds: the client takes fifty, sixty-six or twenty-five."""
    with load_by_hand(message_s=message_s, capacity=1_000, partitions=2) as bench:
        start_ns = bench.clock.now_ns
        assert _send(bench, 1_000, rate=100, seconds=2.0) == ALL_OF_IT
        assert bench.sender.sent == pytest.approx(sent, abs=1)
        assert (bench.journal.due_ns[: bench.sender.sent] < start_ns + 2 * SECOND_NS).all()


@pytest.mark.parametrize("message_us", [0.1, 1, 7, 40, 500, 4_999, 20_000])
def test_a_call_is_as_large_as_ten_milliseconds_allow(message_us: float) -> None:
    """A message waits for those before it in its call, and so does a report."""
    with load_by_hand(message_s=message_us / 1e6, capacity=60_000) as bench:
        _send(bench, 60_000 if message_us < 100 else 3_000)
        settled = bench.client.calls[len(bench.client.calls) // 2 : -1]  # the last is what was left
        sizes = {len(call.values) for call in settled}
        assert sizes == {1} or max(call.took_s for call in settled) <= 0.01
        assert sizes == {8192} or min(call.took_s for call in settled) > 0.0049


def test_a_client_that_takes_nothing_for_longer_than_its_patience_stands_still() -> None:
    with load_by_hand(takes=[*([0] * 5_000), 7, *([0] * 7_000)]) as bench:  # 5 ms between two offers
        start_ns = bench.clock.now_ns
        still_s = _send(bench, 100).still_s
        assert still_s is not None and PATIENCE_S < still_s < PATIENCE_S + 0.1
        assert 30 <= (bench.clock.now_ns - start_ns) / SECOND_NS - 25 < 30.1, "counted from the last it took"
        _assert_the_journal_has_what_was_taken(bench, 7)


def test_of_a_client_that_died_the_journal_has_what_it_took() -> None:
    with load_by_hand(takes=[40, 0, 2], dies=ClientDead("its sender is gone")) as bench:
        assert _send(bench, 100) == End(died="its sender is gone")
        _assert_the_journal_has_what_was_taken(bench, 42)


@pytest.mark.parametrize("call", ["poll", "flush"])
def test_a_client_that_dies_behind_its_load_says_so_when_it_is_flushed(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(timeout_s: float) -> int:
        raise ClientDead("it was fenced")

    with load_by_hand() as bench:
        assert _send(bench, 100) == ALL_OF_IT
        monkeypatch.setattr(bench.client, call, dies)
        bench.sender.idle(0.02)
        assert bench.sender.flush() == End(died="it was fenced")
        _assert_the_journal_has_what_was_taken(bench, 100)


outcomes = st.sampled_from([Outcome.PENDING, Outcome.PENDING, Outcome.ACKED, Outcome.FAILED, Outcome.UNKNOWN])
rows = st.lists(st.tuples(outcomes, st.integers(0, 2), st.integers(1, 700)), min_size=1, max_size=6)


def _after_a_client_that_was_killed(bench: Bench, runs: list[tuple[Outcome, int, int]]) -> int:
    """Fills the journal with runs of messages of one outcome and partition, and has the load take it over."""
    first = 0
    for outcome, partition, count in runs:
        bench.recorder.sent(first, partition, np.full(count, 5), 6)
        if outcome is not Outcome.PENDING:
            for sequence in range(first, first + count):
                bench.recorder.done(sequence, outcome, 7)
        first += count
    bench.take_over()
    bench.sender.be_patient(PATIENCE_S)
    return first


@given(rows, takings)
@settings(max_examples=60)
def test_what_has_no_report_is_sent_again_and_nothing_else(
    runs: list[tuple[Outcome, int, int]], takes: list[int]
) -> None:
    with load_by_hand(takes=takes) as bench:
        count = _after_a_client_that_was_killed(bench, runs)
        outcome, partition = bench.journal.outcome[:count].copy(), bench.journal.partition[:count].copy()
        assert bench.sender.resend() == ALL_OF_IT
        pending = np.flatnonzero(outcome == Outcome.PENDING)
        assert bench.client.sequences == pending.tolist()
        assert list(bench.client.partitions.values()) == partition[pending].tolist()
        decoded = CODEC.decode(bench.client.values)
        assert decoded.valid.all() and decoded.sequence.tolist() == pending.tolist()
        assert bench.journal.due_ns[pending].tolist() == decoded.due_ns.tolist()
        assert (bench.journal.outcome[:count] == outcome).all()
        assert _send(bench, 3) == ALL_OF_IT
        assert bench.client.sequences[len(pending) :] == [count, count + 1, count + 2]


@given(rows, st.lists(st.integers(0, 700), max_size=3))
@settings(max_examples=40)
def test_what_a_dead_client_does_not_take_again_was_sent_all_the_same(
    runs: list[tuple[Outcome, int, int]], takes: list[int]
) -> None:
    """The client before it had it, and what that client was told or wrote has to be accounted for."""
    with load_by_hand(takes=takes, dies=ClientDead("no sender")) as bench:
        count = _after_a_client_that_was_killed(bench, runs)
        outcome = bench.journal.outcome[:count].copy()
        bench.sender.resend()
        assert bench.journal.sent() == count
        assert (bench.journal.outcome[:count] == outcome).all()
