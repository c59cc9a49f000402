"""Broker jars: pinned by coordinate and SHA-256 in a lock file, fetched once, checked on every use.

No resolver decides anything at run time: ``locks/kafka-<version>.lock`` names every jar of the broker's class path.
A jar is taken from the harness's cache, else from the user's local Maven repository, else from Maven through the
user's own mirror (``~/.m2/settings.xml``) or the resolver's default.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from harness.cache import cache_folder, tidy, workspace
from harness.clusters import ClusterFailed, Progress

LOCKS = Path(__file__).with_name("locks")
_AT_ONCE = 4
_TIMEOUT_S = 30


class JarsUnavailable(ClusterFailed):
    """The jars of a version are not to be had; the message says why and what to do about it."""


@dataclass(frozen=True)
class Jar:
    """One artifact of the class path."""

    group: str
    artifact: str
    version: str
    size_bytes: int
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


def known_versions() -> list[str]:
    """Every Kafka version with a lock file, oldest first."""
    versions = [path.stem.removeprefix("kafka-") for path in LOCKS.glob("kafka-*.lock")]
    return sorted(versions, key=lambda version: [int(part) for part in version.split(".")])


def read_lock(version: str) -> list[Jar]:
    """The class path of one Kafka version, in its order. Raises ``JarsUnavailable`` for a version without a lock."""
    path = LOCKS / f"kafka-{version}.lock"
    if not path.exists():
        raise JarsUnavailable(f"no lock file for Kafka {version}; known: {', '.join(known_versions())}")
    lines = (line.split() for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    split = ((*coordinate.split(":"), size, sha256) for coordinate, size, sha256 in lines)
    return [Jar(group, artifact, number, int(size), sha256) for group, artifact, number, size, sha256 in split]


def class_path(version: str, progress: Progress | None = None, cache: Path | None = None) -> list[Path]:
    """The verified jars of one version, fetching what is missing or damaged. Raises ``JarsUnavailable``."""
    return ensure(read_lock(version), progress, cache)


def ensure(jars: Iterable[Jar], progress: Progress | None = None, cache: Path | None = None) -> list[Path]:
    """These jars in the cache, each with the SHA-256 of its lock. Raises ``JarsUnavailable``."""
    folder = cache or cache_folder() / "jars"
    tidy(folder)
    jars = list(jars)
    paths = [folder / f"{jar.sha256[:16]}-{jar.file_name}" for jar in jars]
    missing = [(jar, path) for jar, path in zip(jars, paths, strict=True) if not _is(path, jar)]
    if not missing:
        return paths
    total, done = sum(jar.size_bytes for jar, _ in missing), 0
    with workspace(folder) as scratch, ThreadPoolExecutor(_AT_ONCE) as pool:
        arrivals = {pool.submit(_obtain, jar, path, scratch / jar.sha256): jar for jar, path in missing}
        try:
            for arrival in as_completed(arrivals):
                arrival.result()
                done += arrivals[arrival].size_bytes
                if progress:
                    progress(done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return paths


def _obtain(jar: Jar, path: Path, scratch: Path) -> None:
    """Brings the jar to where it is kept. ``scratch`` is a new folder for what is needed on the way."""
    scratch.mkdir(exist_ok=True)
    local = _local_repository() / jar.group.replace(".", "/") / jar.artifact / jar.version / jar.file_name
    source = local if _is(local, jar) else _download(jar, scratch)
    if not _is(source, jar):
        raise JarsUnavailable(
            f"{jar.coordinate} arrived with another SHA-256 than its lock file has ({jar.sha256}); "
            f"nothing was kept. A mirror may be serving a damaged file: try again, or use another mirror"
        )
    arrived = scratch / "verified.jar"
    shutil.copyfile(source, arrived)
    arrived.replace(path)


def _download(jar: Jar, scratch: Path) -> Path:
    import requests  # both take a while to import, and a warm cache needs neither
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=scratch, remote_repos=_mirrors(), timeout=_TIMEOUT_S)
    try:
        found = context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    except (requests.RequestException, RuntimeError, OSError) as error:
        raise JarsUnavailable(
            f"cannot fetch {jar.coordinate}: {_short(error)}. The first run needs a network that reaches a Maven "
            f"repository (a mirror in ~/.m2/settings.xml is honoured); later runs need none"
        ) from error
    return Path(found)


def _short(error: Exception) -> str:
    """A network library's error without the addresses and nested reprs that fill three lines."""
    import requests

    if isinstance(error, requests.ConnectionError):
        return "no connection to the repository"
    if isinstance(error, requests.Timeout):
        return f"no answer within {_TIMEOUT_S} s"
    return str(error).splitlines()[0][:160]


def _mirrors() -> dict[str, str] | None:
    """The user's mirror of Maven Central, if their settings name one; ``None`` means the resolver's default."""
    settings = Path.home() / ".m2" / "settings.xml"
    if not settings.exists():
        return None
    try:
        root = ET.fromstring(settings.read_bytes())
    except ET.ParseError as error:
        raise JarsUnavailable(f"{settings} is not XML: {error}") from error
    for mirror in root.iterfind("{*}mirrors/{*}mirror"):
        of, url = mirror.findtext("{*}mirrorOf", ""), mirror.findtext("{*}url", "").strip()
        if url and {"central", "*", "external:*"} & {part.strip() for part in of.split(",")}:
            return {"central": url.rstrip("/")}
    return None


def _local_repository() -> Path:
    return Path(os.environ.get("M2_REPO") or Path.home() / ".m2" / "repository")


def _is(path: Path, jar: Jar) -> bool:
    """Whether this file is that jar, byte for byte."""
    if not path.is_file() or path.stat().st_size != jar.size_bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
