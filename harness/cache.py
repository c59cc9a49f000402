"""The harness's cache: what is fetched or made once stays there for all runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import platformdirs

_MARK = ".fetch-"
_LEFT_S = 24 * 3600.0  # nothing that is still being fetched or made is older


def cache_folder() -> Path:
    """Where it is; ``HARNESS_CACHE`` moves it. Absolute, for a JVM's working directory is another."""
    return Path(os.environ.get("HARNESS_CACHE") or platformdirs.user_cache_dir("kafka-delivery-harness")).absolute()


def tidy(folder: Path) -> None:
    """Removes what runs that were killed left in this folder of the cache."""
    for left in folder.glob(f"{_MARK}*"):
        with contextlib.suppress(OSError):  # somebody else removes it, or it may only be read here
            if time.time() - left.stat().st_mtime > _LEFT_S:
                shutil.rmtree(left)


@contextlib.contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """A folder of one's own within this one of the cache, and so on the same file system; gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=_MARK) as own:
        yield Path(own)
