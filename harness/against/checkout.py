"""The harness as it was at another commit: what drives clients comes from there, what judges them stays what it is."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path

import harness
from harness import roles
from harness.cache import cache_folder, tidy, workspace
from harness.clients.named import Named
from harness.load.shape import Shape
from harness.load.spec import InTransactions, Spec
from harness.topics import Topics

_PACKAGE = Path(harness.__file__).parent
_ASKED_S = 60.0
_UNDERSTANDS = """
import json, sys
import harness.roles.consumer, harness.roles.forkserver, harness.roles.producer
from harness.load.spec import Spec
Spec.of(json.load(sys.stdin))
"""
_ANY = Spec(
    client="aiokafka", bootstrap="", topics=Topics(("a",), 1), config={}, run_key=1, producer=0,
    shape=Shape(((100, 100),)), capacity=1, journal="", transactions=InTransactions(1, 1.0, 0.0, 1, 1.0),
)  # fmt: skip


def commit_of(ref: str) -> str | None:
    """That which a git ref of the harness names; None if there is no such ref, or this harness is in no repository."""
    if ref.startswith("-"):
        return None
    return _git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")


def is_this(commit: str) -> bool:
    """Whether what runs here is that commit, and nothing else."""
    return _git("rev-parse", "HEAD") == commit and not _git("status", "--porcelain", "--", str(_PACKAGE))


def provide(commit: str) -> Path:
    """Where the package is as it was then, to be first on a child's path; nothing of the repository is touched. Raises
    ``OSError``.
    """
    kept = cache_folder() / "harness" / commit
    if kept.is_dir():
        return kept
    tidy(kept.parent)
    command = ["git", "-C", str(_PACKAGE.parent), "archive", "--format=zip", commit, _PACKAGE.name]
    try:
        archive = subprocess.run(command, capture_output=True, check=True, timeout=_ASKED_S).stdout
    except subprocess.SubprocessError as failed:
        raise OSError(f"git has no harness of {commit[:12]} to give: {failed}") from failed
    with workspace(kept.parent) as scratch, zipfile.ZipFile(io.BytesIO(archive)) as packed:
        packed.extractall(scratch / "package")
        try:
            (scratch / "package").rename(kept)
        except OSError:
            if not kept.is_dir():
                raise
    return kept


def misunderstands(there: Path) -> str | None:
    """Why producers and consumers of that package cannot be told what to do as they are told here; None: they can."""
    environment = roles.environment("producer", Named("aiokafka"), there)
    told = json.dumps(asdict(_ANY))
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-c", _UNDERSTANDS],
            input=told, env=environment, capture_output=True, text=True, check=False, timeout=_ASKED_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no answer within {_ASKED_S:g} s"
    return asked.stderr.strip().rpartition("\n")[2] if asked.returncode else None


def _git(*command: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(_PACKAGE.parent), *command], capture_output=True, check=True, timeout=_ASKED_S
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()
