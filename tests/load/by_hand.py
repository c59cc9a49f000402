"""A load without a broker: a client that takes what it is told to take, and time that passes only where it says so."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.clients import Setting, Transactions
from harness.clients.batch import Batch
from harness.journal.mapped import ProducerJournal
from harness.load import segments
from harness.load.codec import Codec
from harness.load.recorder import JournalRecorder
from harness.load.segments import Sender
from harness.load.shape import Shape
from harness.load.spec import InTransactions, Spec
from harness.topics import Topics

CODEC = Codec(run_key=7, message_size=60)
SHAPE = Shape(((60, 100),))


@dataclass
class Clock:
    """Stands in for the module ``time``."""

    now_ns: int = 10**12

    def monotonic_ns(self) -> int:
        return self.now_ns

    def monotonic(self) -> float:
        return self.now_ns / 1e9

    def pass_s(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


@dataclass
class Call:
    """One ``send`` of the client, with what it took of it."""

    at_ns: int
    took_s: float
    first: int
    partition: int
    values: Sequence[bytes]


@dataclass
class ByHand:
    """A ``harness.clients.Producer``: of each call it takes as many messages as ``takes`` says, and after that all."""

    clock: Clock
    takes: Iterator[int] = field(default_factory=lambda: iter(()))
    message_s: float = 0.0
    """How long it takes over each."""
    dies: Exception | None = None
    """Raised by the first call when ``takes`` is at its end."""
    calls: list[Call] = field(default_factory=list)
    flushed: list[int] = field(default_factory=list)
    """How many messages it had been given by each flush."""
    effective: dict[str, Setting] = field(default_factory=dict)
    most_waiting_bytes: int | None = None
    transactions: Transactions | None = None

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        most = next(self.takes, None)
        if most is None and self.dies is not None:
            raise self.dies
        taken = batch.values if most is None else batch.values[:most]
        took_s = self.message_s * len(taken)
        self.calls.append(Call(self.clock.now_ns, took_s, first_sequence, partition, taken))
        self.clock.pass_s(took_s)
        return len(taken)

    def poll(self, timeout_s: float) -> None:
        self.clock.pass_s(max(timeout_s, 1e-6))  # no call takes no time

    def flush(self, timeout_s: float) -> int:
        self.flushed.append(sum(len(call.values) for call in self.calls))
        return 0

    def close(self, timeout_s: float) -> None:
        raise AssertionError("a load does not close its client")

    @property
    def sequences(self) -> list[int]:
        """Of what it took, in that order, as the calls number it."""
        return [call.first + place for call in self.calls for place in range(len(call.values))]

    @property
    def partitions(self) -> Mapping[int, int]:
        """Where it was told to put each message."""
        return {call.first + place: call.partition for call in self.calls for place in range(len(call.values))}

    @property
    def values(self) -> list[bytes]:
        return [value for call in self.calls for value in call.values]


@dataclass
class Bench:
    """A sender with all that it works on."""

    spec: Spec
    client: ByHand
    journal: ProducerJournal
    recorder: JournalRecorder
    clock: Clock
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.take_over()

    def take_over(self) -> None:
        """A new sender on what is in the journal by now, as of a worker that follows one that was killed."""
        self.sender = Sender(self.spec, self.client, self.recorder, self.journal)


@contextmanager
def load_by_hand(
    *,
    takes: Iterable[int] = (),
    message_s: float = 0.0,
    dies: Exception | None = None,
    partitions: int = 1,
    capacity: int = 5_000,
    transactions: InTransactions | None = None,
) -> Iterator[Bench]:
    """A sender on its own clock, with a real journal and recorder."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        clock = Clock()
        patched.setattr(segments, "time", clock)
        path, topics = Path(folder) / "journal", Topics(("t",), partitions)
        spec = Spec("by-hand", "", topics, {}, CODEC.run_key, 0, SHAPE, capacity, str(path), transactions)
        journal = ProducerJournal.create(path, capacity, spec.producer)
        yield Bench(spec, ByHand(clock, iter(takes), message_s, dies), journal, JournalRecorder(journal), clock)
