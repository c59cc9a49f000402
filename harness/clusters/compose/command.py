"""Compose, run as the command that it is: which there is, and what it says when it fails."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

from harness.clusters import ClusterFailed
from harness.clusters.compose.document import Layout, document
from harness.clusters.compose.engine import environment
from harness.process import guarded

_OLDEST = (1, 27)
"""The first that takes a document without a version."""
_ASK_S = 20
_UP_S = 180
_NUMBER = re.compile(r"(\d+)\.(\d+)")
_NOISE = ("Creating", "Starting", "Container", "Network", "Volume", "time=", "Encountered errors")


def find() -> tuple[list[str], str]:
    """``docker compose`` or ``docker-compose``, whichever is there and new enough, and its version.

    Raises ``ClusterFailed``.
    """
    old = []
    for command in _candidates():
        try:
            asked = subprocess.run([*command, "version", "--short"], capture_output=True, timeout=_ASK_S, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        told = asked.stdout.decode("utf-8", "replace").strip()
        if (number := _NUMBER.search(told)) and (int(number[1]), int(number[2])) >= _OLDEST:
            return command, told.removeprefix("v")
        old.append(f"{' '.join(command)} is {told}")
    wanted = f"Compose {'.'.join(map(str, _OLDEST))} or newer is needed"
    raise ClusterFailed(f"{wanted}, and {' and '.join(old) or 'there is no docker compose and no docker-compose'}")


def up(project: str, layout: Layout, folder: Path) -> str:
    """Makes and starts what is laid out, by a file in this folder. Returns which Compose did.

    Raises ``ClusterFailed`` in its own words.
    """
    compose, version = find()
    file = folder / "compose.yaml"
    file.write_text(yaml.safe_dump(document(layout), sort_keys=False), "utf-8")
    command = [*compose, "-p", project, "-f", str(file), "up", "-d"]
    try:
        done = subprocess.run(
            guarded(command),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_UP_S,
            env=environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterFailed(f"docker compose did not bring the containers up within {_UP_S} s") from error
    if done.returncode:
        raise ClusterFailed(f"docker compose: {why(done.stderr.decode('utf-8', 'replace'))}")
    return f"Compose {version}"


def why(said: str) -> str:
    """The line of what Compose said that says why it failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() and not line.startswith(_NOISE)]
    return (telling or lines or ["it did not say why"])[-1][:300]


def _candidates() -> Iterator[list[str]]:
    if docker := shutil.which("docker"):
        yield [docker, "compose"]
    if alone := shutil.which("docker-compose"):
        yield [alone]
