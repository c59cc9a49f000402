"""An application's own deadline: what has no report by then is sent again, as the same message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from harness.clients import Setting
from harness.clients.batch import Batch
from harness.events import GIVEN_UP, Outcome
from harness.journal.mapped import ProducerJournal
from harness.load import deadline
from harness.load.deadline import Impatient
from harness.load.messages import Messages
from harness.load.recorder import JournalRecorder
from harness.load.shape import Shape

from .by_hand import Clock

DEADLINE_S = 0.5


@dataclass
class Slow:
    """A client that keeps what it is given until it is told to report."""

    clock: Clock
    room: int = 10_000
    effective: dict[str, Setting] = field(default_factory=dict)
    most_waiting_bytes: int | None = None
    transactions: None = None
    given: list[tuple[int, int, Batch]] = field(default_factory=list)

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        taken = min(self.room, len(batch))
        self.given.append((first_sequence, partition, batch[:taken]))
        return taken

    def poll(self, timeout_s: float) -> None:
        self.clock.pass_s(timeout_s)

    def flush(self, timeout_s: float) -> int:
        self.clock.pass_s(timeout_s)
        return 1

    def close(self, timeout_s: float) -> None: ...


@dataclass
class Bench:
    client: Slow
    impatient: Impatient
    journal: ProducerJournal
    recorder: JournalRecorder
    messages: Messages

    def send(self, first: int, count: int, partition: int = 0) -> None:
        due = np.full(count, self.client.clock.now_ns)
        self.recorder.sent(first, partition, due, self.client.clock.now_ns)
        self.impatient.send(first, partition, self.messages.make(np.arange(first, first + count), due))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    clock, messages = Clock(), Messages(7, Shape(), 3)
    monkeypatch.setattr(deadline, "time", clock)
    journal = ProducerJournal.create(tmp_path / "journal", 2_000, 3)
    recorder, client = JournalRecorder(journal), Slow(clock)
    yield Bench(client, Impatient(client, DEADLINE_S, messages, journal, recorder), journal, recorder, messages)


def test_what_is_late_is_sent_again_as_the_same_message_and_no_sooner(bench: Bench) -> None:
    bench.send(0, 5)
    bench.impatient.poll(0.4)
    assert len(bench.client.given) == 1
    bench.recorder.done(2, Outcome.ACKED, 1, 9)
    bench.impatient.poll(0.2)
    _, *again = bench.client.given
    assert [(first, len(batch)) for first, _, batch in again] == [(0, 2), (3, 2)]
    original = bench.client.given[0][2].values
    assert [value for _, _, batch in again for value in batch.values] == [original[i] for i in (0, 1, 3, 4)]
    assert [bench.journal.outcome[i] for i in range(5)] == [Outcome.PENDING] * 2 + [Outcome.ACKED] + [
        Outcome.PENDING
    ] * 2


def test_the_journal_has_which_were_given_up_also_when_they_are_acked_then(bench: Bench) -> None:
    bench.send(0, 3)
    bench.impatient.poll(0.6)
    for sequence in (0, 1):
        bench.recorder.done(sequence, Outcome.ACKED, bench.client.clock.now_ns, sequence)
    code = bench.recorder.code(GIVEN_UP)
    assert bench.journal.error[:3].tolist() == [code] * 3
    assert bench.journal.outcome[:3].tolist() == [Outcome.ACKED, Outcome.ACKED, Outcome.PENDING]


def test_an_error_of_what_was_sent_twice_proves_nothing_and_it_stays_given_up(bench: Bench) -> None:
    bench.send(0, 4)
    bench.impatient.poll(0.5)
    bench.send(4, 1)
    at_ns = bench.client.clock.now_ns
    bench.recorder.done(0, Outcome.FAILED, at_ns, error="refused")
    rows = np.array([1, 2, 4])
    bench.recorder.done_many(rows, Outcome.ERROR, np.full(3, at_ns), np.full(3, -1), error="refused")
    given_up, refused = bench.recorder.code(GIVEN_UP), bench.recorder.code("refused")
    assert bench.journal.outcome[:5].tolist() == [Outcome.ERROR] * 3 + [Outcome.PENDING, Outcome.ERROR]
    assert bench.journal.error[:5].tolist() == [given_up] * 4 + [refused]


def test_what_the_client_had_no_room_for_was_not_sent_again(bench: Bench) -> None:
    bench.send(0, 4)
    bench.client.room = 1
    bench.impatient.poll(0.5)
    assert np.count_nonzero(bench.journal.error[:4]) == 1


def test_it_is_given_up_again_after_another_deadline(bench: Bench) -> None:
    bench.send(0, 1)
    for sent in (2, 3, 4):
        bench.impatient.poll(0.5)
        bench.impatient.poll(0.01)
        assert len(bench.client.given) == sent


def test_each_partition_gets_its_own_and_a_client_without_room_is_asked_no_more(bench: Bench) -> None:
    bench.send(0, 2, partition=0)
    bench.send(2, 2, partition=1)
    bench.send(4, 2, partition=0)
    bench.impatient.poll(0.6)
    assert [(first, partition) for first, partition, _ in bench.client.given[3:]] == [(0, 0), (2, 1), (4, 0)]
    bench.client.room = 0
    del bench.client.given[:]
    bench.impatient.poll(0.6)
    assert len(bench.client.given) == 1


def test_a_flush_ends_when_all_is_reported_or_its_time_is_over(bench: Bench) -> None:
    bench.send(0, 2)
    assert bench.impatient.flush(1.2) == 2
    assert len(bench.client.given) >= 2, "it was sent again meanwhile"
    for sequence in range(2):
        bench.recorder.done(sequence, Outcome.ACKED, bench.client.clock.now_ns, sequence)
    assert bench.impatient.flush(1.0) == 0
