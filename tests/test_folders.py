"""Folders: made read-only as a failing disk is, and removed in whatever state they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import folders


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A folder that was made read-only, with a file in it, some way down in another."""
    folder = tmp_path / "cluster" / "broker-1" / "data" / "t-0"
    folder.mkdir(parents=True)
    (folder / "open.log").touch()
    try:
        folders.set_read_only(folder, read_only=True)
    except OSError as error:
        pytest.skip(f"this file system has no such thing: {error}")
    return folder


def test_read_only_means_no_new_file_and_can_be_undone(locked: Path, tmp_path: Path) -> None:
    with (locked / "open.log").open("w") as log:
        log.write("goes on")
    with pytest.raises(OSError):
        (locked / "new.log").touch()
    folders.unlock(tmp_path / "cluster")
    (locked / "new.log").touch()


def test_what_is_read_only_goes_as_well(locked: Path, tmp_path: Path) -> None:
    folders.remove(tmp_path / "cluster")
    assert not list(tmp_path.iterdir())
    folders.remove(tmp_path / "cluster")


def test_what_a_link_points_to_stays_as_it_is(locked: Path, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    for link in (tmp_path / "link", tmp_path / "scratch" / "link"):
        link.symlink_to(tmp_path / "cluster")
    folders.remove(tmp_path / "link")
    folders.remove(tmp_path / "scratch")
    try:
        assert (locked / "open.log").exists() and not (tmp_path / "scratch").exists()
        with pytest.raises(OSError):
            (locked / "new.log").touch()
    finally:
        folders.remove(tmp_path / "cluster")
