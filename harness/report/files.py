"""Files that are there whole or not at all: a reader never meets half a report.

A report has an index of its files, so that the next one removes what this one made and it does not make, and nothing
else: what a person put beside it stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

from harness.report.blocks import Document
from harness.report.writers import WRITERS

INDEX = "files.json"
_LONGEST = 150  # of 255 letters that a file system takes, with what stands behind it
_OWN = re.compile(r"(charts|faults|hgrm)/[^/\\]+\.([a-z]+)")
"""With the suffix of a chart, a distribution or a document, the only files that an index, which may be anybody's, can
have removed.
"""


def write(path: Path, content: str | bytes) -> None:
    """Writes beside the file and moves it into place, replacing what was there, were it a link to elsewhere.

    Several processes may write the same file: the last one's stays.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    with partial.open("xb") as file:
        file.write(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)
    partial.replace(path)


def publish(document: Document, folder: Path) -> list[str]:
    """Writes the document in all its forms. Returns their paths from the folder, the first form's first."""
    forms = {f"{document.place}.{suffix}": written(document) for suffix, written in WRITERS.items()}
    (folder / document.place).parent.mkdir(exist_ok=True)
    for path, text in forms.items():
        write(folder / path, text)
    return list(forms)


def slug(*words: str) -> str:
    """A file name of these words: ``latency-2000-s``; of many their beginning, and a hash of all of them."""
    name = re.sub(r"[^a-z0-9.]+", "-", "-".join(words).lower().replace(",", "")).strip("-.")
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 17]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def settle(folder: Path, made: Iterable[str]) -> None:
    """Removes the files that the last report made and this one did not, and notes those of this one, which are given
    by their paths from the report's folder.
    """
    now = sorted(made)
    for old in _noted(folder) - set(now):
        with contextlib.suppress(OSError):
            (folder / old).unlink()
    write(folder / INDEX, json.dumps(now, indent=2) + "\n")


def _noted(folder: Path) -> set[str]:
    with contextlib.suppress(OSError, ValueError, TypeError):
        suffixes = {"png", "svg", "hgrm", *WRITERS}
        noted = map(_OWN.fullmatch, json.loads((folder / INDEX).read_bytes()))
        return {own[0] for own in noted if own and own[2] in suffixes}
    return set()
