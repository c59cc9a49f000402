"""How fast the harness drives librdkafka, against Kafka's own kafka-producer-perf-test on the same warm brokers.

All send 5 million messages of 100 bytes with replication factor 3, acks=all and no idempotence, in all else by the
defaults of Kafka's own client; the harness records due, sent and done time, outcome and offset of every one. The client
``bare`` is librdkafka without the harness: the same calls, of which nothing is made or recorded. They take turns, and
each round another one begins, so that drift favours none; the ratios are taken round by round, of all messages and of
the last half of them, for the Java client warms up for long. With ``--batch-size``, ``--size`` or ``--client`` given
several times, each round measures all of them::

    python -m benchmarks.perf_test [--rounds 8] [--messages 5000000] [--batch-size 16384] [--client librdkafka]

``--config enable.idempotence=true`` tells all of them so. ``--no-perf-test`` leaves the Java client out: what recording
costs is librdkafka against ``bare`` alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import yaml

from harness.bounds import CLOSING_S, Bounds
from harness.clients import Setting
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import Jar, class_path, ensure
from harness.clusters.local.java import find_java
from harness.events import Outcome
from harness.janitor import Janitor
from harness.journal.sealed import read_producer
from harness.load.shape import Shape
from harness.load.spec import Spec
from harness.measure.ratio import paired_ratio
from harness.topics import Topics
from harness.trial.waits import client_waits
from harness.workers.worker import Worker

KAFKA = "4.3.1"  # the newest version whose kafka-tools artifact is published
TOOLS = Jar(
    "org.apache.kafka",
    "kafka-tools",
    KAFKA,
    698668,
    "62f3c5dd7aa3442d4c5bc6a95f86e2502178ea09de8e27f74d9563bf955e253c",
)
# But for idempotence what the Java client has by default since Kafka 4.0, said to both: librdkafka's batches have a
# megabyte, and at saturation its million requests in flight make many small ones of what could be few.
CONFIG: dict[str, Setting] = {
    "acks": "all",
    "enable.idempotence": False,
    "linger.ms": 5,
    "max.in.flight.requests.per.connection": 5,
}
BATCH_SIZE = 16384
CLIENTS = ("confluent-kafka", "librdkafka", "bare")
SIZE_BYTES = 100
PARTITIONS = 3
_WARM_UPS = 5  # rounds, 50 million messages: until then a message costs the brokers up to four times as much CPU
_RATE = re.compile(r"(\d+) records sent, ([\d.]+) records/sec")


@dataclass(frozen=True)
class Rates:
    """Messages a second."""

    all: float
    last_half: float | None
    """None where it was over too soon to tell."""
    cpu_us: float | None = None
    """CPU time of the client's process a message, where somebody looked."""

    def __str__(self) -> str:
        return f"{self.all:,.0f}/s" + ("" if self.cpu_us is None else f" with {self.cpu_us:.3f} us of CPU each")


@dataclass(frozen=True)
class Load:
    size: int
    batch_size: int
    messages: int
    told: tuple[tuple[str, Setting], ...] = ()

    @property
    def config(self) -> dict[str, Setting]:
        return {**CONFIG, "batch.size": self.batch_size, **dict(self.told)}


def perf_test(cluster: LocalCluster, janitor: Janitor, jars: list[Path], topic: str, load: Load) -> Rates:
    """As the tool says: at its end, and every five seconds of those five."""
    properties = [f"{key}={str(value).lower()}" for key, value in load.config.items()]
    command = [
        str(find_java().path), "-Xms512m", "-Xmx512m", "-cp", os.pathsep.join(map(str, jars)),
        "org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", str(load.messages),
        "--record-size", str(load.size), "--throughput", "-1",
        "--producer-props", f"bootstrap.servers={cluster.bootstrap}", *properties,
    ]  # fmt: skip
    said = _said(command, janitor)
    *windows, (_, rate) = [(int(records), float(rate)) for records, rate in _RATE.findall(said)]
    sent, late = 0, []
    for records, its in windows:
        late += [its] if sent >= load.messages / 2 else []
        sent += records
    return Rates(rate, statistics.mean(late) if late else None)


def harness(client: str, cluster: LocalCluster, janitor: Janitor, scratch: Path, topic: str, load: Load) -> Rates:
    """Of this client, from the first handed over to the last acked, by the journal it left."""
    spec = Spec(
        client=client,
        bootstrap=cluster.bootstrap,
        topics=Topics((topic,), PARTITIONS),
        config=load.config,
        run_key=1,
        producer=0,
        shape=Shape(((load.size, 100),)),
        capacity=load.messages,
        journal=str(scratch / "journal"),
    )
    worker = Worker(spec, scratch / "worker.log", janitor)
    worker.wait_ready()
    worker.start(load.messages, Bounds.of(client_waits(spec.client, spec.config, worker.effective or {}), 0))
    worker.finish()
    worker.close(CLOSING_S)
    worker.seal(scratch / "journal.parquet")
    columns = read_producer(scratch / "journal.parquet")
    acked = int((columns.outcome == Outcome.ACKED).sum())
    if acked != load.messages:
        raise SystemExit(f"only {acked} of {load.messages} were acked")
    done_ns = np.sort(columns.done_ns)
    half = len(done_ns) // 2
    last_half = (len(done_ns) - half) / (int(done_ns[-1]) - int(done_ns[half])) * 1e9
    cpu_us = None if worker.cpu_s is None else worker.cpu_s / acked * 1e6
    return Rates(acked / (int(done_ns[-1]) - int(columns.sent_ns.min())) * 1e9, last_half, cpu_us)


