"""The results folder: a crash loses no finished trial, and another format is not misread."""

import json
from pathlib import Path

import pytest

from harness.events import FORMAT
from harness.store import FaultRecord, Results, ResultsUnusable, TrialRecord


def _record(trial_id: str, reason: str | None = None) -> TrialRecord:
    return TrialRecord(
        id=trial_id,
        name=trial_id,
        kind="fault",
        repeat=1,
        kafka="4.4.0",
        client="aiokafka",
        config={"acks": "all"},
        load={},
        fault=FaultRecord(name="lose-ack"),
        status="skipped",
        reason=reason,
    )


def test_records_come_back_and_the_later_one_of_a_trial_counts(tmp_path: Path) -> None:
    results = Results.create(tmp_path / "run", {"format": 1})
    for record in (_record("a"), _record("b"), _record("a", "again")):
        results.append(record)
    assert [(record.id, record.reason) for record in Results.open(tmp_path / "run").records()] == [
        ("a", "again"),
        ("b", None),
    ]


def test_a_line_cut_off_by_a_crash_is_no_trial_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    results = Results.create(tmp_path / "run", {"format": 1})
    results.append(_record("a"))
    with (results.folder / "trials.jsonl").open("a") as file:
        file.write('{"id": "b", "na')
    assert [record.id for record in results.records()] == ["a"]
    results.mend()
    results.append(_record("c"))
    assert [record.id for record in results.records()] == ["a", "c"]


def test_two_harnesses_do_not_run_one_run(tmp_path: Path) -> None:
    results = Results.create(tmp_path / "run", {"format": 1})
    with results.claimed():
        with pytest.raises(ResultsUnusable, match="is being run by another harness"), results.claimed():
            pass
        results.append(_record("a"))
    with results.claimed():
        assert [record.id for record in results.records()] == ["a"]


def test_absent_is_null(tmp_path: Path) -> None:
    results = Results.create(tmp_path / "run", {"format": 1})
    results.append(_record("a"))
    line = json.loads((results.folder / "trials.jsonl").read_text())
    assert line["counts"] is None and line["latency_ms"] is None and line["verdict"] is None


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    Results.create(tmp_path / "run", {"format": FORMAT + 1})
    with pytest.raises(ResultsUnusable, match=f"results of format {FORMAT + 1}; this harness reads up to {FORMAT}"):
        Results.open(tmp_path / "run")


@pytest.mark.parametrize(
    ("anomalies", "stored", "read"),
    [({"lost": 172}, "kept", "allowed"), ({"unknown_landed": 3}, "kept", "kept"), ({"lost": 1}, "broken", "broken")],
)
def test_format_1_is_read_in_the_words_of_today(
    tmp_path: Path, anomalies: dict[str, int], stored: str, read: str
) -> None:
    results = Results.create(tmp_path / "run", {"format": 1})
    old = json.loads(_record("a").model_dump_json()) | {
        "format": 1,
        "status": "completed",
        "anomalies": {"lost": 0, "unknown_landed": 0, **anomalies},
        "verdict": stored,
        "promise": "exactly-once",
        "observed": "exactly-once",
    }
    (results.folder / "trials.jsonl").write_text(json.dumps(old) + "\n")
    (record,) = Results.open(results.folder).records()
    assert (record.verdict, record.promise, record.observed) == (read, "once-per-session", "once")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": "x"}'])
def test_a_damaged_run_is_said_to_be_damaged(tmp_path: Path, content: str) -> None:
    Results.create(tmp_path / "run", {"format": 1})
    (tmp_path / "run" / "run.json").write_text(content)
    with pytest.raises(ResultsUnusable, match="is damaged"):
        Results.open(tmp_path / "run")


def test_another_folder_is_no_results_folder(tmp_path: Path) -> None:
    with pytest.raises(ResultsUnusable, match="is not a results folder"):
        Results.open(tmp_path)


def test_a_damaged_line_in_the_middle_is_said_with_its_place(tmp_path: Path) -> None:
    results = Results.create(tmp_path / "run", {"format": 1})
    (results.folder / "trials.jsonl").write_text("nonsense\n")
    with pytest.raises(ResultsUnusable, match=r"trials\.jsonl:1 is damaged"):
        results.records()
