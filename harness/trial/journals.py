"""What a trial leaves for its judge: the producer's journal, sealed, and what the oracle read in the log."""

from __future__ import annotations

from pathlib import Path

from harness.trial.venue import Running


def clear(running: Running) -> None:
    """Nothing is left of an earlier attempt at the trial: what this one does not make is not there."""
    for part in ("producer-0", "log", "consumer-0"):
        running.journal(part).unlink(missing_ok=True)


def seal(running: Running) -> bool:
    """Whether there was a producer's journal to seal."""
    worker = running.worker
    if worker is None or not Path(worker.spec.journal).exists():
        return False
    worker.seal(running.journal("producer-0"))
    return True


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