def bare(cluster: LocalCluster, janitor: Janitor, topic: str, load: Load) -> Rates:
    """Of librdkafka without the harness."""
    told = {"client": "librdkafka", "bootstrap": cluster.bootstrap, "topic": topic, "partitions": PARTITIONS}
    told |= {"config": load.config, "size": load.size, "messages": load.messages}
    command = [sys.executable, "-m", "benchmarks.bare"]
    rate, cpu_us = json.loads(_said(command, janitor, json.dumps(told)))
    return Rates(rate, None, cpu_us)


def _said(command: list[str], janitor: Janitor, told: str = "") -> str:
    """What a process prints, which ends with this one, whatever ends that."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as started:
        janitor.process(started.pid)
        try:
            said, why = started.communicate(told, timeout=600)
        except subprocess.TimeoutExpired:
            started.kill()  # else it is waited for without a bound
            raise
    if started.returncode:
        raise SystemExit(f"{command[0]} ended with status {started.returncode}: {why}")
    return said


def _in_turn(names: Sequence[str], number: int) -> list[str]:
    """All of them, each round from another one on."""
    first = number % len(names)
    return [*names[first:], *names[:first]]


def _setting(said: str) -> tuple[str, Setting]:
    key, _, value = said.partition("=")
    return key, yaml.safe_load(value)


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--batch-size", type=int, action="append", help=f"bytes; default {BATCH_SIZE}")
    parser.add_argument("--size", type=int, action="append", help=f"bytes of a message; default {SIZE_BYTES}")
    parser.add_argument("--client", choices=CLIENTS, action="append", help=f"default: {CLIENTS[0]} and {CLIENTS[1]}")
    parser.add_argument("--config", type=_setting, action="append", default=[], help="KEY=VALUE, told to all of them")
    parser.add_argument("--warm-ups", type=int, default=_WARM_UPS, help="rounds that count for nothing")
    parser.add_argument("--warm-up-messages", type=int, help="of each of those; default: as many as of the others")
    parser.add_argument("--no-perf-test", action="store_true")
    return parser.parse_args()


def main() -> None:
    wanted = _wanted()
    clients = wanted.client or CLIENTS[:2]
    names = (*(() if wanted.no_perf_test else ("perf-test",)), *clients)
    loads = [
        Load(size, batch, wanted.messages, tuple(wanted.config))
        for size, batch in product(wanted.size or [SIZE_BYTES], wanted.batch_size or [BATCH_SIZE])
    ]
    warm_up_messages = wanted.warm_up_messages or wanted.messages
    jars = class_path(KAFKA)
    tools = [*jars, *ensure([TOOLS])]
    janitor = Janitor()
    pairs: dict[tuple[Load, str, str], list[tuple[float, float]]] = defaultdict(list)
    try:
        with tempfile.TemporaryDirectory(prefix="perf-test-") as folder:
            scratch = Path(folder)
            with LocalCluster(jars, scratch / "cluster", janitor, profile="performance") as cluster:
                print(f"Kafka {KAFKA}, {cluster.java}, {wanted.messages} messages, RF 3", flush=True)
                for number, measured in product(range(-wanted.warm_ups, wanted.rounds), loads):
                    load = measured if number >= 0 else replace(measured, messages=warm_up_messages)
                    rates: dict[str, Rates] = {}
                    for name in _in_turn(names, number):
                        topic = f"{name}-{load.size}-{load.batch_size}-{number + wanted.warm_ups}"
                        cluster.create_topic(topic, PARTITIONS, 3, {"min.insync.replicas": "2"})
                        match name:
                            case "perf-test":
                                rates[name] = perf_test(cluster, janitor, tools, topic, load)
                            case "bare":
                                rates[name] = bare(cluster, janitor, topic, load)
                            case client:
                                rates[name] = harness(client, cluster, janitor, scratch, topic, load)
                        cluster.delete_topic(topic)
                        time.sleep(2)  # its files are deleted in the background
                    kind = "warm-up" if number < 0 else f"round {number + 1}"
                    told = ", ".join(f"{name} {rates[name]}" for name in names)
                    print(f"{kind}, {load.size} B, batches of {load.batch_size:,} B: {told}", flush=True)
                    for one, other in () if number < 0 else product(clients, ("perf-test", "bare")):
                        if one != other and other in rates:
                            for part, what in (("all", "all"), ("last_half", "the last half"), ("cpu_us", "CPU")):
                                these, those = getattr(rates[one], part), getattr(rates[other], part)
                                if these and those:
                                    pairs[load, f"{one} to {other}", what].append((these, those))
    finally:
        janitor.close()
    for (load, what, part), found in pairs.items():
        these, those = [one for one, _ in found], [other for _, other in found]
        ratios = [one / other for one, other in found]
        said = f"median ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        if (paired := paired_ratio(these, those)) is not None:
            said += f", {paired.low:.2f} to {paired.high:.2f} at 95 %"
        print(f"{load.size} B, batches of {load.batch_size:,} B, {what}, {part}: {said}")


if __name__ == "__main__":
    main()
