"""What can happen to a broker's disk, done to the files of one topic.

Kafka's layout: a directory ``<topic>-<partition>`` in the log directory; in it segments, each named by its first
offset. How far a log is surely on disk is what Kafka itself believes when it recovers: the offset in
``recovery-point-offset-checkpoint``. A lost power supply takes the rest of the page cache with it.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import struct
from pathlib import Path

CHECKPOINT = "recovery-point-offset-checkpoint"
_MADE_ANEW = (".index", ".timeindex", ".txnindex", ".snapshot")  # Kafka rebuilds them from the log
_BATCH_HEAD = struct.Struct(">qi11xi")  # base offset, length of the rest, ..., last offset delta
_LENGTH_END = 12  # of base offset and length: what the length does not count


def lose_unflushed(data: Path, topic: str) -> dict[int, int]:
    """Cuts every partition of the topic back to what was forced to disk. The broker must be down.

    Returns the bytes that went, by partition.
    """
    points = recovery_points((data / CHECKPOINT).read_text("utf-8")) if (data / CHECKPOINT).exists() else {}
    lost = {}
    for number, folder in partitions(data, topic).items():
        below = points.get((topic, number), 0)
        first, *later = sorted(folder.glob("*.log"))
        lost[number] = _cut(first, below) + sum(_cut(log, below) for log in later)
        for log in later:
            if not log.stat().st_size:
                log.unlink()
        for file in folder.iterdir():
            if file.suffix in _MADE_ANEW:
                file.unlink()
    return lost


def lose_directories(data: Path, topic: str) -> list[int]:
    """Deletes every partition of the topic. The broker must be down. Returns their numbers."""
    found = partitions(data, topic)
    for folder in found.values():
        shutil.rmtree(folder)
    return sorted(found)


def partitions(data: Path, topic: str) -> dict[int, Path]:
    """The topic's directories by partition."""
    name = re.compile(re.escape(topic) + r"-(\d+)")
    matches = ((name.fullmatch(folder.name), folder) for folder in data.iterdir())
    return {int(match[1]): folder for match, folder in matches if match}


def recovery_points(checkpoint: str) -> dict[tuple[str, int], int]:
    """Kafka's checkpoint file: a version, a count, then ``topic partition offset`` a line."""
    _, _, *lines = checkpoint.splitlines()
    return {(topic, int(number)): int(offset) for topic, number, offset in (line.split() for line in lines)}


def whole_batches(log: bytes, below: int) -> int:
    """How many bytes at the front of a segment hold whole record batches, all of whose offsets are below ``below``."""
    end = 0
    while end + _BATCH_HEAD.size <= len(log):
        base, length, last_delta = _BATCH_HEAD.unpack_from(log, end)
        after = end + _LENGTH_END + length
        if base + last_delta >= below or after > len(log):
            break
        end = after
    return end


def longest_log(data: Path, topic: str) -> int:
    """How long the longest segment of the topic is, in bytes."""
    logs = (log for folder in partitions(data, topic).values() for log in folder.glob("*.log"))
    return max((log.stat().st_size for log in logs), default=0)


def limit_files(process: int, data: Path, topic: str, room_bytes: int) -> int:
    """From now on the process cannot make any file longer than the topic's longest log now and ``room_bytes``.

    Writes past that fail as they do on a full disk, with EFBIG for ENOSPC; it holds until the process ends or
    ``unlimit_files``, and takes neither rights nor a file system of its own. Returns the limit in bytes.
    """
    limit = longest_log(data, topic) + room_bytes
    _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, hard))
    return limit


def unlimit_files(process: int) -> None:
    """Undoes ``limit_files``. No error when the process is gone."""
    with contextlib.suppress(ProcessLookupError):
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))


def _cut(log: Path, below: int) -> int:
    """Cuts a segment; one that begins at or after ``below`` ends empty. Returns the bytes that went."""
    before = log.stat().st_size
    kept = whole_batches(log.read_bytes(), below)
    os.truncate(log, kept)
    return before - kept
