"""Polls of a model of a log, a group and its workers, in which faults are planted: judged exactly as the model says."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.events import Consuming
from harness.journal.sealed import PollColumns
from harness.verify import Readings, find

from .histories import ACKED, log, producer

Row = tuple[int, Consuming, int, int]


@dataclass
class Worker:
    number: int
    epoch: int
    rows: list[Row] = field(default_factory=list)
    position: int | None = None
    read: set[int] = field(default_factory=set)
    """Since it began."""
    done: int = 0
    """What was committed when it began."""


class Model:
    """One partition whose records have gaps between them, a group's committed offset, and workers who take turns to
    have the partition, or have it both where it is assigned by hand.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        offset, self.exists = -1, []
        for _ in range(self.random.randint(5, 30)):
            offset += self.random.choice((1, 1, 1, 2, 4))
            self.exists.append(offset)
        self.now, self.committed, self.noted = 0, 0, 0
        self.polled: set[int] = set()
        self.workers: list[Worker] = [Worker(0, 0)]
        self.skipped = self.again = self.back = 0

    def note(self, worker: Worker, what: Consuming, first: int = -1, last: int = -1) -> None:
        self.now += 1
        worker.rows.append((self.now, what, first, last))

    def begin(self, worker: Worker, planted: bool) -> None:
        """Where the group has committed, or by a fault elsewhere: before that, or where nobody was yet."""
        at = self.committed
        if planted:
            at = self.random.choice((max(0, at - 3), min(self.exists[-1], max(self.polled | {at}) + 4)))
        worker.position, worker.read, worker.done = at, set(), self.noted
        self.skipped += sum(self.noted <= each < at and each not in self.polled for each in self.exists)
        self.note(worker, Consuming.LEFT_OFF, at)

    def poll(self, worker: Worker, planted: bool) -> None:
        """The next records, or by a fault those before or behind."""
        assert worker.position is not None
        start = worker.position + (self.random.choice((-5, -2, 2, 5)) if planted else 0)
        there = [each for each in self.exists if each >= start][: self.random.randint(1, 6)]
        for first, last in runs(there):
            # As it begins another may have come further than where it was told to.
            known = worker.read or {each for each in self.polled if each < self.noted}
            self.skipped += sum(worker.position <= each < first and each not in known for each in self.exists)
            self.back += first < worker.position
            for at in range(first, last + 1):
                self.again += at in worker.read or (at < worker.done and at in self.polled)
                worker.read.add(at)
                self.polled.add(at)
            worker.position = last + 1
            self.note(worker, Consuming.POLLED, first, last)

    def commit(self, worker: Worker) -> None:
        assert worker.position is not None
        self.committed = self.noted = worker.position
        self.note(worker, Consuming.COMMITTED, worker.position)

    def crash(self, worker: Worker, knew: bool) -> None:
        """Its last commit may have come to the group without that it knew."""
        if not knew and worker.position is not None and worker.position > self.committed:
            self.committed = worker.position
        worker.position = None

    def rebalance(self, worker: Worker) -> None:
        self.note(worker, self.random.choice((Consuming.REVOKED, Consuming.LOST)))
        self.note(worker, Consuming.ASSIGNED)
        worker.position = None

    def play(self, steps: int, faults: float) -> None:
        for _ in range(steps):
            worker = self.workers[-1]
            planted = self.random.random() < faults
            if worker.position is None:
                self.begin(worker, planted)
                continue
            match self.random.choice(("poll", "poll", "poll", "commit", "crash", "rebalance", "replace")):
                case "poll":
                    self.poll(worker, planted)
                case "commit":
                    self.commit(worker)
                case "crash":
                    self.crash(worker, self.random.random() < 0.5)
                    self.workers.append(Worker(worker.number, worker.epoch + 1))
                case "rebalance":
                    self.rebalance(worker)
                case "replace":  # the one before reads on beside it, as one that wakes up
                    self.workers.insert(0, Worker(worker.number, worker.epoch + 1))
                    self.workers[-1], self.workers[0] = self.workers[0], self.workers[-1]
                    self.poll(self.workers[0], planted)


def runs(offsets: list[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for at in offsets:
        if found and found[-1][1] == at - 1:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def columns(worker: Worker) -> PollColumns:
    at_ns, what, first, last = (
        np.array([row[i] for row in worker.rows], kind)
        for i, kind in enumerate((np.int64, np.uint8, np.int64, np.int64))
    )
    return PollColumns(worker.number, worker.epoch, at_ns, what, np.zeros(len(worker.rows), np.int32), first, last)


def judged(model: Model) -> tuple[int | None, ...]:
    inputs = producer(*((0, ACKED) for _ in model.exists), acked_at=tuple(model.exists))
    anomalies = find(Readings(None, log(), inputs=[inputs], polls=[*map(columns, model.workers)])).anomalies
    return anomalies.poll_skipped, anomalies.poll_again, anomalies.poll_back


@given(st.integers(0, 2**32), st.integers(1, 40), st.sampled_from((0.0, 0.2, 0.5)))
@settings(max_examples=2_000)
def test_polls_are_judged_as_the_model_says(seed: int, steps: int, faults: float) -> None:
    model = Model(seed)
    model.play(steps, faults)
    assert judged(model) == (model.skipped, model.again, model.back)


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=500)
def test_workers_who_are_given_what_is_there_have_nothing_to_be_found(seed: int, steps: int) -> None:
    model = Model(seed)
    model.play(steps, 0.0)
    assert judged(model) == (0, 0, 0)
