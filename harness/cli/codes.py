"""What the commands say to a script: exit codes.

0 ok, 1 a run failed, 2 usage or a bad workload file, 3 a promise broken, 4 a performance regression, 5 incomplete
(trials failed or unknown), 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.compare.outcome import Outcome
from harness.events import Verdict
from harness.store import TrialRecord

OK, FAILED, USAGE, BROKEN, REGRESSED, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


def exit_code(records: Sequence[TrialRecord], missing: int = 0) -> int:
    """What a run's trials say to a script: the worst of them. ``missing`` is how many have no record."""
    verdicts = {record.verdict for record in records if record.status != "skipped"}
    if Verdict.BROKEN in verdicts:
        return BROKEN
    if missing or Verdict.UNKNOWN in verdicts or any(record.status in ("failed", "interrupted") for record in records):
        return INCOMPLETE
    return OK


def of_comparison(outcome: Outcome) -> int:
    """What could not be told is said, and is no alarm."""
    if outcome in (Outcome.BROKEN, Outcome.GIVEN_UP, Outcome.GONE, Outcome.MORE_OFTEN):
        return BROKEN
    return {Outcome.REGRESSED: REGRESSED, Outcome.INCOMPLETE: INCOMPLETE}.get(outcome, OK)
