"""The archive of classes: made of what a JVM read, used by the next one, and no harm if it cannot be."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.clusters.archive import Archive
from harness.clusters.jars import class_path
from harness.clusters.java import find_java

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


def test_the_second_jvm_uses_what_the_first_one_noted(archive: Archive, tmp_path: Path) -> None:
    _run(archive, tmp_path / "cluster" / "node")
    archive.make(tmp_path / "cluster")
    assert list(archive.path.parent.iterdir()) == [archive.path]
    made = archive.path.stat().st_mtime_ns
    loaded = _run(archive, tmp_path / "second", "-Xshare:on", "-Xlog:class+load")
    assert "kafka.tools.StorageTool source: shared objects file" in loaded
    archive.make(tmp_path / "cluster")
    assert archive.path.stat().st_mtime_ns == made


def test_a_damaged_archive_is_done_without(archive: Archive, tmp_path: Path) -> None:
    archive.path.parent.mkdir(parents=True)
    archive.path.write_bytes(b"no archive")
    assert len(_run(archive, tmp_path / "run").splitlines()[-1]) == 22


def test_if_none_can_be_made_nothing_is_left_of_the_attempt(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "cluster" / "node").mkdir(parents=True)
    (tmp_path / "cluster" / "node" / "1.classes").write_text("java/lang/Object\n")
    replace(archive, java=Path("/bin/false")).make(tmp_path / "cluster")
    assert not archive.path.parent.exists()


def test_each_java_and_each_class_path_has_its_own(archive: Archive) -> None:
    java = find_java()
    others = (Archive.of(java, "other.jar"), Archive.of(replace(java, description="another"), archive.class_path))
    assert len({archive.path, *(other.path for other in others)}) == 3
