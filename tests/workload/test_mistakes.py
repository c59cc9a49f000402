"""Mistakes in a workload: each is said with its place, and all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from harness.workload import WorkloadError, load, parse
from harness.workload.foreign import FOREIGN

from .files import BASE, refusal

MISTAKES = Path(__file__).with_name("mistakes.txt")


def cases() -> Iterator[tuple[str, list[str]]]:
    """The base with one thing replaced, ``old => new``, and below it all that is said of it then."""
    for line in MISTAKES.read_text().splitlines():
        if not line.startswith("  "):
            old, new = line.replace("\\n", "\n").split(" => ")
            new = new.replace("(nothing)", "")
            assert BASE.count(old) == 1, old
            yield BASE.replace(old, new), (expected := [])
        else:
            expected.append(line.strip())


def test_a_list_is_not_too_short_that_has_something_wrong_in_it(tmp_path: Path) -> None:
    text = re.sub(r"  loads:\n(    - .*\n)+", "  loads:\n    - {rate: 1, seconds: 0}\n", BASE)
    assert refusal(tmp_path, text) == ["12: performance.loads[0].seconds: 0 is too small; it has to be more than 0"]


@pytest.mark.parametrize(
    ("text", "expected"), list(cases()), ids=lambda case: case[0] if isinstance(case, list) else ""
)
def test_a_mistake_is_said_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert refusal(tmp_path, text) == expected


def test_every_mistake_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        BASE.replace("name: base", "topics: 3")
        .replace("[1, 3]", "[1, 5]")
        .replace("acks: [0, 1, all]", "ackz: [0]")
        .replace("rate: 2000", "rate: -1")
        .replace("- zombie-leader", "- zombie")
    )
    assert [line.split(": ")[0:2] for line in refusal(tmp_path, text)] == [
        ["1", "name"],
        ["1", "topics"],
        ["6", "sweep.ackz"],
        ["7", "sweep.replication.factor"],
        ["13", "performance.loads[1].rate"],
        ["16", "faults.recipes[0]"],
        ["19", "exclude[0].acks"],
    ]


def test_a_composition_that_could_only_fail_is_said_with_its_place(tmp_path: Path) -> None:
    text = BASE.replace("    - zombie-leader\n", "    - kill-producer then lose-ack\n").replace(
        ", fault: zombie-leader", ""
    )
    path = tmp_path / "w.yaml"
    path.write_text(text)
    with pytest.raises(WorkloadError) as refused:
        load(path)
    (said,) = refused.value.problems
    assert said.startswith(
        f"{path}:16: faults.recipes[0]: kill-producer leaves no producer that could send for lose-ack"
    )


@pytest.mark.parametrize("key", FOREIGN)
def test_a_key_of_another_tool_is_said_by_its_name_here(tmp_path: Path, key: str) -> None:
    assert refusal(tmp_path, f"{BASE}{key}: 3\n") == [f"20: {key}: unknown key: {FOREIGN[key]}"]


def test_a_sweep_that_would_not_end_is_refused(tmp_path: Path) -> None:
    axis = f"  linger.ms: {list(range(1000))}\n  acks:"
    text = BASE.replace("  acks:", axis).replace("config:\n  linger.ms: 5\n", "")
    assert refusal(tmp_path, text) == ["4: sweep: makes 48,000 trials; at most 10,000"]


def test_data_without_a_file_is_refused_without_lines() -> None:
    with pytest.raises(WorkloadError) as refused:
        parse({**yaml.safe_load(BASE), "kafka": "4.4.0", "name": "B", "seed": -1})
    assert refused.value.problems == (
        "name: 'B' is not a name: up to 60 lower-case letters, digits and dashes",
        "seed: -1 is too small; at least 0",
    )
