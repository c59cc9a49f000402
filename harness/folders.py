"""Folders of this machine's disk: synced, made read-only as a failing disk is, removed in whatever state they are."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

_GETFLAGS, _SETFLAGS, _IMMUTABLE = 0x80086601, 0x40086602, 0x10  # linux/fs.h


def sync(folder: Path) -> None:
    """Names that were made, changed or removed in the folder are on the disk when this returns, if its file system has
    such a thing for folders and the folder may be read.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def links(folder: Path) -> Iterator[Path]:
    """Every symbolic link in the folder and below it. None is followed."""
    for parent, below, files in os.walk(folder):
        yield from (path for name in (*below, *files) if (path := Path(parent, name)).is_symlink())


def set_read_only(folder: Path, *, read_only: bool) -> None:
    """No file can be made in or removed from the folder; open ones are written on. Raises ``OSError``.

    Permissions do for everybody but root, for whom it is the immutable flag, which not every file system has.
    """
    if os.geteuid():
        folder.chmod(0o555 if read_only else 0o755)
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        (flags,) = struct.unpack("i", fcntl.ioctl(descriptor, _GETFLAGS, struct.pack("i", 0)))
        flags = flags | _IMMUTABLE if read_only else flags & ~_IMMUTABLE
        fcntl.ioctl(descriptor, _SETFLAGS, struct.pack("i", flags))
    finally:
        os.close(descriptor)


def unlock(folder: Path) -> None:
    """Undoes ``set_read_only`` in the folder and in all below it; what a link points to is none of it."""
    if not folder.is_symlink():
        for each, _, _ in os.walk(folder):
            with contextlib.suppress(OSError):
                set_read_only(Path(each), read_only=False)


def remove(folder: Path) -> None:
    """Removes it with all it holds, as far as that can be done. A link is left alone, with what it points to."""
    unlock(folder)
    shutil.rmtree(folder, ignore_errors=True)
