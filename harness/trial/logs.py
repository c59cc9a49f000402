"""What the nodes said, kept for every trial that was not fine: a verdict alone does not say why."""

from __future__ import annotations

from pathlib import Path

from harness.clusters.can import Logs
from harness.events import Verdict
from harness.store import TrialRecord

KEPT_BYTES = 200_000
_FINE = frozenset({Verdict.KEPT})


def wanted(record: TrialRecord) -> bool:
    """Whether somebody may ask why it ended as it did. Of a trial that was skipped nobody can."""
    return record.status != "skipped" and record.verdict not in _FINE


def keep(logs: Logs, folder: Path) -> None:
    """The end of each node's log, in a file of the node's name in a folder that may be there already."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, end in logs.ends(KEPT_BYTES).items():
        (folder / f"{name}.log").write_bytes(end)
