"""What the harness does for each message, and how long that takes beside a loop that is always the same.

``pytest --benchmark-only tests/benchmarks/test_hot_paths.py --benchmark-json=FILE`` measures, and
``python -m benchmarks.hot_paths FILE`` compares with what is stored. No time is asserted here: the machine is as fast
as it is that day, so what is compared is the ratio to the loop, which runs before each round.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from harness.events import Outcome
from harness.journal.mapped import ProducerJournal
from harness.load.messages import Messages
from harness.load.pacer import Pacer
from harness.load.recorder import JournalRecorder
from harness.load.shape import Shape
from harness.verify import Readings, find
from harness.wire.frames import Fate, Walker
from tests.benchmarks.test_judge import trial

MESSAGES = 8_192
ROUNDS = 150
SEQUENCE = np.arange(MESSAGES)


def reference() -> int:
    """Some Python and some numpy, as what is measured is."""
    total = 0
    for number in range(20_000):
        total += number * number
    return total + int(np.sort(np.arange(50_000)[::-1] % 977).sum())


def beside(benchmark: BenchmarkFixture, do: Callable[[], object], rounds: int = ROUNDS) -> None:
    """Measures it, and the loop before each round; the ratio of the shortest of both is in ``extra_info``: whoever else
    runs makes either longer, and never shorter.
    """
    took_s: list[float] = []

    def loop() -> None:
        began = time.perf_counter()
        reference()
        took_s.append(time.perf_counter() - began)

    benchmark.pedantic(do, setup=loop, rounds=rounds, warmup_rounds=3)  # type: ignore[no-untyped-call]
    if benchmark.stats is not None:
        benchmark.extra_info["to_reference"] = benchmark.stats.stats.min / min(took_s)


def test_making(benchmark: BenchmarkFixture) -> None:
    messages = Messages(1, Shape(((100, 100),)))
    beside(benchmark, lambda: messages.make(SEQUENCE, SEQUENCE * 1_000))


def test_reading_back(benchmark: BenchmarkFixture) -> None:
    messages = Messages(1, Shape(((100, 100),)))
    values = [bytes(value) for value in messages.make(SEQUENCE, SEQUENCE * 1_000).values]
    beside(benchmark, lambda: messages.decode(values))


def test_recording(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    recorder = JournalRecorder(ProducerJournal.create(tmp_path / "journal", MESSAGES, 0))

    def record() -> None:
        recorder.sent(0, 0, SEQUENCE, 1)
        recorder.done_many(SEQUENCE, Outcome.ACKED, SEQUENCE, SEQUENCE)

    beside(benchmark, record)


def test_pacing(benchmark: BenchmarkFixture) -> None:
    pacer = Pacer(0, 50_000)

    def pace() -> None:
        for first in range(0, MESSAGES, 64):
            pacer.due_ns(first, 64)
            pacer.due_by(first * 20_000)

    beside(benchmark, pace)


def test_judging(benchmark: BenchmarkFixture) -> None:
    producer, log = trial(50_000, 3)
    beside(benchmark, lambda: find(Readings([producer], log)), rounds=50)


def test_cutting_frames(benchmark: BenchmarkFixture) -> None:
    """The proxy's own loop, on requests of 200 bytes that come in chunks of 64 KiB and all go on."""
    stream = (struct.pack(">i", 200) + bytes(200)) * MESSAGES
    chunks = [stream[start : start + 65_536] for start in range(0, len(stream), 65_536)]

    def cut() -> None:
        walker = Walker(lambda head: Fate.PASS, lambda frame: frame)
        for chunk in chunks:
            for _ in walker.feed(chunk):
                pass

    beside(benchmark, cut)
