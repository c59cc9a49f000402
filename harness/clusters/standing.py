"""A cluster that stays after the command that started it: ``harness cluster up``, ``down`` and ``status``.

A process of its own holds the cluster and ends it on SIGTERM; a state file says where it is. A state file whose
process is gone counts for nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs
import psutil

from harness.clusters import ClusterFailed
from harness.clusters.jars import Progress, class_path
from harness.clusters.local import LocalCluster
from harness.janitor import Janitor

_UP_S = 120.0
_DOWN_S = 30.0


@dataclass(frozen=True)
class Standing:
    """A cluster that is up."""

    kafka: str
    brokers: int
    bootstrap: str
    pid: int
    started: float


def up(kafka: str, brokers: int, first_port: int | None, profile: str, progress: Progress | None = None) -> Standing:
    """Starts one and returns when it serves. Raises ``ClusterFailed``, also if one is up already."""
    if (standing := status()) is not None:
        raise ClusterFailed(f"a cluster is up already, at {standing.bootstrap}; stop it with: harness cluster down")
    class_path(kafka, progress)
    _state_file().parent.mkdir(parents=True, exist_ok=True)
    wanted = {"kafka": kafka, "brokers": brokers, "first_port": first_port, "profile": profile}
    holder = subprocess.Popen(
        [sys.executable, "-m", __name__, json.dumps(wanted)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    timer = threading.Timer(_UP_S, holder.kill)
    timer.start()
    assert holder.stdout is not None
    try:
        said = holder.stdout.readline()
    except BaseException:
        holder.terminate()
        raise
    finally:
        timer.cancel()
    answer: dict[str, Any] = json.loads(said) if said else {"problem": f"it did not start within {_UP_S:g} s"}
    if "problem" in answer:
        holder.wait(_DOWN_S)
        raise ClusterFailed(answer["problem"])
    return Standing(**answer)


def down() -> bool:
    """Stops it and returns when everything of it is gone; False if none is up."""
    standing = status()
    if standing is None:
        return False
    holder = psutil.Process(standing.pid)
    holder.terminate()
    try:
        holder.wait(_DOWN_S)
    except psutil.TimeoutExpired:
        holder.kill()  # its janitor and the kernel clean up after it
        holder.wait(_DOWN_S)
    _state_file().unlink(missing_ok=True)
    return True


def status() -> Standing | None:
    """The cluster that is up, if one is."""
    try:
        standing = Standing(**json.loads(_state_file().read_text()))
        if psutil.Process(standing.pid).create_time() == standing.started:
            return standing
    except (OSError, ValueError, TypeError, psutil.NoSuchProcess):
        pass
    return None


def _state_file() -> Path:
    folder = os.environ.get("HARNESS_STATE") or platformdirs.user_state_dir("kafka-delivery-harness")
    return Path(folder) / "cluster.json"


def _hold(kafka: str, brokers: int, first_port: int | None, profile: str) -> None:
    """Runs the cluster until SIGTERM."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    janitor = Janitor()
    state = _state_file()
    folder = state.parent / f"cluster-{os.getpid()}"
    try:
        jars = class_path(kafka)
        with LocalCluster(
            kafka, jars, folder, janitor, brokers=brokers, profile=profile, first_port=first_port
        ) as cluster:
            me = psutil.Process()
            standing = Standing(kafka, brokers, cluster.bootstrap, me.pid, me.create_time())
            state.write_text(json.dumps(asdict(standing)))
            _tell(asdict(standing))
            while not asked.wait(1.0):
                pass
    except ClusterFailed as failed:
        _tell({"problem": str(failed)})
    finally:
        janitor.close()
        state.unlink(missing_ok=True)


def _tell(answer: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _hold(**json.loads(sys.argv[1]))
