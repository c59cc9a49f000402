"""``harness compare``: what it says to a reader and to a script."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.events import Verdict
from harness.store import Results
from tests.compare.test_figures import noise, saturated
from tests.report.synthetic_records import broken, one, store

from .in_process import harness
from .test_refusals import refused

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


def test_a_figure_that_is_worse_is_exit_code_4(tmp_path: Path) -> None:
    base = store(tmp_path / "base", saturated([1e5 * each for each in noise(1, 0.02)]))
    new = store(tmp_path / "new", saturated([0.7e5 * each for each in noise(2, 0.02)]))
    done = harness("compare", base, new)
    assert done.returncode == 4, done
    assert "**Performance regressed.**" in done.stdout
    assert "| aiokafka, acks=all, RF 3, load max | throughput, messages/s | **regressed** |" in done.stdout
    advice = store(tmp_path / "another", saturated([0.7e5] * 12), kernel="Linux 7.0")
    done = harness("compare", base, advice, "--across", "machine")
    assert done.returncode == 0, done
    assert "no more than advice" in done.stdout


def test_a_run_that_is_not_whole_is_never_nothing_regressed(base: Path, tmp_path: Path) -> None:
    new = store(tmp_path / "new", Results.open(base).records(), planned=5)
    done = harness("compare", base, new)
    assert done.returncode == 5, done
    assert "**Incomplete.** 2 trials: 2 same. 3 trials that had to run did not." in done.stdout
    assert json.loads(harness("compare", base, new, "--format", "json").stdout)["did_not_run"] == 3
    (guarantees, _) = ElementTree.fromstring(harness("compare", base, new, "--format", "xml").stdout)
    assert guarantees.get("errors") == "1"
    nothing = store(tmp_path / "nothing", [])
    done = harness("compare", nothing, base)
    assert done.returncode == 5, done
    assert "No trial ran in both." in done.stdout


def test_more_rounds_make_up_for_no_trial(tmp_path: Path) -> None:
    """Cut short behind rounds that were not planned, which are as many as the trials that did not run."""
    ids = {"base": "run-base", "new": "run-new"}
    for side, other in (("base", "new"), ("new", "base")):
        records = [
            each.model_copy(update={"id": f"{side}.{each.id}"}) for each in saturated([1e5] * 20, verdict=Verdict.KEPT)
        ]
        about = {"asked": "kafka==4.4.0", other: ids[other], "aside": [], "rounds": 10, "commit": None}
        store(tmp_path / side, records, run_id=ids[side], planned=11, against=about)
    for way in (("base", "new"), ("new", "base")):
        done = harness("compare", *(tmp_path / side for side in way))
        assert done.returncode == 5, done
        assert "2 trials that had to run did not." in done.stdout
        assert "Both were measured in turn" in done.stdout, "whichever is called the base"


def test_runs_in_folders_of_one_name_are_told_apart(base: Path, tmp_path: Path) -> None:
    again = store(tmp_path / "elsewhere/base", Results.open(base).records())
    assert f"`{again}` against `{base}`" in harness("compare", base, again).stdout


def test_both_arms_of_a_run_are_named_where_their_folder_is_given(base: Path, tmp_path: Path) -> None:
    store(tmp_path / "against/new", [_KEPT])
    refused(harness("compare", base, tmp_path / "against"), 2, "it has no run.json; there are", "against/new")


def test_other_forms_are_for_programs(base: Path, tmp_path: Path) -> None:
    new = store(tmp_path / "new", [broken(_KEPT)])
    said = json.loads(harness("compare", base, new, "--format", "json").stdout)
    assert said["outcome"] == "broken"
    assert [each["change"] for each in said["guarantees"]] == ["broken", "not decided"]
    suites = ElementTree.fromstring(harness("compare", base, new, "--format", "xml").stdout)
    (guarantees, performance) = suites
    assert dict(guarantees.attrib) == {
        "name": "guarantees", "tests": "2", "failures": "1", "errors": "1", "skipped": "0"
    }  # fmt: skip
    assert performance.get("tests") == "0"


def test_settings_of_one_run_are_compared(tmp_path: Path) -> None:
    one_run = saturated([1e5] * 12, config={"acks": "1"}) + saturated([0.5e5] * 12, config={"acks": "all"})
    run = store(tmp_path / "run", [record.model_copy(update={"id": str(n)}) for n, record in enumerate(one_run)])
    done = harness("compare", run, "--by", "acks")
    assert done.returncode == 0, done
    assert "`acks=all` against `acks=1`" in done.stdout
    assert "| throughput, messages/s | **regressed** |" in done.stdout
    assert "at a level of 1 % for all" in done.stdout, "it is a description, and nobody is alarmed"
    assert "| aiokafka, RF 3, load max | throughput, messages/s |" in done.stdout
    refused(
        harness("compare", run, "--by", "kafka"),
        2,
        "has no two trials that differ in kafka and in nothing else; there are of acks",
    )
    refused(harness("compare", run, "--by", "partitions"), 2, "no two trials that differ in partitions", "are of acks")
    refused(harness("compare", run, "--by", ""), 2, "no two trials that differ in ''")
    refused(harness("compare", run), 2, "give either two stored runs, or one and --by")
