"""What judging costs, and whether it counts right: ``python -m benchmarks.judging``. No Kafka: journals made by hand.

A paced performance trial of several producers and partitions, with a consumer alongside. What seals and stores journals
and logs in a run does so here, and each is judged by a fresh process, start and imports included.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.cli import signals
from harness.events import Outcome
from harness.journal.mapped import Int64, ProducerJournal
from harness.journal.sealed import LogColumns, seal, write_log
from harness.judge import judge
from harness.store import FaultRecord, TrialRecord

PRODUCERS, PARTITIONS, RATE = 4, 6, 1_000_000
EVERY = 1_000  # so often each anomaly happens, of a producer's messages
_ROWS = 600_000  # made at once: a fetch of each partition, as they come one after the other
_CHILD_S = 600
_ERRORS = {1: "_MSG_TIMED_OUT"}
_TRIAL = TrialRecord(
    id="big",
    name="big",
    kind="performance",
    repeat=1,
    kafka="4.4.0",
    client="confluent-kafka",
    config={"acks": "all", "enable.idempotence": False, "replication.factor": 3, "producers": PRODUCERS},
    load={"message_size": 100},
    fault=FaultRecord(name="none", fired=True),
    status="completed",
)


@dataclass(frozen=True)
class Made:
    """One trial's messages; ``each`` is how many a producer has."""

    what: str
    each: int

    def offset(self, producer: int, sequence: Int64) -> Int64:
        """Where each message's first copy lies: in its partition the producers take turns."""
        place = sequence // PARTITIONS
        if self.what == "all reordered":
            place = self.places - 1 - place
        elif self.what == "of each anomaly":
            place = place + (self._is(sequence, 500) - self._is(sequence - PARTITIONS, 500).astype(np.int64))
        return place * PRODUCERS + producer

    @property
    def places(self) -> int:
        return -(-self.each // PARTITIONS)

    def outcome(self, sequence: Int64) -> Any:
        return np.where(self._is(sequence, 5), Outcome.ERROR, Outcome.ACKED).astype(np.uint8)

    def records(self) -> Iterator[tuple[int, Int64, Int64, Int64]]:
        """What is in the log, as a scan finds it: partition, producers, sequences and offsets."""
        starts = range(0, self.each, _ROWS)
        for start in reversed(starts) if self.what == "all reordered" else starts:
            for partition in range(PARTITIONS):
                sequence = np.arange(start, min(start + _ROWS, self.each))
                sequence = sequence[sequence % PARTITIONS == partition]
                if self.what == "all reordered":
                    sequence = sequence[::-1]
                found = sequence[~self._is(sequence, 7)]
                again = sequence if self.what == "all duplicated" else sequence[self._is(sequence, 3)]
                for copies, behind in ((found, 0), (again, self.places * PRODUCERS)):
                    offsets = [self.offset(number, copies) + behind for number in range(PRODUCERS)]
                    producers = np.tile(np.arange(PRODUCERS), len(copies))
                    yield partition, producers, np.repeat(copies, PRODUCERS), np.stack(offsets, axis=1).ravel()

    def expected(self) -> dict[str, int]:
        """What there is of each anomaly."""
        sequence = np.arange(self.each)
        some = {
            "lost": self._is(sequence, 7),
            "duplicate": np.full(self.each, True) if self.what == "all duplicated" else self._is(sequence, 3),
            "reordered": sequence >= PARTITIONS if self.what == "all reordered" else self._is(sequence, 506),
            "unknown_landed": self._is(sequence, 5),
        }
        return {name: PRODUCERS * int(which.sum()) for name, which in some.items() if which.any()}

    def _is(self, sequence: Int64, rest: int) -> Any:
        return (sequence % EVERY == rest) & (self.what == "of each anomaly")


def write(folder: Path, made: Made) -> float:
    """Leaves all that a trial does. Returns how many seconds of it were sealing."""
    sealing_s = 0.0
    rng = np.random.default_rng(1)
    sequence = np.arange(made.each)
    for number in range(PRODUCERS):
        journal = ProducerJournal.create(folder / "journal", made.each, number)
        journal.due_ns[:] = (sequence * PRODUCERS + number) * (1_000_000_000 // RATE)
        journal.sent_ns[:] = journal.due_ns + rng.integers(1_000, 1_000_000, made.each)
        journal.done_ns[:] = journal.sent_ns + (rng.lognormal(1, 1, made.each) * 1e6).astype(np.int64)
        journal.offset[:] = made.offset(number, sequence)
        journal.partition[:] = sequence % PARTITIONS
        journal.outcome[:] = made.outcome(sequence)
        journal.error[:] = journal.outcome == Outcome.ERROR
        began_s = time.perf_counter()
        parquet = folder / f"{_TRIAL.id}.producer-{number}.parquet"
        seal(folder / "journal", parquet, warmup=PARTITIONS, errors=_ERRORS, host="", clock_offset_ns=0)
        sealing_s += time.perf_counter() - began_s
    write_log(folder / f"{_TRIAL.id}.log.parquet", log := _log(made))
    _write_consumed(folder / f"{_TRIAL.id}.consumer-0.parquet", log)
    return sealing_s


def _log(made: Made) -> LogColumns:
    partition, producer, sequence, offset = zip(*made.records(), strict=True)
    return LogColumns(
        partition=np.repeat(np.array(partition, np.int32), [len(each) for each in sequence]),
        offset=np.concatenate(offset),
        producer=np.concatenate(producer).astype(np.int32),
        sequence=np.concatenate(sequence),
        valid=np.ones(sum(map(len, sequence)), np.bool_),
    )


def _write_consumed(parquet: Path, log: LogColumns) -> None:
    due_ns = (log.sequence * PRODUCERS + log.producer) * (1_000_000_000 // RATE)
    received_ns = due_ns + 50_000_000
    columns = {"producer": log.producer, "sequence": log.sequence, "due_ns": due_ns, "received_ns": received_ns}
    pq.write_table(pa.table(columns), parquet, compression="zstd", use_dictionary=False)


@click.command()
@click.option("--millions", type=int, multiple=True, default=(1, 5, 10, 25, 50), show_default=True)
@click.option("--judge", "folder", type=click.Path(path_type=Path), help="Judge what is there, and say what it took.")
def main(millions: tuple[int, ...], folder: Path | None) -> None:
    """Ends with 1 if a count is wrong."""
    signals.heed()
    if folder is not None:
        click.echo(json.dumps(_judged(folder)))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, pyarrow {pa.__version__}")
    print("| messages | what | seconds | of CPU | peak MB | sealing, s | counts |\n|---|---|---|---|---|---|---|")
    right = True
    for what in ("clean", "of each anomaly", "all reordered", "all duplicated"):
        for million in millions:
            right &= _row(Made(what, million * 1_000_000 // PRODUCERS))
    raise SystemExit(not right)


def _row(made: Made) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        sealing_s = write(Path(folder), made)
        command = [sys.executable, "-m", "benchmarks.judging", "--judge", folder]
        began_s = time.perf_counter()
        child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=_CHILD_S)
        took_s = time.perf_counter() - began_s
    said = json.loads(child.stdout)
    wrong = said["anomalies"] != made.expected()
    counts = f"wrong: {said['anomalies']}, not {made.expected()}" if wrong else "right"
    messages = f"{made.each * PRODUCERS:,}"
    figures = f"{took_s:.1f} | {said['cpu_s']:.1f} | {said['peak_mb']:,} | {sealing_s:.1f}"
    print(f"| {messages} | {made.what} | {figures} | {counts} |", flush=True)
    return not wrong


def _judged(folder: Path) -> dict[str, Any]:
    again = judge(_TRIAL, folder)
    if again.anomalies is None or again.latency_ms is None or again.end_to_end_ms is None:
        raise SystemExit(again.verdict_reason)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "anomalies": {name: count for name, count in again.anomalies.model_dump().items() if count},
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> int:
    """Of this process; not ``getrusage``, whose figure a child inherits from its parent."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 // 10**6 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
