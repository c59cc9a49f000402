"""Class-data sharing: a JVM maps the classes that an earlier one read, instead of reading and checking each anew.

Most of a broker's start is loading classes, so an archive of them halves the time and the work of it. It is made once
for each Java and class path, when a cluster has come up for the first time, and stays in the harness's cache (65 MB).
The JVM itself checks that the archive is of its own build and of these very jars, and does without it if not.
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

from harness.clusters.jars import cache_folder
from harness.clusters.java import Java
from harness.process import guarded

_MAKE_S = 120
_NOTED = ".classes"


@dataclass(frozen=True)
class Archive:
    """The archive of one Java and class path, made already or not."""

    java: Path
    class_path: str
    path: Path

    @classmethod
    def of(cls, java: Java, class_path: str) -> Archive:
        """``class_path`` as on the command line."""
        key = hashlib.sha256("\n".join((str(java.path.resolve()), java.description, class_path)).encode())
        return cls(java.path, class_path, cache_folder() / "archives" / f"{key.hexdigest()[:16]}.jsa")

    def flags(self) -> tuple[str, ...]:
        """Options of a JVM: to use the archive, or, without one, to note its classes in its working directory."""
        if self.path.exists():
            return (f"-XX:SharedArchiveFile={self.path}", "-Xshare:auto")
        return (f"-XX:DumpLoadedClassList=%p{_NOTED}",)

    def make(self, folder: Path) -> None:
        """Makes it, in this folder, of what JVMs noted in the folders there, unless there is one already. If that
        fails, all goes on without one.
        """
        if self.path.exists():
            return
        classes, made = folder / "classes", folder / "classes.jsa"
        arrived = self.path.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            noted = [path.read_text(errors="replace") for path in sorted(folder.glob(f"*/*{_NOTED}"))]
            classes.write_text("\n".join(_merged(noted)))
            self._dump(classes, made)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made, arrived)
            arrived.replace(self.path)

    def _dump(self, classes: Path, made: Path) -> None:
        command = [
            str(self.java),
            "-Xshare:dump",
            f"-XX:SharedClassListFile={classes}",
            f"-XX:SharedArchiveFile={made}",
            "-XX:+UseSerialGC",
            "-cp",
            self.class_path,
        ]
        subprocess.run(guarded(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=_MAKE_S, check=True)


def _merged(noted: Iterable[str]) -> Iterable[str]:
    """Each class once, in an order in which each comes after those it is made of; without the numbers that some JVMs
    give them, which are each JVM's own, and without those that came from no class path.
    """
    lines = (line for text in noted for line in text.splitlines() if "source:" not in line)
    return dict.fromkeys(line if line.startswith("@") else line.partition(" ")[0] for line in lines)
