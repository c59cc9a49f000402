"""The disk is watched while something is written: into the reserve, it is stopped, and what comes after it too."""

import time
from pathlib import Path

import pytest

from harness import space
from harness.space import DiskWatch, free_bytes


def _watched(folder: Path, for_s: float) -> tuple[DiskWatch, list[str]]:
    stopped: list[str] = []
    with DiskWatch(folder, lambda: stopped.append("stop"), every_s=0.01) as watch:
        time.sleep(for_s)
    return watch, stopped


def test_a_disk_with_room_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "RESERVE_BYTES", 0)
    watch, stopped = _watched(tmp_path, 0.1)
    assert (watch.breached, stopped) == (False, [])


def test_a_disk_about_to_be_full_stops_what_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "RESERVE_BYTES", free_bytes(tmp_path) * 2)
    watch, stopped = _watched(tmp_path, 0.3)
    assert watch.breached and len(stopped) > 1
