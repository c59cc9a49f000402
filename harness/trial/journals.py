"""What a trial leaves for its judge: its producers' journals, sealed, and what the oracle read in the log."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from harness.bounds import ABORTING_S, HELD_UP_S
from harness.events import STABLE, FaultEvent
from harness.journal.sealed import consumed_of, producers_of
from harness.journal.sealed.polls import polls_of
from harness.journal.sealed.transactions import sealed_beside
from harness.topics import Topics
from harness.trial.venue import Running

_LOOK_S = 0.1


def clear(running: Running) -> None:
    """Nothing is left of an earlier attempt at the trial: what this one does not make is not there."""
    producers = producers_of(running.venue.journals, running.trial.id)
    others = [running.journal(part) for part in ("log", "committed", "batches")]
    read = polls_of(running.venue.journals, running.trial.id) + consumed_of(running.venue.journals, running.trial.id)
    for path in (*producers, *map(sealed_beside, producers), *read, *others):
        path.unlink(missing_ok=True)


def seal(running: Running) -> bool:
    """Whether each producer had left a journal to seal."""
    workers = running.fleet.everyone if running.fleet else []
    left = [worker for worker in workers if Path(worker.spec.journal).exists()]
    for worker in left:
        worker.seal(running.journal(f"producer-{worker.spec.producer}"))
    return bool(left) and left == workers


def scan(running: Running) -> bool:
    """Whether the oracle read the whole log, and of a trial with transactions also what a read_committed consumer gets
    of it; if it did not, why is among the trial's problems.
    """
    cluster, topics = running.venue.cluster, running.output or running.topics
    with running.noting_problems():
        _read(running, topics, topics.gathered(cluster.high_watermarks), "log")
        if running.trial.transactional or running.output:
            _wait_stable(running, topics)
            _read(running, topics, topics.gathered(cluster.last_stable_offsets), "committed", committed=True)
        return True
    return False


def _read(running: Running, topics: Topics, ends: Mapping[int, int], part: str, *, committed: bool = False) -> None:
    running.venue.oracle.scan(
        running.venue.cluster.bootstrap,
        topics,
        ends,
        running.run_key,
        running.trial.shape,
        running.journal(part),
        committed=committed,
        security=running.venue.cluster.security,
    )


def _wait_stable(running: Running, topics: Topics) -> None:
    """Until no transaction is open any more, or none may be: what then is held back is held back for good."""
    cluster, began = running.venue.cluster, time.monotonic()
    timeout_s = float(running.fleet.effective.get("transaction.timeout.ms", 60_000)) / 1000 if running.fleet else 0.0
    while time.monotonic() < began + timeout_s + ABORTING_S + HELD_UP_S:
        if topics.gathered(cluster.last_stable_offsets) == topics.gathered(cluster.high_watermarks):
            now_ns, seconds = time.monotonic_ns(), round(time.monotonic() - began, 3)
            running.events.append(FaultEvent(now_ns, STABLE, {"seconds": seconds}))
            return
        time.sleep(_LOOK_S)
