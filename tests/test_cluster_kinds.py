"""Another kind of cluster, to which nothing can be done: it is one entry, planned for and swept as the one there is."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from harness.clusters import ClusterKind
from harness.clusters.brokers import Brokers
from harness.clusters.can import NOTHING
from harness.clusters.kinds import CLUSTERS
from harness.clusters.local.cluster import LocalCluster
from harness.events import Verdict
from harness.faults import broker, client, disk, line, network, replication, wire
from harness.plan import Trial
from harness.sweep import plan_of
from harness.workload import json_schema, parse

from .test_sweep_loop import swept

WORKLOADS = [Path(__file__).parents[1] / "workloads" / name for name in ("faults.yaml", "transactions.yaml")]
"""Every fault is in one of them."""
NODES = r"no nodes that could be (frozen|(killed|shut down)(,| and) no nodes that could be started again)"
LINKS = "no links between its nodes that could be cut"
DISKS = r"no nodes that could be (killed|started again).* and no disks that could be (harmed|full)"
LACKS = {
    **{fault.name: NODES for family in (broker, replication) for fault in family.FAULTS},
    **{fault.name: LINKS for fault in network.FAULTS},
    **{fault.name: DISKS for fault in disk.FAULTS},
    **{fault.name: None for family in (wire, line, client) for fault in family.FAULTS},
    "restart-producer": NODES,  # for a follower is frozen meanwhile
}


def external(addresses: dict[int, str]) -> ClusterKind:
    """Brokers that are somebody else's, at these addresses."""
    brokers = Brokers(addresses)
    return ClusterKind(
        "external",
        "by somebody else",
        lacks=lambda _: NOTHING,
        versions=lambda: ["4.4.0"],
        up=lambda *_: nullcontext(brokers),
    )


def _planned(kind: str) -> dict[str, Trial]:
    """By workload and id."""
    trials: dict[str, Trial] = {}
    for path in WORKLOADS:
        stated = yaml.safe_load(path.read_text())
        plan = plan_of(parse({**stated, "cluster": {**stated.get("cluster", {}), "kind": kind}}))
        trials |= {f"{path.stem} {trial.id}": trial for trial in plan.trials if trial.fault}
    return trials


def test_of_every_fault_the_plan_says_whether_it_can_be_done_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CLUSTERS, "external", external({}))
    local, there = _planned("local"), _planned("external")
    assert {trial.fault for trial in local.values()} >= LACKS.keys() and local.keys() == there.keys()
    for name, trial in there.items():
        skip = local[name].skip
        lacks = LACKS.get(str(trial.fault), "no nodes that could be ")  # each of the compositions ends or freezes some
        if lacks and not (skip or "").startswith("excluded: "):
            refused = f"{re.escape(str(trial.fault))} cannot be done to a cluster of kind external: it has {lacks}"
            assert re.match(refused, str(trial.skip)), trial.skip
        else:
            assert trial.skip == skip
    assert {trial.fault for trial in there.values() if not trial.skip} == {f for f, lacks in LACKS.items() if not lacks}


def test_a_sweep_of_it_runs_what_can_be_run(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CLUSTERS, "external", external(dict(cluster.addresses)))
    done = swept(
        tmp_path / "run",
        cluster={"kind": "external"},
        sweep={"client": ["confluent-kafka"]},
        config={"enable.idempotence": False, "linger.ms": 25},
        faults={"recipes": [{"name": "lose-ack", "messages": 500}, "kill-leader"]},
    )
    killed, lost = done.records  # what is skipped is said first
    assert (lost.fault.name, lost.verdict) == ("lose-ack", Verdict.REPRODUCED), lost.verdict_reason
    assert (killed.status, killed.reason) == (
        "skipped",
        "kill-leader cannot be done to a cluster of kind external: it has no nodes that could be killed and no nodes "
        "that could be started again",
    )
    run = done.results.run()
    assert (run["java"], run["profiles"]) == (None, {})
    assert not (done.results.logs / lost.id).exists()


def test_a_workload_can_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CLUSTERS, "external", external({}))
    kind = json_schema()["$defs"]["Cluster"]["properties"]["kind"]
    assert (kind["enum"], kind["default"]) == (["local", "external"], "local")
    assert "external: by somebody else" in kind["description"]


def test_nobody_else_knows_that_brokers_are_processes_of_this_machine() -> None:
    harness = Path(__file__).parents[1] / "harness"
    room = harness / "clusters/local"
    outside = (path for path in harness.rglob("*.py") if room not in path.parents)
    named = {str(path.relative_to(harness)) for path in outside if "clusters.local" in path.read_text()}
    assert named == {"clusters/kinds.py", "cli/standing.py", "roles/__init__.py"}  # which has the relay's command line
