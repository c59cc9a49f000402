"""What a load took of the machine: two looks at the kernel's own accounts, before it and behind it.

Nothing is looked at meanwhile, so that looking costs the load nothing.
"""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from harness.store import Used
from harness.trial.venue import Running
from harness.wire import Proxy

_WORK = bytes(range(256)) * (1 << 15)  # 8 MB


@contextlib.contextmanager
def accounted(running: Running, proxy: Proxy | None) -> Iterator[None]:
    """Adds to the trial what its clients, its brokers, everybody else and the machine did within the context. What ends
    in it is on nobody's account; the clients have to be there.
    """
    assert running.fleet is not None
    clients = [worker.pid for worker in running.fleet.workers]
    nodes = list(running.venue.cluster.pids.values())
    work_ms, began = _work_ms(), _look(clients, nodes, proxy)
    yield
    running.used = _between(began, _look(clients, nodes, proxy), work_ms)


@dataclass(frozen=True)
class _Look:
    at_s: float
    clients: Mapping[tuple[int, int], float]
    """CPU seconds by process and thread."""
    proxy: Mapping[tuple[int, int], float]
    nodes_s: float | None
    ours_s: float
    busy_s: float
    steal_s: float
    clients_mb: float
    nodes_mb: float | None
    written_mb: float | None
    loopback_mb: float | None


def _work_ms() -> float:
    """How long a fixed piece of work takes on one core: what the machine itself gives by now."""
    began = time.perf_counter()
    zlib.crc32(_WORK)
    sorted(_WORK[: 1 << 18])
    return (time.perf_counter() - began) * 1e3


def _look(clients: Iterable[int], nodes: list[int], proxy: Proxy | None) -> _Look:
    times = psutil.cpu_times()
    idle_s = times.idle + getattr(times, "iowait", 0.0)
    steal_s = getattr(times, "steal", 0.0)
    me = psutil.Process()
    own = {each.pid: each for each in (me, *me.children(recursive=True))}
    for node in nodes:
        with contextlib.suppress(psutil.NoSuchProcess):
            own.setdefault(node, psutil.Process(node))
    disk, loopback = psutil.disk_io_counters(), psutil.net_io_counters(pernic=True).get("lo")
    at_nodes = [own[node] for node in nodes if node in own]
    return _Look(
        at_s=time.monotonic(),
        clients=_threads(own[pid] for pid in clients if pid in own),
        proxy=_threads([own[proxy.pid]] if proxy is not None and proxy.pid in own else []),
        nodes_s=sum(map(_cpu_s, at_nodes)) if nodes else None,
        ours_s=sum(map(_cpu_s, own.values())),
        # A guest's time is in its user's already.
        busy_s=sum(times) - idle_s - steal_s - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0),
        steal_s=steal_s,
        clients_mb=sum(_resident_mb(own[pid]) for pid in clients if pid in own),
        nodes_mb=sum(map(_resident_mb, at_nodes)) if nodes else None,
        written_mb=None if disk is None else disk.write_bytes / 1e6,
        loopback_mb=None if loopback is None else loopback.bytes_sent / 1e6,
    )


def _between(began: _Look, ended: _Look, work_ms: float) -> Used:
    seconds = max(ended.at_s - began.at_s, 1e-3)
    client = _spent(began.clients, ended.clients)
    proxy = _spent(began.proxy, ended.proxy)
    ours_s, busy_s = ended.ours_s - began.ours_s, ended.busy_s - began.busy_s
    cores = psutil.cpu_count() or 1

    def grown(what: str) -> float | None:
        before, after = getattr(began, what), getattr(ended, what)
        return None if before is None or after is None else after - before

    nodes_s = grown("nodes_s")
    return Used(
        seconds=round(seconds, 3),
        client_cores=sum(client.values()) / seconds,
        client_thread=max(client.values(), default=0.0) / seconds,
        proxy_thread=max(proxy.values(), default=0.0) / seconds if proxy else None,
        broker_cores=None if nodes_s is None else nodes_s / seconds,
        # Whose brokers nobody can see here may run here all the same: then theirs is not told from anybody's.
        other_cores=None if nodes_s is None else max(0.0, busy_s - ours_s) / seconds,
        cores=cores,
        machine=min(1.0, busy_s / seconds / cores),
        stolen=(ended.steal_s - began.steal_s) / seconds / cores,
        client_mb=ended.clients_mb,
        broker_mb=ended.nodes_mb,
        written_mb=grown("written_mb"),
        loopback_mb=grown("loopback_mb"),
        work_ms=work_ms,
    )


def _threads(processes: Iterable[psutil.Process]) -> dict[tuple[int, int], float]:
    found = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            found.update({(process.pid, each.id): each.user_time + each.system_time for each in process.threads()})
    return found


def _spent(began: Mapping[Any, float], ended: Mapping[Any, float]) -> dict[Any, float]:
    return {thread: spent - began.get(thread, 0.0) for thread, spent in ended.items()}


def _cpu_s(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _resident_mb(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        return float(process.memory_info().rss) / 1e6
    return 0.0
