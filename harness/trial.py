"""One trial: a topic, a client in its own process, a load, perhaps a fault, and the journals they leave.

Running never judges: what comes back is a record without counts, anomalies or verdict, and journals on disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.clusters import ClusterFailed
from harness.clusters.local import LocalCluster
from harness.clusters.observer import Observer
from harness.disk import DiskWatch
from harness.events import FaultEvent
from harness.faults import FAULTS
from harness.faults.act import act
from harness.faults.stage import RecipeFailed, Stage
from harness.janitor import Janitor
from harness.load.producer import Spec
from harness.load.worker import Worker, WorkerFailed
from harness.plan import Trial
from harness.process import Child, ChildDied, ChildSilent
from harness.store import FaultRecord, TrialRecord
from harness.wire import Proxy

_WARMUP_S = 0.5  # of the client: the brokers are warm already
_SETTLE_S = 15.0
_HEAL_S = 45.0
_SCAN_S = 120.0


@dataclass
class Venue:
    """Where trials run: a cluster that is up, the oracle, and the folders to write to."""

    cluster: LocalCluster
    oracle: Child
    janitor: Janitor
    journals: Path
    scratch: Path
    """Mapped journals and logs of running children; nothing in it outlives the run."""
    run_id: str
    doing: Callable[[str], None] = lambda what: None
    """Told what the trial is doing, for people."""


@dataclass
class _Running:
    """What a trial gathers until its record is made."""

    worker: Worker | None = None
    """The last one, where a fault restarts it."""
    events: list[FaultEvent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why the trial's data is not what a completed trial's would be, worst first."""

    def close(self) -> None:
        if self.worker is not None:
            self.worker.close()

    def kill(self) -> None:
        if self.worker is not None:
            self.worker.kill()


def run(trial: Trial, venue: Venue) -> TrialRecord:
    """Runs one trial and returns its record, not yet judged. Raises ``ClusterFailed`` if the cluster is beyond use.

    Whatever else goes wrong is in the record: ``status`` is ``failed`` when there is no whole journal and scan.
    """
    started, began = datetime.now(UTC), time.monotonic()
    running = _Running()
    topic = f"{venue.run_id}.{trial.id}"[:249]
    run_key = key_of(venue.run_id, trial.id)
    venue.doing("creating the topic")
    venue.cluster.create_topic(
        topic, trial.load.partitions, int(trial.config["replication.factor"]), topic_config(trial)
    )
    try:
        with _observed(trial, venue, topic, running):
            with _problems(running):
                _produce(trial, venue, topic, run_key, running)
            venue.doing("waiting for full recovery")
            venue.cluster.heal()
            venue.cluster.wait_healthy(topic, _HEAL_S)
            if trial.config["acks"] == "0":
                venue.cluster.wait_quiet(topic)
        if any(event.what == "restart" for event in running.events):
            running.events.append(FaultEvent(time.monotonic_ns(), "recovered", {}))
        sealed = running.worker is not None and _seal(trial, venue, running)
        venue.doing("reading the log back")
        scanned = _scan(trial, venue, topic, run_key, running)
    finally:
        with contextlib.suppress(ClusterFailed):
            venue.cluster.delete_topic(topic)
    return _record(trial, venue, running, started, time.monotonic() - began, complete=sealed and scanned)


def key_of(run_id: str, trial_id: str) -> int:
    """The 64-bit key in every message of a trial, by which another trial's messages are recognised."""
    return int.from_bytes(hashlib.blake2b(f"{run_id}/{trial_id}".encode(), digest_size=8).digest(), "big")


def topic_config(trial: Trial) -> dict[str, str]:
    """What the trial's topic is created with; the replication factor is no setting of a topic."""
    return {k: str(v).lower() for k, v in trial.topic_config.items() if k != "replication.factor"}


def journal_path(journals: Path, trial_id: str, part: str) -> Path:
    """Where a part (``producer-0``, ``log``, ``consumer-0``) of a trial's journal is."""
    return journals / f"{trial_id}.{part}.parquet"


