"""Files that are there whole or not at all: a reader never meets half a report."""

from __future__ import annotations

import re
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Writes beside the file and moves it into place, replacing what was there."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content.encode() if isinstance(content, str) else content)
    partial.replace(path)


def slug(*words: str) -> str:
    """A file name of these words: ``latency-2000-s``."""
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(words).lower().replace(",", "")).strip("-.")


def keep_only(kept: set[str], folder: Path, *patterns: str) -> None:
    """Removes from the folder what an earlier report left there under such a name, but the files named here."""
    for pattern in patterns:
        for old in folder.glob(pattern):
            if old.name not in kept:
                old.unlink()
