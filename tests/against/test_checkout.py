"""The harness as it was at another commit: found by a ref, and first on a child's path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness import roles
from harness.against import checkout
from harness.against.arms import arms, provided
from harness.clients.named import Named
from harness.workload import WorkloadError

from .workloads import workload

HEAD = checkout.commit_of("HEAD")
pytestmark = pytest.mark.skipif(HEAD is None, reason="this is no checkout of git")


@pytest.mark.parametrize("ref", ["no-such-branch", "-h", "", "HEAD:harness", "refs/heads/gone"])
def test_what_is_no_ref_is_refused(ref: str) -> None:
    assert checkout.commit_of(ref) is None
    with pytest.raises(WorkloadError, match="nor a git ref of the harness"):
        arms(workload(), ref)


def test_what_runs_here_is_nothing_to_compare_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "is_this", lambda commit: commit == HEAD)
    with pytest.raises(WorkloadError, match=f"--against HEAD: that is {HEAD[:12]}, which is what runs here"):  # type: ignore[index]
        arms(workload(), "HEAD")


def test_a_child_is_as_the_harness_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache ü"))
    assert HEAD is not None
    there = checkout.provide(HEAD)
    assert checkout.provide(HEAD) == there
    assert [path.name for path in there.parent.iterdir()] == [HEAD], "nothing else is left"
    environment = roles.environment("producer", Named("aiokafka"), there)
    command = [sys.executable, "-P", "-c", "import harness; print(harness.__file__)"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert Path(said.stdout.strip()).is_relative_to(there)


def test_arms_of_a_commit_differ_in_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "is_this", lambda commit: False)
    both = arms(workload(), "HEAD")
    assert (both.commit, both.aside) == (HEAD, frozenset())
    assert all(pair.base and pair.new for pair in both.pairs)


def test_a_harness_that_is_told_otherwise_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(checkout, "is_this", lambda commit: False)
    assert HEAD is not None
    there = checkout.provide(HEAD)
    assert checkout.misunderstands(there) is None
    spec = there / "harness" / "load" / "spec.py"
    spec.write_text(spec.read_text().replace("capacity: int", "room: int"))
    assert "capacity" in (checkout.misunderstands(there) or "")
    with pytest.raises(WorkloadError, match="do not understand what they are told here: TypeError"):
        provided(arms(workload(), "HEAD"))
