"""What a disk loses, on files laid out as a broker lays them out."""

from __future__ import annotations

import errno
import struct
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from harness.clusters import files as disks


def batch(base: int, records: int, body: int = 40) -> bytes:
    """A record batch as far as its head goes: base offset, length, epoch, magic, CRC, attributes, last offset delta."""
    head = struct.pack(">qiibIhi", base, body + 15, 0, 2, 0, 0, records - 1)
    return head + bytes(body)


def segment(*sizes: int, base: int = 0) -> bytes:
    parts = []
    for records in sizes:
        parts.append(batch(base, records))
        base += records
    return b"".join(parts)


@given(st.lists(st.integers(1, 50), max_size=8), st.integers(0, 300), st.integers(0, 30))
def test_only_whole_batches_below_the_point_are_kept(sizes: list[int], below: int, torn: int) -> None:
    log = segment(*sizes)
    log = log[: len(log) - torn]
    kept = disks.whole_batches(log, below)
    ends = [0]
    for records in sizes:
        ends.append(ends[-1] + records)
    one = len(batch(0, 1))
    whole = [count for count, end in enumerate(ends) if end <= below and count * one <= len(log)]
    assert kept == whole[-1] * one


def test_what_was_not_forced_to_disk_goes_with_what_is_made_from_it(tmp_path: Path) -> None:
    folder = tmp_path / "a.topic-0"
    folder.mkdir()
    (folder / f"{0:020}.log").write_bytes(segment(10, 10))
    (folder / f"{20:020}.log").write_bytes(segment(10, base=20))
    for name in (f"{0:020}.index", f"{0:020}.timeindex", f"{20:020}.snapshot", "partition.metadata"):
        (folder / name).write_bytes(b"x")
    other = tmp_path / "a.topic-more-0"
    other.mkdir()
    (other / f"{0:020}.log").write_bytes(segment(10))
    (tmp_path / "recovery-point-offset-checkpoint").write_text("0\n1\na.topic 0 10\n")
    size = len(segment(10))
    assert disks.lose_unflushed(tmp_path, "a.topic") == {0: 2 * size}
    assert sorted(file.name for file in folder.iterdir()) == [f"{0:020}.log", "partition.metadata"]
    assert (folder / f"{0:020}.log").read_bytes() == segment(10)
    assert (other / f"{0:020}.log").stat().st_size == size, "another topic is none of its business"


def test_without_a_checkpoint_nothing_was_forced(tmp_path: Path) -> None:
    (tmp_path / "t-1").mkdir()
    (tmp_path / "t-1" / f"{0:020}.log").write_bytes(segment(3))
    assert disks.lose_unflushed(tmp_path, "t") == {1: len(segment(3))}


def test_a_lost_disk_takes_the_topics_directories_only(tmp_path: Path) -> None:
    for name in ("t-0", "t-1", "t2-0", "t-0.abc-delete"):
        (tmp_path / name).mkdir()
    assert disks.lose_directories(tmp_path, "t") == [0, 1]
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["t-0.abc-delete", "t2-0"]


def test_a_full_disk_is_a_process_that_cannot_write_and_can_be_lifted(tmp_path: Path) -> None:
    (tmp_path / "t-0").mkdir()
    log = tmp_path / "t-0" / "0.log"
    log.write_bytes(bytes(100))
    (tmp_path / "other-0").mkdir()
    (tmp_path / "other-0" / "0.log").write_bytes(bytes(10_000))
    appends = (
        "import os, sys\n"
        "log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)\n"
        "for _ in sys.stdin:\n"
        "    try: print(os.write(log, bytes(60)), flush=True)\n"
        "    except OSError as error: print(type(error).__name__, error.errno, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", appends, log], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def append() -> str:
            assert process.stdin and process.stdout
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        assert append() == "60"
        assert disks.limit_files(process.pid, tmp_path, "t", 60) == 220
        assert [append(), append()] == ["60", f"OSError {errno.EFBIG}"]
        disks.unlimit_files(process.pid)
        assert append() == "60"
        process.kill()
    disks.unlimit_files(process.pid)  # gone: no error
