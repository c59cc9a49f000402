"""Going on with a run, and beginning one: whose disk counts, what is noted, and what is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click import UsageError

from harness.cli import cli, running
from harness.cli.brokers import on
from harness.provenance import describe, note_start
from harness.store import FaultRecord, Results, ResultsUnusable, TrialRecord
from harness.sweep import plan_of
from harness.workload import WorkloadError, load, parse

_WORKLOAD: dict[str, Any] = {
    "name": "small",
    "kafka": "4.4.0",
    "sweep": {"client": ["confluent-kafka"], "acks": [1, "all"]},
    "faults": {"recipes": ["kill-leader"]},
    "limits": {"minutes": 0.1},
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run of two trials that takes longer than its limit; both have ended."""
    workload = parse(_WORKLOAD)
    planned = plan_of(workload)
    results = Results.create(tmp_path / "res ü, a=b#c" / "run", describe("run", workload, planned))
    for trial in planned.trials:
        results.append(
            TrialRecord(
                id=trial.id, name=trial.name, kind="fault", repeat=1, kafka=trial.kafka, client=trial.client,
                config=trial.config, load={}, fault=FaultRecord(name=trial.fault), status="skipped",
            )
        )  # fmt: skip
    return results.folder


def test_it_goes_on_from_anywhere_and_leaves_nothing_there(run: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    stored = json.loads((run / "run.json").read_text())
    del stored["starts"]  # as earlier versions left it
    (run / "run.json").write_text(json.dumps(stored))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "harness", "sweep", "--resume", run],
        cwd=here, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert not list(here.iterdir())
    note_start(Results.open(run), plan_of(parse(_WORKLOAD)))
    starts = json.loads((run / "run.json").read_text())["starts"]
    assert [start["started"] for start in starts][:1] == [stored["started"]] and len(starts) == 3
    assert all(start[key] == stored[key] for start in starts for key in ("clients", "git", "harness_version", "kernel"))


def test_it_goes_on_with_the_kind_of_cluster_that_it_began_with(run: Path) -> None:
    for kind in ("local", None):
        options = [] if kind is None else ["--cluster", kind]
        cli.main(["sweep", "--resume", str(run), "--dry-run", *options], standalone_mode=False)
    with pytest.raises(UsageError, match=r"runs on clusters of kind local, and cannot go on with compose"):
        cli.main(["sweep", "--resume", str(run), "--cluster", "compose"], standalone_mode=False)


def test_what_the_command_says_of_the_kind_of_cluster_counts_and_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, claims = tmp_path / "small.yaml", tmp_path / "claims.yaml"
    stated = {"cluster": {"brokers": 2}, "faults": {"recipes": ["disconnect-leader"]}, "limits": {}}
    file.write_text(json.dumps({**_WORKLOAD, **stated}))
    arm = {"fault": "disconnect-leader"}
    claim = {
        "says": "so",
        "source": "me",
        "arms": {"a": arm},
        "checks": [{"check": "never", "what": "lost", "arms": ["a"]}],
    }
    claims.write_text(json.dumps({"name": "small", "kafka": "4.4.0", "claims": {"it-is": claim}}))
    for command, path in (("sweep", file), ("claims", claims)):
        for kind, lacks in (("local", True), ("compose", False)):
            refused = pytest.raises(WorkloadError, match="every trial is skipped") if lacks else nullcontext()
            with refused:
                cli.main([command, str(path), "--dry-run", "--cluster", kind], standalone_mode=False)
            said = " ".join(capsys.readouterr().out.split())
            assert ("cannot be done to a cluster of kind local" in said) is lacks
    wanted = on(load(file), {"kind": "compose"})
    assert (wanted.cluster.kind, wanted.cluster.brokers) == ("compose", 2)
    there = on(wanted, {"kind": "external", "bootstrap": ["127.0.0.1:9092"]})
    assert there.cluster.model_dump(mode="json") | {"nodes": {}} == {
        "kind": "external",
        "brokers": 2,
        "eligible_leader_replicas": True,
        "bootstrap": ["127.0.0.1:9092"],
        "prefix": "delivery-harness.",
        "properties": None,
        "nodes": {},
        "controller": None,
    }
    assert on(there, {"kind": "local"}) == on(wanted, {"kind": "local"}), "where others are means nothing to it"
    with pytest.raises(WorkloadError, match=r"cluster\.bootstrap: is missing"):
        on(wanted, {"kind": "external"})
    with pytest.raises(WorkloadError, match=r"cluster\.bootstrap: unknown key"):
        on(wanted, {"bootstrap": ["127.0.0.1:9092"]})
    assert describe("run", wanted, plan_of(wanted))["workload"]["cluster"]["kind"] == "compose"


