"""Runs that earlier versions stored: they are read, judged and rendered as they were, but for what is listed here.

``tests/stored/README.md`` says how they were made.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from harness.cli import cli
from harness.cli.codes import FAILED, INCOMPLETE, OK
from harness.events import Verdict
from harness.judge import judge
from harness.store import Results, TrialRecord

STORED = Path(__file__).parent / "stored"

READ_DIFFERENTLY: dict[int, dict[tuple[str, str, str], int]] = {
    1: {
        # It is so in one session of one producer, and what was found there was found in a log and in no pipeline.
        ("promise", "exactly-once", "once-per-session"): 9,
        ("observed", "exactly-once", "once"): 12,
        # Something went wrong that was never promised not to: since format 2 that has a word of its own.
        ("verdict", "kept", "allowed"): 1,
    },
    2: {},
}
"""What is read as another word, and in how many trials."""

_REFUSED = "inject-error-messages-200-skip-1-every-2-times-1-error-29.r1"
JUDGED_DIFFERENTLY: dict[int, dict[str, dict[str, tuple[int, int]]]] = {
    # Its producers took TOPIC_AUTHORIZATION_FAILED for proof that a message is in no log. It proves nothing where a
    # client sends again: an earlier attempt may have landed.
    1: {
        f"confluent-kafka.acks-all.no-idem.{_REFUSED}": {
            "counts.failed": (150, 0),
            "counts.unknown": (0, 150),
            "anomalies.unknown_absent": (0, 150),
        },
        f"kafka-python.acks-all.no-idem.{_REFUSED}": {
            "counts.failed": (50, 0),
            "counts.unknown": (0, 50),
            "anomalies.unknown_absent": (0, 50),
        },
    },
    # Once it had that error, librdkafka refused what came next by the same name, and what a client never took is in no
    # log. But before format 3 a journal does not tell that from what was reported, so that it is unknown as well.
    2: {
        f"confluent-kafka.acks-all.no-idem.{_REFUSED}": {
            "counts.failed": (100, 0),
            "counts.unknown": (50, 150),
            "anomalies.unknown_absent": (50, 150),
        },
    },
}
"""By trial, with what was said then and what is said now; what is not here is judged as it was."""

RENDERED_DIFFERENTLY: dict[int, dict[str, str]] = {1: {"kept: 26 reordered": "allowed: 26 reordered"}, 2: {}}
"""Cells of the matrix of verdicts, whose verdict is read as another."""


@pytest.fixture(params=sorted(READ_DIFFERENTLY))
def of(request: pytest.FixtureRequest) -> int:
    """The format."""
    written: int = request.param
    return written


@pytest.fixture
def results(of: int) -> Results:
    return Results.open(STORED / f"format-{of}")


def test_the_run_is_of_its_format_and_shows_something_of_everything(of: int, results: Results) -> None:
    written = {line["format"] for line in _lines(results)}
    sealed = {int(pq.read_schema(path).metadata[b"format"]) for path in results.journals.iterdir()}
    assert {results.run()["format"]} == written == sealed == {of}
    ran = [record for record in results.records() if record.status != "skipped"]
    assert {record.verdict for record in ran} == {*Verdict} - {Verdict.BROKEN}
    assert {record.kind for record in ran} == {"performance", "fault"}
    assert len({record.client for record in ran}) == 2
    assert len(ran) < len(results.records())


def test_a_record_says_what_its_line_says(of: int, results: Results) -> None:
    read: Counter[tuple[str, str, str]] = Counter()
    for line, record in zip(_lines(results), results.records(), strict=True):
        changes = _changes(_flat(line), _flat(record.model_dump(mode="json", by_alias=True)))
        read.update((path, before, now) for path, (before, now) in changes.items())
    assert read == READ_DIFFERENTLY[of]


def test_a_trial_is_judged_as_it_was(of: int, results: Results) -> None:
    judged = {
        stored.id: _changes(_judgement(stored), _judgement(judge(stored, results.journals)))
        for stored in results.records()
    }
    assert {trial: changes for trial, changes in judged.items() if changes} == JUDGED_DIFFERENTLY[of]


def test_check_says_what_is_judged_differently(of: int, results: Results) -> None:
    checked = CliRunner().invoke(cli, ["check", str(results.folder)])
    *differing, total = checked.output.splitlines()
    assert (checked.exit_code, {line.split(":")[0] for line in differing}) == (FAILED, {*JUDGED_DIFFERENTLY[of]})
    assert f"trials judged again, {len(differing)} differently" in total


def test_check_of_what_is_judged_as_it_was(of: int, results: Results, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(results.folder, tmp_path / "copy"))
    same = [line for line in _lines(results) if line["id"] not in JUDGED_DIFFERENTLY[of]]
    known = [line for line in same if line["verdict"] != Verdict.UNKNOWN]
    for kept, code in ((same, INCOMPLETE), (known, OK)):
        (copy / "trials.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in kept))
        (copy / "run.json").write_text(json.dumps(results.run() | {"planned": len(kept)}))
        checked = CliRunner().invoke(cli, ["check", str(copy)])
        assert (checked.exit_code, checked.output) == (code, f"{len(kept)} trials judged again, 0 differently\n")


def test_the_report_says_what_it_said(of: int, results: Results, tmp_path: Path) -> None:
    """What it advises, and the words around its figures, are today's."""
    copy = Path(shutil.copytree(results.folder, tmp_path / "copy"))
    rendered = CliRunner().invoke(cli, ["report", str(copy)])
    assert rendered.exit_code == OK, rendered.output
    then, now = ((folder / "report.md").read_text() for folder in (results.folder, copy))
    verdicts = [[RENDERED_DIFFERENTLY[of].get(cell, cell) for cell in row] for row in _verdicts(then)]
    assert verdicts and _verdicts(now) == verdicts
    for figures in (_wrong, _paced, _saturated, _fired):
        assert figures(then) and figures(now) == figures(then)


