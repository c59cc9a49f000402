"""What a report writes and removes in a folder that may be anybody's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.events import Verdict
from harness.kinds import KINDS
from harness.report import render
from harness.report.files import slug, write
from harness.store import FaultRecord, ResultsUnusable

from .synthetic_records import anomalies, one, store


def test_of_the_last_report_all_goes_that_this_one_does_not_make_and_nothing_else(tmp_path: Path) -> None:
    lost = one(id="a", fault="kill-leader", anomalies=anomalies(lost=3), verdict=Verdict.BROKEN)
    other = lost.model_copy(update={"id": "b", "fault": FaultRecord(name="lose-ack", fired=True)})
    folder = store(tmp_path / "run", [lost, other])
    render(folder, KINDS.values())
    assert (folder / "faults" / "lose-ack.md").exists()
    of_a_person = [folder / "charts" / "holiday.png", folder / "faults" / "notes.md", tmp_path / "beside.png"]
    for path in of_a_person:
        path.write_bytes(b"mine")
    index = json.loads((folder / "files.json").read_text())
    foreign = ["run.json", "../beside.png", "charts/../../beside.png", str(tmp_path / "beside.png"), 7, "charts"]
    (folder / "files.json").write_text(json.dumps([*index, *foreign[:4], "charts"]))
    lines = (folder / "trials.jsonl").read_text().splitlines(keepends=True)
    (folder / "trials.jsonl").write_text(lines[0])
    render(folder, KINDS.values())
    assert not (folder / "faults" / "lose-ack.md").exists() and (folder / "faults" / "kill-leader.md").exists()
    assert [path.read_bytes() for path in of_a_person] == [b"mine"] * 3 and (folder / "run.json").exists()
    for damaged in (json.dumps(foreign), "{", "7"):
        (folder / "files.json").write_text(damaged)
        render(folder, KINDS.values())
        assert json.loads((folder / "files.json").read_text()) == [path for path in index if "lose-ack" not in path]


def test_a_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("theirs")
    for name in ("report.md", f"report.md.{os.getpid()}.partial"):
        (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    write(tmp_path / "report.md", "ours")
    assert (tmp_path / "report.md").read_text() == "ours"
    assert (tmp_path / "elsewhere").read_text() == "theirs"
    assert {path.name for path in tmp_path.iterdir()} == {"elsewhere", "report.md"}


@pytest.mark.parametrize("where", ["charts", "faults", "report.md", "journals/x.parquet"])
def test_a_folder_with_a_link_in_it_has_no_report(tmp_path: Path, where: str) -> None:
    folder = store(tmp_path / "run", [one()])
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "old.png").touch()
    (folder / where).symlink_to(tmp_path / "theirs")
    with pytest.raises(ResultsUnusable, match=f"{where} is a link"):
        render(folder, KINDS.values())
    assert [path.name for path in (tmp_path / "theirs").iterdir()] == ["old.png"]


@given(st.lists(st.text(max_size=80), min_size=1, max_size=9))
def test_a_file_name_is_short_enough_whatever_it_is_of_and_another_for_others(words: list[str]) -> None:
    name = slug(*words)
    assert len(name) <= 150 and "/" not in name
    assert slug(*words, "more" * 40) != slug(*words, "more" * 41)
