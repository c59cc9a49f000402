"""Class-data sharing: a JVM maps the classes that an earlier one read, instead of reading and checking each anew.

Most of a broker's start is loading classes, so an archive of them halves the time and the work of it. It is made once
for each Java and class path, when a cluster has come up for the first time, and stays in the harness's cache (65 MB).
The JVM itself checks that the archive is of its own build and of these very jars, and does without it if not; that its
bytes are those that were made, the SHA-256 beside it says.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.cache import cache_folder, tidy, workspace
from harness.clusters.local.java import Java, environment
from harness.process import guarded

_MAKE_S = 120
_NOTED = ".classes"


@dataclass
class Archive:
    """The archive of one Java and class path, made already or not."""

    java: Path
    class_path: str
    path: Path
    whole: bool
    """Whether it is there, byte for byte as it was made: looked at once for a cluster, since it takes a moment."""

    @classmethod
    def of(cls, java: Java, class_path: str) -> Archive:
        """``class_path`` as on the command line."""
        key = hashlib.sha256(os.fsencode("\n".join((str(java.path.resolve()), java.description, class_path))))
        path = cache_folder() / "archives" / f"{key.hexdigest()[:16]}.jsa"
        return cls(java.path, class_path, path, whole=_is_whole(path))

    def flags(self) -> tuple[str, ...]:
        """Options of a JVM: to use the archive, or, without one, to note its classes in its working directory."""
        if self.whole:
            return (f"-XX:SharedArchiveFile={self.path}", "-Xshare:auto")
        return (f"-XX:DumpLoadedClassList=%p{_NOTED}",)

    def make(self, folder: Path) -> None:
        """Makes it, in this folder, of what JVMs noted in the folders there, unless there is one already. If that
        fails, all goes on without one.
        """
        tidy(self.path.parent)
        if self.whole:
            return
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            noted = [path.read_text("utf-8", "replace") for path in sorted(folder.glob(f"*/*{_NOTED}"))]
            (folder / "classes").write_text("\n".join(_merged(noted)), "utf-8")
            self._dump(folder)
            self._keep(folder / "classes.jsa")

    def _dump(self, folder: Path) -> None:
        # File names without a folder: options of a JVM take a colon in a path for the end of it.
        command = [
            str(self.java),
            "-Xshare:dump",
            "-XX:SharedClassListFile=classes",
            "-XX:SharedArchiveFile=classes.jsa",
            "-XX:+UseSerialGC",
            "-cp",
            self.class_path,
        ]
        subprocess.run(
            guarded(command),
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_MAKE_S,
            check=True,
        )

    def _keep(self, made: Path) -> None:
        with workspace(self.path.parent) as scratch:
            arrived, digest = scratch / "archive", scratch / "digest"
            shutil.copyfile(made, arrived)
            digest.write_text(_sha256(arrived) + "\n", "utf-8")
            arrived.replace(self.path)
            digest.replace(_beside(self.path))
        self.whole = True


def _beside(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _is_whole(path: Path) -> bool:
    try:
        return _beside(path).read_bytes().strip() == _sha256(path).encode()
    except OSError:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _merged(noted: Iterable[str]) -> Iterable[str]:
    """Each class once, in an order in which each comes after those it is made of; without the numbers that some JVMs
    give them, which are each JVM's own, and without those that came from no class path.
    """
    lines = (line for text in noted for line in text.splitlines() if "source:" not in line)
    return dict.fromkeys(line if line.startswith("@") else line.partition(" ")[0] for line in lines)
