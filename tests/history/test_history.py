"""``harness history``: what it says of a folder of runs, and of what is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.in_process import harness
from tests.cli.test_refusals import refused
from tests.compare.test_figures import paced, saturated
from tests.report.synthetic_records import store

RUNS = 12


def put(folder: Path, number: int, rate: float, **run: object) -> None:
    """A run, the later the higher its number."""
    commit = f"{number:040x}"
    day = f"2026-03-{number + 1:02}T02:17:00+00:00"
    records = [*saturated([rate * (1 + each / 100) for each in range(3)]), *paced([5.0 + number % 2 / 10] * 3)]
    about = {"run_id": f"run-{number:02}", "started": day, "git": {"commit": commit, "dirty": False}, **run}
    store(folder / f"run-{number:02}", records, **about)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rate that falls by a fifth from the seventh run on."""
    for number in range(RUNS):
        put(tmp_path / "all ü", number, (1e5 if number < 6 else 0.8e5) * (1 + (number % 3) / 100))
    return tmp_path / "all ü"


def test_it_says_since_which_commit_a_figure_is_another(folder: Path) -> None:
    done = harness("history", folder)
    assert done.returncode == 0, done
    page = (folder / "history/history.md").read_text()
    assert "History of 12 runs" in page
    (row,) = [line for line in page.splitlines() if line.startswith("|") and "| throughput |" in line]
    assert "| run-06 | 000000000000 |" in row and "0.80x" in row
    assert "| median latency |" not in page
    for chart in ("throughput", "median-latency"):
        for suffix in ("png", "svg"):
            assert (folder / f"history/charts/history-{chart}.{suffix}").stat().st_size > 1_000
    assert len((folder / "history/history.csv").read_text().splitlines()) == 1 + RUNS


def test_another_kernel_is_another_course(folder: Path) -> None:
    for number in range(RUNS, 2 * RUNS):
        put(folder, number, 3e5, kernel="Linux 7.0")
    done = harness("history", folder, "--into", folder / "elsewhere")
    assert done.returncode == 0, done
    page = (folder / "elsewhere/history.md").read_text()
    assert "Courses are cut" in page and "Linux 7.0" in page
    rows = [line for line in page.splitlines() if line.startswith("|") and "| throughput |" in line]
    assert len(rows) == 1, "from one machine to another there is no change"


def test_each_course_has_a_name_and_a_column_of_its_own(tmp_path: Path) -> None:
    """What differs from run to run alone is in the names, and so is the machine."""
    for number in range(4):
        records = saturated([1e5] * 3, config={"linger.ms": number % 2})
        day = f"2026-03-{number + 1:02}T02:17:00+00:00"
        kernel = f"Linux {6 + number // 2}.0"
        store(tmp_path / f"run-{number}", records, run_id=f"run-{number}", started=day, kernel=kernel)
    assert harness("history", tmp_path).returncode == 0
    header, *rows = (line.split(",") for line in (tmp_path / "history/history.csv").read_text().splitlines())
    throughput = [name for name in header if name.endswith(" throughput")]
    assert throughput == [
        f"aiokafka acks=all linger.ms={linger} RF 3 load max machine {machine} throughput"
        for machine in (1, 2)
        for linger in (0, 1)
    ]
    for row in rows:
        assert sum(bool(row[header.index(name)]) for name in throughput) == 1


def test_what_is_no_run_is_passed_over_and_said(folder: Path) -> None:
    (folder / "run-03/run.json").write_text('{"format": 3, "run')
    (folder / "run-04/trials.jsonl").write_text("{}\n")
    run = json.loads((folder / "run-05/run.json").read_text())
    (folder / "run-05/run.json").write_text(json.dumps({**run, "started": "at noon"}))
    done = harness("history", folder)
    assert done.returncode == 0, done
    page = (folder / "history/history.md").read_text()
    assert "History of 9 runs" in page and "run-05/run.json does not say when it was started" in page
    assert "run-03/run.json is damaged" in page and "run-04/trials.jsonl:1 is damaged" in page


def test_a_copy_counts_once_and_of_a_run_against_a_base_the_new_arm_does(folder: Path) -> None:
    shutil.copytree(folder / "run-03", folder / "run-03 again")
    for arm in ("base", "new"):
        put(folder / "an against", 12, 1e5, run_id=f"an-against-{arm}")
        (folder / "an against/run-12").rename(folder / "an against" / arm)
    run = json.loads((folder / "run-04/run.json").read_text())
    (folder / "run-04/run.json").write_text(json.dumps({**run, "cpu": "fast"}))
    done = harness("history", folder)
    assert done.returncode == 0, done
    page = (folder / "history/history.md").read_text()
    assert "History of 12 runs" in page
    assert "run-03 again is a copy of the run run-03" in page
    assert "run-04/run.json is damaged: cpu: " in page


def test_where_there_is_none_that_is_a_line(tmp_path: Path) -> None:
    put(tmp_path / "damaged", 1, 1e5)
    (tmp_path / "damaged/run-01/trials.jsonl").write_text("{}\n")
    refused(harness("history", tmp_path / "damaged"), 2, "has no runs", "trials.jsonl:1 is damaged")
    refused(harness("history", tmp_path), 2, "has no runs")
    refused(harness("history", tmp_path / "nowhere"), 2, "has no runs")
