"""The results folder: a crash loses no finished trial, and another format is not misread."""

import json
import os
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


def test_a_line_cut_within_a_letter_is_no_trial_either(tmp_path: Path) -> None:
    results = Results.create(tmp_path / "run", {"format": 1})
    results.append(_record("a", "≤ 3 %"))
    line = _record("b", "≤ 3 %").model_dump_json().encode()
    with (results.folder / "trials.jsonl").open("ab") as file:
        file.write(line[: line.index("≤".encode()) + 1])
    assert [(record.id, record.reason) for record in results.records()] == [("a", "≤ 3 %")]
    with (results.folder / "trials.jsonl").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ResultsUnusable, match=r"trials\.jsonl:2 is damaged"):
        results.records()


def test_what_is_written_is_on_the_disk_before_the_line_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        really(descriptor)
        status = os.fstat(descriptor)
        paths = [tmp_path, *tmp_path.rglob("*")]
        synced.extend(str(path.relative_to(tmp_path)) for path in paths if os.path.samestat(path.stat(), status))

    monkeypatch.setattr(os, "fsync", fsync)
    results = Results.create(tmp_path / "results" / "run", {"format": 1})
    assert {"results/run", "results", "."} <= set(synced) and synced.index("results/run/run.json.partial") == 0
    for name in ("a.log.parquet", "a.producer-0.parquet", "ab.log.parquet"):
        (results.journals / name).write_bytes(b"journal")
    synced.clear()
    results.append(_record("a"))
    *journals, folder, line, run = synced
    assert sorted(journals) == [f"results/run/journals/a.{part}.parquet" for part in ("log", "producer-0")]
    assert (folder, line, run) == ("results/run/journals", "results/run/trials.jsonl", "results/run")


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


@pytest.mark.parametrize("change", [{}, {"verdict": "a word of then"}, {"status": "new"}])
def test_a_record_of_a_newer_format_is_newer_and_not_damaged(tmp_path: Path, change: dict[str, str]) -> None:
    results = Results.create(tmp_path / "run", {"format": 1})
    results.append(_record("a"))
    line = {**json.loads((results.folder / "trials.jsonl").read_text()), "format": 99, **change}
    (results.folder / "trials.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(ResultsUnusable, match="results of format 99; this harness reads up to"):
        results.records()


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


def test_a_link_is_refused_wherever_it_is(tmp_path: Path) -> None:
    folder = Results.create(tmp_path / "run", {"format": 1}).folder
    (folder / "scratch" / "deep").mkdir(parents=True)
    (tmp_path / "by-another-name").symlink_to(folder)
    assert Results.open(tmp_path / "by-another-name").run() == {"format": 1}, "how one comes there is one's own affair"
    for link in (folder / "trials.jsonl", folder / "logs", folder / "scratch" / "deep" / "link"):
        link.symlink_to(tmp_path)
        with pytest.raises(ResultsUnusable, match=f"{link} is a link"):
            Results.open(folder)
        link.unlink()


def test_an_existing_folder_is_never_made_anew(tmp_path: Path) -> None:
    Results.create(tmp_path / "run", {"format": 1})
    with pytest.raises(FileExistsError):
        Results.create(tmp_path / "run", {"format": 1})
