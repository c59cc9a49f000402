"""The loop of a sweep, on clusters without brokers: what costs a trial, and what costs a cluster as well."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness import provenance
from harness.clusters import ClusterFailed, ClusterKind, Wanted
from harness.clusters.can import NOTHING
from harness.clusters.kinds import CLUSTERS
from harness.events import Verdict
from harness.plan import Trial
from harness.store import Results, TrialRecord
from harness.sweep import Sweep, plan_of, sweep
from harness.workload import parse

from .fake_cluster import FakeCluster


class Nobody:
    """Looks on."""

    def fetching(self, done_bytes: int, total_bytes: int) -> None: ...
    def doing(self, what: str) -> None: ...
    def starts(self, trial: Trial) -> None: ...
    def ended(self, record: TrialRecord) -> None: ...


def swept(folder: Path, watcher: Nobody | None = None, **workload: Any) -> Sweep:
    """A sweep of this workload into this folder."""
    parsed = parse({"name": "swept", "kafka": "4.4.0", **workload})
    planned = plan_of(parsed)
    results = Results.create(folder, provenance.describe(folder.name, parsed, planned))
    return sweep(parsed, planned, results, watcher or Nobody())


REFUSED = "the client refused: invalid literal for int() with base 10: 'none'"
FOUR: dict[str, Any] = {
    "cluster": {"kind": "fake"},
    "sweep": {"client": ["kafka-python"]},
    "performance": {"repeats": 4, "loads": [{"rate": 1, "seconds": 1}]},
}
"""Trials that follow each other on a warm cluster, so that what one leaves is read when the next has begun."""


def warm(monkeypatch: pytest.MonkeyPatch, kind: type[FakeCluster]) -> list[FakeCluster]:
    """The clusters of this kind that will be made."""
    made: list[FakeCluster] = []

    def up(*_: Any) -> FakeCluster:
        made.append(kind())
        return made[-1]

    fake = ClusterKind("fake", "", lacks=lambda _: NOTHING, versions=lambda: ["4.4.0"], up=up)
    monkeypatch.setitem(CLUSTERS, "fake", fake)
    monkeypatch.setattr("harness.venues.warm_up", lambda venue, *, saturated: "not at all")
    return made


def reasons(records: list[TrialRecord]) -> list[tuple[str, str]]:
    return [(record.id.rpartition(".")[2], str(record.reason)) for record in records]


class Fragile(FakeCluster):
    """In the second trial a broker ends, and in the third one all is over. No client takes its addresses for any."""

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        super().create_topic(name, partitions, replication_factor, config)
        if name.endswith(".r2"):
            self.crash(2)
        if name.endswith(".r3"):
            raise ClusterFailed("it broke")


def test_a_trial_that_fails_costs_nobody_and_a_cluster_that_breaks_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Wanted, FakeCluster]] = []

    def up(wanted: Wanted, *_: Any) -> FakeCluster:
        made.append((wanted, Fragile()))
        return made[-1][1]

    fake = ClusterKind("fake", "as nothing at all", lacks=lambda _: {}, versions=lambda: ["4.4.0"], up=up)
    monkeypatch.setitem(CLUSTERS, "fake", fake)
    done = swept(
        tmp_path / "run",
        cluster={"kind": "fake"},
        sweep={"client": ["kafka-python"]},
        faults={"repeats": 4, "recipes": ["kill-leader"]},
    )
    assert [record.reason for record in done.records] == [
        REFUSED,
        f"{REFUSED}; node 2 ended with status 1, unasked: it said nothing",
        "the cluster did not recover: it broke",
        REFUSED,
    ]
    assert [record.status for record in done.records] == ["completed", "failed", "failed", "completed"]
    assert {record.verdict for record in done.records} == {Verdict.UNKNOWN}
    assert [wanted for wanted, _ in made] == 2 * [Wanted("4.4.0", 3, "fault", True, links=False, warm=False)]
    left, none = [sorted(cluster.topics) for _, cluster in made]
    assert re.fullmatch(r"run\.[0-9a-f]{8}\.kafka-python\.kill-leader\.r3", "".join(left)) and not none
    starts = [str(record.topic).split(".")[1] for record in done.records if record.topic]
    assert len(starts) == 3 and len(set(starts)) == 2
    run = done.results.run()
    assert (run["java"], run["profiles"]) == ("none", {"fault": made[0][1].settings})
    kept = {path.name: path.read_text() for path in done.results.logs.glob("*.r2/*")}
    assert kept == {f"node-{node}.log": "all that it said" for node in (1, 2, 3, 1000)}
    assert done.report.exists() and not (done.results.folder / "scratch").exists()


class Lacking(FakeCluster):
    """It turns out to have no transactions."""

    def refuses(self, config: Mapping[str, Any]) -> str | None:
        return "it has no transactions" if config.get("transactional") else None


def test_what_a_cluster_turns_out_not_to_have_is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up = lambda *_: Lacking()  # noqa: E731
    monkeypatch.setitem(
        CLUSTERS, "fake", ClusterKind("fake", "", lacks=lambda _: {}, versions=lambda: ["4.4.0"], up=up)
    )
    done = swept(
        tmp_path / "run",
        cluster={"kind": "fake"},
        sweep={"client": ["kafka-python"], "transactional": [True]},
        config={"enable.idempotence": True},
        faults={"recipes": ["lose-ack"]},
    )
    assert [(record.status, record.reason) for record in done.records] == [("skipped", "it has no transactions")]


class Brittle(FakeCluster):
    """It breaks while it is warmed up."""

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        raise ClusterFailed("it broke")


def test_a_cluster_that_breaks_while_it_is_warmed_up_costs_one_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [Brittle(), Brittle()]
    up = lambda *_: made.pop()  # noqa: E731
    fake = ClusterKind("fake", "", lacks=lambda _: NOTHING, versions=lambda: ["4.4.0"], up=up)
    monkeypatch.setitem(CLUSTERS, "fake", fake)
    done = swept(
        tmp_path / "run",
        cluster={"kind": "fake"},
        sweep={"client": ["kafka-python"]},
        performance={"repeats": 2, "loads": [{"rate": 1, "seconds": 1}]},
    )
    assert [(record.status, record.verdict, record.reason) for record in done.records] == 2 * [
        ("failed", Verdict.UNKNOWN, "the brokers were lost while they were warmed up: it broke")
    ]
    assert done.report.exists() and not made


class Choosy(FakeCluster):
    """It refuses one trial's topic."""

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        if name.endswith(".r2"):
            raise ClusterFailed("not this one")
        super().create_topic(name, partitions, replication_factor, config)


