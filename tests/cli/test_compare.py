"""``harness compare``: what it says to a reader and to a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.events import Verdict
from tests.report.synthetic_records import broken, one, store

from .test_refusals import harness, refused

_KEPT = one(fault="kill-leader", verdict=Verdict.KEPT)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return store(tmp_path / "base", [_KEPT, _KEPT.model_copy(update={"id": "other", "client": "kafka-python"})])


def test_a_broken_promise_is_exit_code_3(base: Path, tmp_path: Path) -> None:
    new = store(tmp_path / "new | run", [broken(_KEPT)])
    done = harness("compare", base, new)
    assert done.returncode == 3, done
    assert "2 trials: 1 broken and 1 not decided." in done.stdout
    assert "| aiokafka, acks=all, RF 3, kill-leader | **broken** | kept | broken: lost 12 |" in done.stdout


def test_a_missing_trial_is_exit_code_5(base: Path, tmp_path: Path) -> None:
    done = harness("compare", base, store(tmp_path / "new", [_KEPT]))
    assert done.returncode == 5, done
    assert "| kafka-python, acks=all, RF 3, kill-leader | **not decided** | kept | — |" in done.stdout


def test_a_run_beside_itself(base: Path) -> None:
    done = harness("compare", base, base)
    assert done.returncode == 0, done
    assert "2 trials: 2 same." in done.stdout


def test_kinds_of_clusters_are_compared_only_when_asked_for(base: Path, tmp_path: Path) -> None:
    new = store(tmp_path / "new", [_KEPT, broken(_KEPT)], cluster={"kind": "compose"})
    refused(harness("compare", base, new), 2, "differ in cluster (cluster: local against compose)", "--across cluster")
    done = harness("compare", base, new, "--across", "cluster")
    assert done.returncode == 3, done
    assert "| cluster | local | compose |" in done.stdout


def test_nonsense_is_one_line(base: Path, tmp_path: Path) -> None:
    refused(harness("compare", base, tmp_path), 2, "is not a results folder")
    refused(harness("compare", base, base, "--across", "weather"), 2, "'weather' is not one of")
    (base / "trials.jsonl").write_text("{}\n")
    refused(harness("compare", base, base), 2, "trials.jsonl:1 is damaged")
