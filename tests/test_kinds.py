"""Another kind of trial: it is one entry, planned, run, judged, measured and told of as those that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import measure
from harness.clients import Setting
from harness.clusters.kinds import CLUSTERS
from harness.clusters.local.cluster import LocalCluster
from harness.events import Verdict
from harness.judge import judge
from harness.kinds import KINDS
from harness.plan import Asked, Trial, TrialLoad
from harness.report.blocks import Section, Text
from harness.report.data import Data
from harness.store import TrialRecord
from harness.trial.observed import before_and_after
from harness.trial.produce import bounds_in_peace, clients_started
from harness.trial.venue import Running
from harness.verify import Readings
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workload import Workload
from harness.workload.known import Faults

from .test_cluster_kinds import external
from .test_sweep_loop import swept


@dataclass(frozen=True)
class Burst:
    """All at once, and nothing before."""

    messages: int
    PROFILE: str = "fault"
    WARM: bool = False
    SHUFFLED: bool = False

    def asks(self, workload: Workload, faults: Faults) -> Sequence[Asked]:
        load = TrialLoad("max", None, self.messages, 100, partitions=2)
        return [Asked(1, load, "burst", f"{self.messages} at once", lambda config, client: 1.0)]

    def settle(self, trial: Trial, earlier: Callable[[], Sequence[TrialRecord]]) -> Trial:
        return trial

    def producing(self, trial: Trial) -> dict[str, Setting]:
        return trial.producer_config

    def capacity(self, trial: Trial) -> int:
        return trial.load.messages

    def observed(self, running: Running) -> AbstractContextManager[None]:
        return before_and_after(running)

    def drive(self, running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
        clients_started(running, fleet)
        fleet.start(running.trial.load.messages, bounds_in_peace(running, fleet))
        fleet.finish()

    def read(self, readings: Readings, record: TrialRecord, journals: Path) -> Readings:
        return readings

    def figures(self, record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
        return {"gave_up_ms": measure.gave_up(readings.producers or []), "ack_rate_bin_s": 7.0}

    def sections(self, data: Data) -> Iterable[Section]:
        bursts = [record for record in data.records if record.kind == "burst"]
        yield Section("Bursts", (Text(f"{len(bursts)} of {len(data.records)} trials burst."),))


def test_it_is_planned_run_judged_measured_and_told_of(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CLUSTERS, "external", external(dict(cluster.addresses)))
    monkeypatch.setitem(KINDS, "burst", Burst(300))
    done = swept(
        tmp_path / "run",
        cluster={"kind": "external"},
        sweep={"client": ["confluent-kafka"]},
        config={"enable.idempotence": False, "linger.ms": 25},
        faults={"recipes": [{"name": "lose-ack", "messages": 500}]},
    )
    lost, burst = done.records
    assert (lost.kind, lost.verdict) == ("fault", Verdict.REPRODUCED), lost.verdict_reason
    assert (burst.kind, burst.id, burst.with_fault) == ("burst", "confluent-kafka.burst.r1", False)
    assert burst.name == "confluent-kafka, 300 at once, run 1"
    assert burst.counts is not None and burst.counts.acked == burst.counts.sent == 300
    assert burst.verdict is Verdict.KEPT, burst.verdict_reason
    assert (burst.ack_rate_bin_s, burst.throughput) == (7.0, None)
    report = done.report.read_text()
    assert "\n## Bursts\n\n1 of 2 trials burst.\n" in report
    assert "1 trial with a fault and 1 trial without a fault" in report

    monkeypatch.delitem(KINDS, "burst")
    again = judge(burst, done.results.journals)
    assert (again.verdict, again.verdict_reason) == (
        Verdict.UNKNOWN,
        "this version knows no trials of kind burst, only performance, search, pipeline-performance, fault and "
        "pipeline",
    )