def _lines(results: Results) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (results.folder / "trials.jsonl").read_text().splitlines()]


def _flat(said: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    """What a record says, each by its path."""
    flat: dict[str, Any] = {}
    for key, value in said.items():
        flat |= _flat(value, f"{at}{key}.") if isinstance(value, dict) else {f"{at}{key}": value}
    return flat


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """By path; where there was nothing, nobody had looked."""
    return {
        path: (value, now.get(path)) for path, value in before.items() if value is not None and now.get(path) != value
    }


def _judgement(record: TrialRecord) -> dict[str, Any]:
    """All that it says but the words of reasons, and whether its load was steady, which its halves once told; of each
    anomaly what was permitted.
    """
    said = record.model_dump(mode="json", by_alias=True, exclude={"verdict_reason", "expectations"})
    for told_anew in ("steady", "unsteady"):
        (said["throughput"] or {}).pop(told_anew, None)
    return _flat(said) | {f"permission.{rule.anomaly}": rule.permission for rule in record.expectations or ()}


def _rows(report: str, section: str) -> list[list[str]]:
    """The cells of all tables of a section, without their headers."""
    parts = re.split(r"^#{2,3} (.+)$", report, flags=re.MULTILINE)
    lines = dict(zip(parts[1::2], parts[2::2], strict=True))[section].splitlines()
    tables = [list(table) for is_one, table in groupby(lines, lambda line: line.startswith("|")) if is_one]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for _, _, *rows in tables for line in rows]


def _verdicts(report: str) -> list[list[str]]:
    """Of each client and fault, without what is no longer said: of a fault that a client never ran under, and of trials
    of different loads how sure the next one is.
    """
    rows = [[re.sub(r" \(.+ %\)", "", cell).strip() for cell in row] for row in _rows(report, "Verdicts")]
    return [row for row in rows if {*row[1:]} != {"skipped"}]


def _wrong(report: str) -> list[str]:
    """Of each configuration."""
    return [row[-1] for row in _rows(report, "In short")]


def _paced(report: str) -> list[list[str]]:
    """Of each client and configuration, without its name."""
    return [[row[0], *row[3:]] for row in _rows(report, "Latency at a paced load")]


def _saturated(report: str) -> list[list[str]]:
    """But for what limited it, which nobody had looked at."""
    return [[row[0], *row[3:10]] for row in _rows(report, "Throughput, and latency at saturation")]


def _fired(report: str) -> list[list[str]]:
    """Of each fault how often it was tried, and how often it fired."""
    return [[row[0], *row[2:]] for row in _rows(report, "Faults")]
