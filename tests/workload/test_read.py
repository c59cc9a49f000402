"""What is read from a workload file, and from one that was stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.workload import load, parse

from .files import BASE, SHIPPED, refusal


def test_a_key_whose_value_is_empty_counts_as_left_out(tmp_path: Path) -> None:
    text = BASE[: BASE.index("exclude:")].replace("performance:\n", "performance:\n  repeats:\n")
    parts = "kill_leader: , zombie_leader: {messages: }"
    assert (
        refusal(tmp_path, text.replace("- zombie-leader", f"- {{name: zombie-leader then kill-leader, {parts}}}")) == []
    )


def test_what_is_read(tmp_path: Path) -> None:
    text = BASE.replace("[0, 1, all]", "[1, '0', -1]").replace("acks: 0,", "acks: ['0', -1],")
    (tmp_path / "w.yaml").write_text(text)
    workload = load(tmp_path / "w.yaml")
    assert list(workload.sweep[0].axes) == ["client", "acks", "replication.factor"]
    assert workload.sweep[0].axes["acks"] == ("1", "0", "all")
    assert workload.kafka == ("4.4.0",)
    assert workload.performance is not None and workload.faults is not None
    assert [load.most_messages for load in workload.performance.loads] == [1_000_000, 4_000]
    assert [(recipe.name, recipe.given) for recipe in workload.faults.recipes] == [
        ("zombie-leader", {}),
        ("lose-request", {"silent": True}),
    ]
    assert workload.exclude[0].matches({"client": "aiokafka", "acks": "all", "fault": "zombie-leader"})
    assert not workload.exclude[0].matches({"client": "aiokafka", "acks": "1", "fault": "zombie-leader"})


def test_a_key_without_a_value_is_as_good_as_none(tmp_path: Path) -> None:
    text = BASE[: BASE.index("exclude:")] + "exclude:\nlimits:\n"
    assert refusal(tmp_path, text.replace("config:\n  linger.ms: 5\n", "config:\n")) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_stored_workload_is_read_back(path: Path) -> None:
    workload = load(path)
    assert parse(json.loads(workload.model_dump_json())) == workload
