"""Messages put into transactions, however those end: the journal has which are in which, and what became of each."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness.load.transactions as transacting
from harness.clients import ClientDead, TransactionFailed
from harness.clients.batch import Batch
from harness.events import Ending, Outcome
from harness.journal.mapped import ProducerJournal, TransactionJournal
from harness.load.recorder import JournalRecorder
from harness.load.spec import InTransactions
from harness.load.transactions import Transacting

from .by_hand import Clock

CAPACITY = 2_000


def patience_s() -> float:
    return 30.0


REFUSED = TransactionFailed("not now", "REFUSED")
ABORT_IT = TransactionFailed("abort it", "ABORT_IT", abortable=True)
FENCED = TransactionFailed("fenced", "FENCED", fatal=True)
HUNG = TransactionFailed("no answer", "commit_transaction", hung_s=30.0)


@dataclass
class Coordinator:
    """A client that keeps its transactions itself: what it was given in each, and how that ended."""

    takes: Iterator[int] = field(default_factory=lambda: iter(()))
    fails: Iterator[TransactionFailed | None] = field(default_factory=lambda: iter(()))
    """What becomes of each call that ends a transaction; they succeed once it is at its end."""
    given: list[list[int]] = field(default_factory=list)
    ended: list[Ending] = field(default_factory=list)
    effective: dict[str, Any] = field(default_factory=dict)
    most_waiting_bytes: int | None = None

    @property
    def transactions(self) -> Coordinator:
        return self

    def init(self, timeout_s: float) -> None: ...

    def begin(self) -> None:
        assert len(self.ended) == len(self.given), "one is open already"
        self.given.append([])

    def commit(self, timeout_s: float) -> None:
        self._end(Ending.COMMITTED)

    def abort(self, timeout_s: float) -> None:
        self._end(Ending.ABORTED)

    def _end(self, how: Ending) -> None:
        assert len(self.ended) == len(self.given) - 1, "none is open"
        if (failed := next(self.fails, None)) is not None:
            raise failed
        self.ended.append(how)

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        assert len(self.given) == len(self.ended) + 1, "outside of a transaction nothing can be sent"
        taken = min(len(batch), next(self.takes, len(batch)))
        self.given[-1] += range(first_sequence, first_sequence + taken)
        return taken

    def poll(self, timeout_s: float) -> None: ...

    def flush(self, timeout_s: float) -> int:
        return 0

    def close(self, timeout_s: float) -> None: ...


@dataclass
class Bench:
    client: Coordinator
    producer: Transacting
    messages: ProducerJournal
    journal: TransactionJournal
    clock: Clock
    sent: int = 0

    def send(self, count: int) -> None:
        """All of them, however often the client must be asked, and then what whoever has sent calls next."""
        while count:
            accepted = self.producer.send(self.sent, 0, Batch(count * [b"value"]))
            self.sent, count = self.sent + accepted, count - accepted
        self.producer.poll(0.0)


@contextmanager
def bench(client: Coordinator, messages: int, interval_s: float = 1e9, aborts: float = 0.0) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        clock = Clock()
        patched.setattr(transacting, "time", clock)
        journal = TransactionJournal.create(Path(folder) / "t", 0, CAPACITY, CAPACITY)
        sent = ProducerJournal.create(Path(folder) / "j", CAPACITY, 0)
        told = InTransactions(messages, interval_s, aborts, seed=3, init_s=1.0)
        producer = Transacting(
            cast(Any, client), told, sent, journal, JournalRecorder(sent), lambda: 30.0, lambda: 30.0
        )
        yield Bench(client, producer, sent, journal, clock)


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(1, 50), st.integers(1, 300), st.floats(0, 1))
@settings(max_examples=100)
def test_every_message_is_in_one_that_has_no_more_than_it_may(
    takes: list[int], messages: int, count: int, aborts: float
) -> None:
    with bench(Coordinator(iter(takes)), messages, aborts=aborts) as its:
        its.send(count)
        its.producer.flush(1.0)
        made = len(its.client.given)
        assert its.journal.begun() == made == -(-count // messages)
        assert list(itertools.chain(*its.client.given)) == list(range(count))
        assert all(len(given) <= messages for given in its.client.given)
        for number, given in enumerate(its.client.given):
            assert (its.journal.transaction[given] == number + 1).all()
        assert its.journal.ending[:made].tolist() == its.journal.asked[:made].tolist() == its.client.ended
        assert (its.journal.done_ns[:made] >= its.journal.ended_ns[:made]).all()
        assert (its.journal.transaction[count:] == 0).all() and not its.journal.error.any()


def test_the_share_that_is_aborted_is_what_was_asked_for_and_the_same_each_time() -> None:
    with bench(Coordinator(), 1, aborts=0.25) as one, bench(Coordinator(), 1, aborts=0.25) as other:
        one.send(1_000)
        other.send(1_000)
        assert 200 < one.client.ended.count(Ending.ABORTED) < 300
        assert one.client.ended == other.client.ended


def test_one_ends_when_its_time_is_over_and_not_before() -> None:
    with bench(Coordinator(), 100, interval_s=0.5) as its:
        its.producer.poll(1.0)
        assert not its.client.given, "without a message none is begun"
        its.send(3)
        its.clock.pass_s(0.4)
        its.producer.poll(1.0)
        assert not its.client.ended
        its.clock.pass_s(0.2)
        its.producer.poll(1.0)
        assert its.client.ended == [Ending.COMMITTED]


@pytest.mark.parametrize(
    ("fails", "ended", "error"),
    [
        ([REFUSED, REFUSED], Ending.COMMITTED, "REFUSED"),
        ([ABORT_IT], Ending.ABORTED, "ABORT_IT"),
        ([ABORT_IT, REFUSED], Ending.ABORTED, "REFUSED"),
    ],
)
def test_what_can_be_asked_for_again_is(
    fails: list[TransactionFailed], ended: Ending, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with bench(Coordinator(fails=iter(fails)), 2) as its:
        its.send(2)
        assert its.client.ended == its.journal.ending[:1].tolist() == [ended]
        assert its.journal.asked[0] == Ending.COMMITTED
        assert f'"code": {its.journal.error[0]}, "name": "{error}"' in capsys.readouterr().out


@pytest.mark.parametrize("fails", [[FENCED], [HUNG], [ABORT_IT, FENCED]])
def test_one_that_cannot_be_ended_stays_open_and_the_client_is_dead(fails: list[TransactionFailed]) -> None:
    with bench(Coordinator(fails=iter(fails)), 2) as its:
        with pytest.raises(ClientDead, match=f"cannot be ended: {fails[-1]}"):
            its.send(2)
        assert its.journal.begun() == 1 and its.journal.error[0]
        assert (its.journal.ending[0], its.journal.done_ns[0], its.journal.asked[0]) == (0, 0, Ending.COMMITTED)
        assert np.flatnonzero(its.journal.transaction).tolist() == [0, 1]
        assert its.journal.endings(3).tolist() == [Ending.OPEN, Ending.OPEN, Ending.COMMITTED], "the third is in none"


def test_what_was_taken_is_told_also_where_the_transaction_that_it_fills_cannot_be_ended() -> None:
    """It is in the log: one of which nobody is told counts as never sent."""
    with bench(Coordinator(fails=iter([HUNG])), 2) as its:
        assert its.producer.send(0, 0, Batch([b"value"] * 3)) == 2
        with pytest.raises(ClientDead):
            its.producer.send(2, 0, Batch([b"value"]))
        assert its.client.given == [[0, 1]] and its.journal.transaction[2] == 0


def test_what_the_client_did_not_take_was_in_no_transaction() -> None:
    """Sent in the next one it is not there again: nothing of it can be seen because of the one before."""
    with bench(Coordinator(takes=iter([1])), 3, interval_s=0.5) as its:
        assert its.producer.send(0, 0, Batch([b"value"] * 3)) == 1
        assert its.journal.transaction[:3].tolist() == [1, 0, 0]
        its.clock.pass_s(0.6)
        assert its.producer.send(1, 0, Batch([b"value"] * 2)) == 2
        assert its.client.given == [[0], [1, 2]] and its.journal.transaction[:3].tolist() == [1, 2, 2]


def test_one_of_which_a_message_had_an_error_is_aborted() -> None:
    """Not every client refuses to commit the others, which would tear it."""
    with bench(Coordinator(), 3) as its:
        its.send(5)
        its.messages.outcome[4] = Outcome.ERROR
        its.send(4)
        assert its.client.ended == [Ending.COMMITTED, Ending.ABORTED, Ending.COMMITTED]


def test_who_takes_over_goes_on_with_the_next(tmp_path: Path) -> None:
    with bench(Coordinator(), 2) as its:
        its.send(3)
        told = InTransactions(2, 1e9, 0.0, seed=3, init_s=1.0)
        sent = ProducerJournal.create(tmp_path / "j", 5, 0)
        heir = Transacting(
            cast(Any, Coordinator()), told, sent, its.journal, JournalRecorder(sent), lambda: 30.0, lambda: 30.0
        )
        heir.send(2, 0, Batch([b"again"]))
        heir.flush(1.0)
        assert its.journal.ending[:3].tolist() == [Ending.COMMITTED, Ending.OPEN, Ending.COMMITTED]
        assert its.journal.transaction[:3].tolist() == [1, 1, -3], "it was in another before"
        assert its.journal.endings(3).tolist() == [Ending.COMMITTED] * 3
