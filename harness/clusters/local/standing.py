"""A cluster of this machine's processes that stays after the command that started it.

A process of its own holds the cluster and ends it on SIGTERM. As long as it lives it has a lock on a file, so that
there is one at most; a state file beside that says where the cluster is, and counts for nothing without the lock.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from harness import folders
from harness.clusters import ClusterFailed, Progress
from harness.clusters import standing as stands
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path
from harness.janitor import Janitor, began
from harness.process import python

_UP_S = 120.0
_DOWN_S = 30.0
_LOOK_S = 0.1


@dataclass(frozen=True)
class Standing(stands.Standing):
    """A cluster that is up."""

    pid: int
    began: float
    """Of the process that holds it (``harness.janitor.began``)."""


def up(kafka: str, brokers: int, first_port: int | None, profile: str, progress: Progress | None = None) -> Standing:
    """Starts one and returns when it serves. Raises ``ClusterFailed``, also if one is up already."""
    if (standing := status()) is not None:
        raise ClusterFailed(f"a cluster is up already, at {standing.bootstrap}; stop it with: harness cluster down")
    class_path(kafka, progress)
    wanted = {"kafka": kafka, "brokers": brokers, "first_port": first_port, "profile": profile}
    with tempfile.TemporaryFile() as errors:
        holder = subprocess.Popen(
            [*python(__name__), json.dumps(wanted)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        try:
            answer = _answer(holder, errors)
        except BaseException:
            holder.terminate()
            raise
    if "problem" in answer:
        raise ClusterFailed(answer["problem"])
    return Standing(**answer)


def down() -> bool:
    """Stops it and returns when everything of it is gone; False if none is up."""
    standing = status()
    if standing is None:
        return False
    # Killed, it leaves the rest to its janitor and the kernel.
    if not any(_ends(standing.pid, number) for number in (signal.SIGTERM, signal.SIGKILL)):
        raise ClusterFailed(f"process {standing.pid}, which holds the cluster, does not end")
    return True


def status() -> Standing | None:
    """The cluster that is up, if one is."""
    if _is_held():
        with contextlib.suppress(OSError, ValueError, TypeError):
            standing = Standing(**json.loads(_state_file().read_bytes()))
            if began(standing.pid) == standing.began:
                return standing
    return None


def _answer(holder: subprocess.Popen[bytes], errors: IO[bytes]) -> dict[str, Any]:
    """What the holder says in its one line: where the cluster is, or its ``problem``; it has ended then."""
    assert holder.stdout is not None
    until = time.monotonic() + _UP_S
    late = threading.Timer(_UP_S, holder.kill)
    late.start()
    said = holder.stdout.readline()
    in_time = time.monotonic() < until
    late.cancel()
    answer: dict[str, Any] = json.loads(said) if said else {"problem": f"it did not start within {_UP_S:g} s"}
    if "problem" in answer:
        with contextlib.suppress(subprocess.TimeoutExpired):
            holder.wait(_DOWN_S)
    if not said and in_time:
        errors.seek(0)
        words = errors.read().decode("utf-8", "replace").strip().splitlines() or ["no word"]
        answer = {"problem": f"what was to hold the cluster ended with status {holder.returncode}: {words[-1]}"}
    return answer


def _ends(pid: int, number: signal.Signals) -> bool:
    """Whether the holder is gone, some time after it was sent this signal."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
    until = time.monotonic() + _DOWN_S
    while _is_held() and time.monotonic() < until:
        time.sleep(_LOOK_S)
    return not _is_held()


def _state_file() -> Path:
    return stands.state_folder() / "cluster.json"


def _lock_file() -> Path:
    return stands.state_folder() / "cluster.lock"


def _is_held() -> bool:
    try:
        lock = _lock_file().open("rb")
    except OSError:
        return False
    with lock:
        try:
            os.lockf(lock.fileno(), os.F_TEST, 0)
        except OSError:
            return True
    return False


@contextlib.contextmanager
def _held() -> Iterator[Path]:
    """Nobody else holds a cluster meanwhile. The state folder, without what one left that was killed."""
    folder = stands.state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with _lock_file().open("wb") as lock:
        try:
            os.lockf(lock.fileno(), os.F_TLOCK, 0)
        except OSError:
            raise ClusterFailed("another harness has a cluster here or is just starting or stopping one") from None
        _state_file().unlink(missing_ok=True)
        for left in folder.glob("cluster-*"):
            folders.remove(left)
        yield folder


def _hold(kafka: str, brokers: int, first_port: int | None, profile: str) -> None:
    """Runs the cluster until SIGTERM."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    try:
        with _held() as folder, contextlib.closing(Janitor()) as janitor:
            own = folder / f"cluster-{os.getpid()}"
            jars = class_path(kafka)
            with LocalCluster(jars, own, janitor, brokers=brokers, profile=profile, first_port=first_port) as cluster:
                standing = Standing(kafka, brokers, cluster.bootstrap, os.getpid(), began(os.getpid()))
                _state_file().write_text(json.dumps(asdict(standing)), "utf-8")
                _tell(asdict(standing))
                while not asked:
                    time.sleep(_LOOK_S)
                _state_file().unlink(missing_ok=True)
    except ClusterFailed as failed:
        _tell({"problem": str(failed)})
    except Exception as failed:  # noqa: BLE001 - whatever it is, whoever waits is to hear of it
        _tell({"problem": f"{type(failed).__name__}: {failed}"})


def _tell(answer: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _hold(**json.loads(sys.argv[1]))