def test_the_disk_that_counts_is_the_runs_own(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (run / "trials.jsonl").read_text().splitlines(keepends=True)
    (run / "trials.jsonl").write_text(lines[0])
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    asked: list[Path] = []

    def free_bytes(folder: Path) -> int:
        asked.append(folder)
        return 0

    monkeypatch.setattr(running, "free_bytes", free_bytes)
    with pytest.raises(WorkloadError) as refused:
        cli(["sweep", "--resume", os.fspath(run)], standalone_mode=False)
    assert asked == [run] and not list(Path().iterdir())
    assert any("the disk has 0.0 GB" in problem for problem in refused.value.problems)


def test_only_what_is_left_counts_against_the_limits(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (run / "trials.jsonl").read_text().splitlines(keepends=True)
    (run / "trials.jsonl").write_text(lines[0])
    with pytest.raises(WorkloadError, match=r"the run takes about 0\.3 minutes; limits\.minutes is 0\.1"):
        cli(["sweep", "--resume", os.fspath(run), "--dry-run"], standalone_mode=False)
    said = capsys.readouterr().out
    assert "small: 1 trial," in said and json.loads(lines[0])["id"] not in said


def test_a_run_with_trials_missing_is_not_whole(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (run / "trials.jsonl").read_text().splitlines(keepends=True)
    for kept, code, words in (
        (2, 0, ""),
        (1, 5, "1 trial of the plan without a record"),
        (0, 5, "2 trials of the plan without"),
    ):
        (run / "trials.jsonl").write_text("".join(lines[:kept]))
        with pytest.raises(SystemExit) as ended:
            cli(["check", os.fspath(run)], standalone_mode=False)
        assert ended.value.code == code
        assert words in capsys.readouterr().out


def test_of_a_run_that_does_not_say_what_was_planned_nothing_is_missed(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = json.loads((run / "run.json").read_text())
    del stored["planned"]
    (run / "run.json").write_text(json.dumps(stored))
    with pytest.raises(SystemExit) as ended:
        cli(["check", os.fspath(run)], standalone_mode=False)
    assert ended.value.code == 0 and "without a record" not in capsys.readouterr().out


def test_results_go_into_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "workload.yaml").write_text(json.dumps(_WORKLOAD | {"limits": {"minutes": 60}}))
    with pytest.raises(UsageError, match="that is there and no folder"):
        cli(["sweep", str(tmp_path / "workload.yaml"), "--results", str(tmp_path / "file")], standalone_mode=False)


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    planned = plan_of(parse(_WORKLOAD))
    taken = [datetime.now(UTC) + timedelta(seconds=second) for second in range(60)]
    for second in taken:
        (tmp_path / f"{second:%Y%m%d-%H%M%S}-small").mkdir()
    made = [running._new(tmp_path, planned, {"claims": None}) for _ in range(2)]
    assert made[0].folder.name.removesuffix("-2") in {f"{second:%Y%m%d-%H%M%S}-small" for second in taken}
    assert {results.run()["run_id"] for results in made} == {results.folder.name for results in made}
    assert len({results.folder for results in made}) == 2


@pytest.mark.parametrize("command", ["sweep", "report", "check"])
def test_a_folder_with_a_link_is_refused_and_what_it_leads_to_is_left_alone(
    run: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "photo.png").touch()
    (run / "scratch").symlink_to(tmp_path / "theirs")
    arguments = [command, *(["--resume"] if command == "sweep" else []), os.fspath(run)]
    with pytest.raises(ResultsUnusable, match="scratch is a link"):
        cli(arguments, standalone_mode=False)
    assert (tmp_path / "theirs" / "photo.png").exists()