def test_a_topic_that_is_refused_is_so_in_the_trial_that_it_is_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it is asked for one trial ahead."""
    warm(monkeypatch, Choosy)
    done = swept(tmp_path / "run", **FOUR)
    refused = "the cluster did not recover: not this one"
    assert reasons(done.records) == [("r1", REFUSED), ("r2", refused), ("r3", REFUSED), ("r4", REFUSED)]


class Forgetful(FakeCluster):
    """It cannot say what is in the log of one trial, and takes its time to find out."""

    def high_watermarks(self, topic: str) -> dict[int, int]:
        if topic.endswith(".r2"):
            time.sleep(0.5)
            raise ClusterFailed("no broker answers")
        return super().high_watermarks(topic)


def test_a_cluster_that_is_lost_when_a_log_is_read_back_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the next trial has begun on it by then."""
    made = warm(monkeypatch, Forgetful)
    done = swept(tmp_path / "run", **FOUR)
    lost = "the cluster did not recover: no broker answers"
    assert reasons(done.records) == [("r1", REFUSED), ("r2", lost), ("r3", REFUSED), ("r4", REFUSED)]
    assert len(made) == 2


class Failing(FakeCluster):
    """It breaks in the second trial, whose topic was there: two find that out, and one of them says so."""

    def wait_healthy(self, topic: str | None, timeout_s: float) -> None:
        if topic is not None and topic in self.topics and topic.endswith(".r2") and self.broke:
            raise ClusterFailed("it is gone")
        super().wait_healthy(topic, timeout_s)

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        super().create_topic(name, partitions, replication_factor, config)
        self.broke = name.endswith(".r2")

    def heal(self) -> None:
        if any(name.endswith(".r3") for name in self.topics):
            raise ClusterFailed("it broke")
        super().heal()


def test_what_a_lost_cluster_still_owes_is_not_asked_of_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = warm(monkeypatch, Failing)
    done = swept(tmp_path / "run", **FOUR)
    broken = "the cluster did not recover: it broke"
    assert reasons(done.records)[:3] == [("r1", REFUSED), ("r2", broken), ("r3", broken)]
    assert [record.id.rpartition(".")[2] for record in done.records] == ["r1", "r2", "r3", "r4"]
    assert len(made) == 3


class Impatient(Nobody):
    """Interrupts what comes behind this trial."""

    def __init__(self, repeat: int) -> None:
        self.repeat = repeat

    def starts(self, trial: Trial) -> None:
        if trial.repeat == self.repeat + 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize(("interrupted", "stored"), [(1, ["r1"]), (2, ["r1"])])
def test_what_is_being_read_when_somebody_interrupts_is_stored_unless_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted: int, stored: list[str]
) -> None:
    """For what fails then may fail for that, and is to be run again."""
    warm(monkeypatch, Forgetful)
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path / "run", Impatient(interrupted), **FOUR)
    assert [record.id.rpartition(".")[2] for record in Results.open(tmp_path / "run").records()] == stored


def test_a_record_that_cannot_be_stored_ends_the_run_and_is_no_failure_of_the_next_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm(monkeypatch, FakeCluster)
    append = Results.append

    def full(results: Results, record: TrialRecord) -> None:
        if record.repeat == 2:
            raise OSError("no space left on device")
        append(results, record)

    monkeypatch.setattr(Results, "append", full)
    with pytest.raises(OSError, match="no space left"):
        swept(tmp_path / "run", **FOUR)
    assert [record.id.rpartition(".")[2] for record in Results.open(tmp_path / "run").records()] == ["r1"]
