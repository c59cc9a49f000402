"""What a trial leaves for its judge: the producer's journal, sealed, and what the oracle read in the log."""

from __future__ import annotations

from pathlib import Path

from harness.trial.venue import Running

_SCAN_S = 120.0


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
        venue.oracle.send(
            {
                "do": "scan",
                "bootstrap": venue.cluster.bootstrap,
                "topic": running.topic,
                "ends": venue.cluster.high_watermarks(running.topic),
                "run_key": running.run_key,
                "message_size": running.trial.load.message_size,
                "parquet": str(running.journal("log")),
                "timeout_s": _SCAN_S,
            }
        )
        said = venue.oracle.wait("scanned", _SCAN_S + 10)
        if said["problem"] is None:
            return True
        running.problems.append(said["problem"])
    return False
