"""The archive of classes: made of what a JVM read, used by the next one if it is whole, no harm if it cannot be."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.clusters.local.archive import Archive
from harness.clusters.local.jars import class_path
from harness.clusters.local.java import find_java

pytestmark = pytest.mark.brokers


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    jars = ":".join(str(jar) for jar in class_path("4.4.0"))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return Archive.of(find_java(), jars)


def _run(archive: Archive, folder: Path, *options: str) -> str:
    """A Kafka tool that needs no cluster; what it says on stdout."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(archive.java), *archive.flags(), *options, "-cp", archive.class_path, "kafka.tools.StorageTool"]
    done = subprocess.run([*command, "random-uuid"], cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def _again(archive: Archive) -> Archive:
    """As the next cluster finds it."""
    return Archive.of(find_java(), archive.class_path)


def test_the_second_jvm_uses_what_the_first_one_noted(archive: Archive, tmp_path: Path) -> None:
    # A colon and a comma separate things in options of a JVM.
    cluster = tmp_path / "res ü, a=b#c:d\\e"
    _run(archive, cluster / "node")
    archive.make(cluster)
    assert {path.suffix for path in archive.path.parent.iterdir()} == {".jsa", ".sha256"}
    made = archive.path.stat().st_mtime_ns
    assert archive == _again(archive)
    loaded = _run(archive, tmp_path / "second", "-Xshare:on", "-Xlog:class+load")
    assert "kafka.tools.StorageTool source: shared objects file" in loaded
    archive.make(cluster)
    assert archive.path.stat().st_mtime_ns == made


@pytest.mark.parametrize("digest", [None, "", "0" * 64])
def test_an_archive_that_is_not_what_was_made_is_never_given_to_a_jvm(archive: Archive, digest: str | None) -> None:
    archive.path.parent.mkdir(parents=True)
    archive.path.write_bytes(b"anything")
    if digest is not None:
        archive.path.with_suffix(".sha256").write_text(digest)
    assert not any("SharedArchiveFile" in flag for flag in _again(archive).flags())
    archive.path.with_suffix(".sha256").write_text(hashlib.sha256(b"anything").hexdigest())
    assert any("SharedArchiveFile" in flag for flag in _again(archive).flags())


def test_an_archive_that_the_jvm_itself_does_not_take_is_done_without(archive: Archive, tmp_path: Path) -> None:
    archive.path.parent.mkdir(parents=True)
    archive.path.write_bytes(b"no archive")
    archive.path.with_suffix(".sha256").write_text(hashlib.sha256(b"no archive").hexdigest())
    assert len(_run(_again(archive), tmp_path / "run").splitlines()[-1]) == 22


def test_if_none_can_be_made_nothing_is_left_of_the_attempt(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "cluster" / "node").mkdir(parents=True)
    (tmp_path / "cluster" / "node" / "1.classes").write_text("java/lang/Object\n")
    replace(archive, java=Path("/bin/false")).make(tmp_path / "cluster")
    assert not archive.path.parent.exists()


def test_each_java_and_each_class_path_has_its_own(archive: Archive) -> None:
    java = find_java()
    others = (Archive.of(java, "other.jar"), Archive.of(replace(java, description="another"), archive.class_path))
    assert len({archive.path, *(other.path for other in others)}) == 3
