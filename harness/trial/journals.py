"""What a trial leaves for its judge: its producers' journals, sealed, and what the oracle read in the log."""

from __future__ import annotations

from pathlib import Path

from harness.journal import producers_of
from harness.trial.venue import Running


def clear(running: Running) -> None:
    """Nothing is left of an earlier attempt at the trial: what this one does not make is not there."""
    earlier = producers_of(running.venue.journals, running.trial.id)
    for path in (*earlier, running.journal("log"), running.journal("consumer-0")):
        path.unlink(missing_ok=True)


def seal(running: Running) -> bool:
    """Whether each producer had left a journal to seal."""
    workers = running.fleet.workers if running.fleet else []
    left = [worker for worker in workers if Path(worker.spec.journal).exists()]
    for worker in left:
        worker.seal(running.journal(f"producer-{worker.spec.producer}"))
    return bool(left) and left == workers


def scan(running: Running) -> bool:
    """Whether the oracle read the whole log; if it did not, why is among the trial's problems."""
    venue = running.venue
    with running.noting_problems():
        venue.oracle.scan(
            venue.cluster.bootstrap,
            running.topic,
            venue.cluster.high_watermarks(running.topic),
            running.run_key,
            running.trial.load.message_size,
            running.journal("log"),
        )
        return True
    return False
