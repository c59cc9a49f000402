"""What is measured of transactions, by hand: the end of a load cuts the last one short, and that one does not count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.events import Ending, Outcome
from harness.journal.sealed import ProducerColumns, Transactions
from harness.measure import Ends, committed, committed_throughput, in_whole, whole_transactions

MS = 1_000_000
BY_TIME = Ends(messages=100, interval_ms=10)


def transactions(
    number: list[int], begun_ms: list[int], ended_ms: list[int], done_ms: list[int], ending: list[Ending] | None = None
) -> Transactions:
    ends = ending or [Ending.COMMITTED] * len(begun_ms)
    return Transactions(
        number=np.array(number, np.int32),
        again=np.zeros(len(number), bool),
        ending=np.array(ends, np.uint8),
        asked=np.array(ends, np.uint8),
        begun_ns=np.array(begun_ms, np.int64) * MS,
        ended_ns=np.array([ended if ended < 0 else ended * MS for ended in ended_ms], np.int64),
        done_ns=np.array([done if done < 0 else done * MS for done in done_ms], np.int64),
        error=np.full(len(ends), None, np.object_),
    )


def producer(due_ms: list[int], made: Transactions, warmup: int = 0) -> ProducerColumns:
    due_ns = np.array(due_ms, np.int64) * MS
    return ProducerColumns(
        producer=0,
        due_ns=due_ns,
        sent_ns=due_ns,
        done_ns=due_ns + MS,
        offset=np.arange(len(due_ms)),
        partition=np.zeros(len(due_ms), np.int32),
        outcome=np.full(len(due_ms), Outcome.ACKED, np.uint8),
        warmup=warmup,
        transactions=made,
    )


# A message every 4 ms. The second transaction is begun with the message at 12; the load ends at 18.
EVERY_4 = producer([0, 4, 8, 12, 16], transactions([0, 0, 0, 1, 1], [0, 12], [10, 18], [13, 20]))


def test_the_last_transaction_is_not_measured_as_if_it_had_been_committed_in_time() -> None:
    assert in_whole(EVERY_4, BY_TIME).tolist() == [True, True, True, False, False]
    found = committed([EVERY_4], BY_TIME)
    assert found is not None
    assert (found.count, found.max, found.mean) == (3, 13, 9)  # 13, 9 and 5 ms
    assert whole_transactions([EVERY_4], BY_TIME) == 1


def test_what_was_committed_is_reckoned_to_the_commit_and_no_further() -> None:
    found = committed_throughput([EVERY_4], BY_TIME, 1000)
    assert found is not None
    assert found.messages_per_s == pytest.approx(3 / 0.013)
    assert found.span_s == pytest.approx(0.013)
    assert found.mb_per_s == pytest.approx(3 / 0.013 / 1000)
    both = committed_throughput([EVERY_4, EVERY_4], BY_TIME, 1000)
    assert both is not None and both.messages_per_s == pytest.approx(2 * 3 / 0.013)


def test_one_that_is_full_is_whole_however_soon_it_ended() -> None:
    full = producer([0, 1, 2, 3], transactions([0, 0, 1, 1], [0, 2], [1, 3], [2, 4]))
    assert in_whole(full, Ends(messages=2, interval_ms=1000)).all()
    assert not in_whole(full, Ends(messages=3, interval_ms=1000)).any()


def test_an_interval_longer_than_the_load_has_no_figures() -> None:
    ends = Ends(messages=1000, interval_ms=10_000)
    assert committed([EVERY_4], ends) is None
    assert committed_throughput([EVERY_4], ends, 100) is None
    assert whole_transactions([EVERY_4], ends) == 0


def test_of_aborted_and_open_ones_and_of_the_warm_up_nothing_is_committed() -> None:
    made = transactions(
        [0, 1, 2, 3],
        [0, 20, 40, 60],
        [10, 30, 50, -1],
        [11, 31, 51, -1],
        [Ending.COMMITTED, Ending.ABORTED, Ending.COMMITTED, Ending.OPEN],
    )
    mixed = producer([0, 20, 40, 60], made, warmup=1)
    found = committed([mixed], BY_TIME)
    assert found is not None and (found.count, found.max) == (1, 11)
    assert whole_transactions([mixed], BY_TIME) == 2
    rate = committed_throughput([mixed], BY_TIME, 100)
    assert rate is not None and rate.span_s == pytest.approx(0.031)
    in_none = replace(mixed, transactions=transactions([-1] * 4, [], [], []))
    assert committed([in_none], BY_TIME) is None


def test_a_trial_without_transactions_has_no_ends() -> None:
    assert Ends.of({"acks": "all"}) is None
    config = {"transactional": True, "transaction.messages": 7, "transaction.interval.ms": 20}
    assert Ends.of(config) == Ends(7, 20)