def _produce(trial: Trial, venue: Venue, topic: str, run_key: int, running: _Running) -> None:
    with contextlib.ExitStack() as stack:
        proxy = None
        if trial.fault != "none" and FAULTS[trial.fault].on_the_wire(trial.parameters):
            proxy = stack.enter_context(Proxy(venue.cluster.addresses, venue.scratch / "proxy.log"))
            venue.janitor.process(proxy.pid)
        worker = _worker(trial, venue, proxy.bootstrap if proxy else venue.cluster.bootstrap, topic, run_key)
        running.worker = worker
        stack.callback(running.close)
        with DiskWatch(venue.scratch, running.kill) as disk:
            try:
                venue.doing("starting the client")
                worker.wait_ready()
                if trial.fault == "none":
                    _perform(trial, venue, topic, run_key, worker)
                else:
                    _inject(trial, venue, topic, worker, proxy, running)
            except WorkerFailed:
                if disk.breached:
                    running.problems.append("stopped: the disk was about to be full")
                raise
    if running.worker.stopped:
        running.problems.append(running.worker.stopped)


def _worker(trial: Trial, venue: Venue, bootstrap: str, topic: str, run_key: int) -> Worker:
    load = trial.load
    spec = Spec(
        client=trial.client,
        bootstrap=bootstrap,
        topic=topic,
        partitions=load.partitions,
        config=trial.producer_config,
        run_key=run_key,
        producer=0,
        message_size=load.message_size,
        capacity=_capacity(trial),
        journal=str(venue.scratch / f"{trial.id}.journal"),
    )
    return Worker(spec, venue.scratch / "worker.log", venue.janitor)


def _capacity(trial: Trial) -> int:
    return trial.load.messages + (_warmup(trial) if trial.fault == "none" else 0)


def _warmup(trial: Trial) -> int:
    """At most so many messages warm a performance trial's client up, and their time is bounded too."""
    load = trial.load
    return load.messages // 4 if load.rate == "max" else round((load.rate or 0) * _WARMUP_S)


def _perform(trial: Trial, venue: Venue, topic: str, run_key: int, worker: Worker) -> None:
    """A performance trial: warm up, then the measured load, with a consumer alongside if it is paced."""
    load = trial.load
    assert load.seconds is not None
    rate = None if load.rate == "max" else load.rate
    with contextlib.ExitStack() as stack:
        consumer = None
        if rate is not None:
            consumer = stack.enter_context(_consumer(trial, venue, topic, run_key))
            consumer.wait("ready", 20)
        venue.doing("warming up")
        worker.start(_warmup(trial), rate=rate, seconds=_WARMUP_S)
        worker.finish(30)
        _settle(worker, venue, topic)
        venue.doing("measuring")
        worker.start(load.messages, rate=rate, seconds=load.seconds)
        worker.finish(load.seconds + 40)
        if consumer is not None:
            consumer.send({"do": "stop", "records": worker.total, "timeout_s": 5.0})
            consumer.wait("stopped", 10)


def _consumer(trial: Trial, venue: Venue, topic: str, run_key: int) -> Child:
    spec = {
        "bootstrap": venue.cluster.bootstrap,
        "topic": topic,
        "partitions": trial.load.partitions,
        "run_key": run_key,
        "message_size": trial.load.message_size,
        "capacity": 2 * _capacity(trial),
        "parquet": str(journal_path(venue.journals, trial.id, "consumer-0")),
    }
    consumer = Child("harness.load.consumer", spec, venue.scratch / "consumer.log")
    venue.janitor.process(consumer.pid)
    return consumer


def _inject(trial: Trial, venue: Venue, topic: str, worker: Worker, proxy: Proxy | None, running: _Running) -> None:
    """A fault trial: warm up, then the recipe, which drives the load itself."""
    fault = FAULTS[trial.fault]
    parameters: Any = trial.parameters
    venue.doing("warming up")
    worker.start(parameters.warmup, flush_every=parameters.warmup)
    worker.finish(20)
    _settle(worker, venue, topic)
    venue.doing(f"injecting {fault.name}")
    stage = Stage(venue.cluster, topic, worker, proxy, events=running.events)
    try:
        act(fault.script(parameters).steps, stage)
    finally:
        running.worker = stage.worker


