"""Faults of containers, as brokers that are processes show them: one trial each, its verdict and what it found.

So it was on both, in November 2026; of what is lost of what waited at a leader that goes, acks=1 promises nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.events import NO_FAULT, Verdict
from harness.faults import FAULTS
from harness.faults.effects import effects_of

from ..test_sweep_loop import swept

WORKLOAD = yaml.safe_load(Path(__file__).with_name("faults.yaml").read_text())
KEPT, REPRODUCED = frozenset({Verdict.KEPT}), frozenset({Verdict.REPRODUCED})
MAY_LOSE = frozenset({Verdict.KEPT, Verdict.ALLOWED})
VERDICTS = {
    "kill-leader": MAY_LOSE,
    "pause-leader": KEPT,
    "stop-leader": MAY_LOSE,
    "zombie-leader": REPRODUCED,
    "disconnect-leader": MAY_LOSE,
    "partition-leader": REPRODUCED,
    "lose-ack": REPRODUCED,
    "power-loss": REPRODUCED,
    "disk-lost": MAY_LOSE,
    "read-only-disk": MAY_LOSE,
    "full-disk": MAY_LOSE,
    "kill-coordinator": KEPT,
    "kill-worker": KEPT,
    NO_FAULT: KEPT,  # the pipeline
}
FOUND = {"zombie-leader": ("lost", 300), "power-loss": ("lost", 550), "lose-ack": ("duplicate", 250)}


@pytest.mark.brokers
@pytest.mark.long
@pytest.mark.timeout(600)
def test_each_fault_is_judged_as_on_processes(docker: Any, tmp_path: Path) -> None:
    done = swept(tmp_path / "run", **{key: value for key, value in WORKLOAD.items() if key not in ("name", "kafka")})
    ran = {record.fault.name: record for record in done.records if record.status != "skipped"}
    assert ran.keys() == VERDICTS.keys()
    for name, record in ran.items():
        assert record.verdict in VERDICTS[name], (name, record.verdict, record.verdict_reason)
        assert name == NO_FAULT or record.fault.fired
    for name, (anomaly, count) in FOUND.items():
        assert getattr(ran[name].anomalies, anomaly) == count
    run = done.results.run()
    assert run["cluster"]["kind"] == "compose" and {*run["cluster"]["on"]} == {"Image", "Docker", "Network path"}
    report = done.report.read_text()
    assert "compose, as containers of Docker Compose" in report and run["cluster"]["on"]["Image"] in report


def test_of_a_leader_that_is_disconnected_rules_know_that_nobody_reaches_it() -> None:
    effects = effects_of(FAULTS["disconnect-leader"], FAULTS["disconnect-leader"].parameters())
    assert [(away.whom, away.how, away.noticed) for away in effects.away] == [("leader", "disconnected", True)]
    assert effects.elects == "another" and effects.under_load