def _settle(worker: Worker, venue: Venue, topic: str) -> None:
    """The warm-up is over when every record of it is replicated: else the fault would lose it as well."""
    worker.warmup = worker.total
    until, stored = time.monotonic() + _SETTLE_S, 0
    while stored < worker.total:
        if time.monotonic() > until:
            raise RecipeFailed(
                f"only {stored} of {worker.total} warm-up messages were replicated within {_SETTLE_S:g} s"
            )
        stored = sum(venue.cluster.high_watermarks(topic).values())
        time.sleep(0.02)


def _seal(trial: Trial, venue: Venue, running: _Running) -> bool:
    assert running.worker is not None
    if not Path(running.worker.spec.journal).exists():
        return False
    running.worker.seal(journal_path(venue.journals, trial.id, "producer-0"))
    return True


def _scan(trial: Trial, venue: Venue, topic: str, run_key: int, running: _Running) -> bool:
    with _problems(running):
        venue.oracle.send(
            {
                "do": "scan",
                "bootstrap": venue.cluster.bootstrap,
                "topic": topic,
                "ends": venue.cluster.high_watermarks(topic),
                "run_key": run_key,
                "message_size": trial.load.message_size,
                "parquet": str(journal_path(venue.journals, trial.id, "log")),
                "timeout_s": _SCAN_S,
            }
        )
        said = venue.oracle.wait("scanned", _SCAN_S + 10)
        if said["problem"] is None:
            return True
        running.problems.append(said["problem"])
    return False


@contextlib.contextmanager
def _observed(trial: Trial, venue: Venue, topic: str, running: _Running) -> Iterator[None]:
    """Adds who led and who was in sync to a fault trial's events; behind them, for it is no evidence of the fault."""
    if trial.fault == "none":
        yield
        return
    with Observer(venue.cluster, topic) as observer:
        yield
    running.events += observer.events


@contextlib.contextmanager
def _problems(running: _Running) -> Iterator[None]:
    """What ends a part of a trial becomes a line in its record; a cluster that fails ends the trial."""
    try:
        yield
    except (WorkerFailed, RecipeFailed, ChildDied, ChildSilent) as problem:
        running.problems.append(str(problem))


def _record(
    trial: Trial, venue: Venue, running: _Running, started: datetime, elapsed_s: float, *, complete: bool
) -> TrialRecord:
    worker = running.worker
    return TrialRecord(
        **trial_fields(trial),
        cluster_profile=trial.profile,
        client_version=worker.version if worker else None,
        effective=worker.effective if worker else None,
        fault=FaultRecord(
            name=trial.fault,
            parameters=parameters_of(trial),
            replaced=trial.replaced,
            fired=trial.fault == "none" or FAULTS[trial.fault].fired(running.events),
            events=[{"at_ns": event.at_ns, "what": event.what, **event.detail} for event in running.events],
        ),
        status="completed" if complete else "failed",
        reason="; ".join(running.problems) or None,
        started=started.isoformat(timespec="milliseconds"),
        elapsed_s=round(elapsed_s, 3),
        client_cpu_s=worker.cpu_s if worker else None,
    )


def trial_fields(trial: Trial) -> dict[str, Any]:
    """What a record says of a trial whether it ran or not."""
    return {
        "id": trial.id,
        "name": trial.name,
        "kind": trial.kind,
        "repeat": trial.repeat,
        "kafka": trial.kafka,
        "client": trial.client,
        "config": trial.config,
        "load": asdict(trial.load),
    }


def parameters_of(trial: Trial) -> dict[str, Any]:
    """The fault's parameters, defaults and all."""
    return trial.parameters.model_dump() if trial.parameters else {}
