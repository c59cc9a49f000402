"""How fast the harness drives librdkafka, against Kafka's own kafka-producer-perf-test on the same warm brokers.

All send 5 million messages of 100 bytes with replication factor 3, acks=all and no idempotence, in all else by the
defaults of Kafka's own client; the harness records due, sent and done time, outcome and offset of every one. They take
turns, and each round another one begins, so that drift favours none; the ratios are taken round by round. With
``--batch-size`` or ``--client`` given several times, each round measures all of them::

    python -m benchmarks.perf_test [--rounds 8] [--messages 5000000] [--batch-size 16384] [--client confluent-kafka]
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from harness.bounds import CLOSING_S, Bounds
from harness.clients import Setting
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import Jar, class_path, ensure
from harness.clusters.local.java import find_java
from harness.events import Outcome
from harness.janitor import Janitor
from harness.journal import read_producer
from harness.load.shape import Shape
from harness.load.spec import Spec
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
CLIENTS = ("confluent-kafka", "librdkafka")
SIZE_BYTES = 100
PARTITIONS = 3
_WARM_UPS = 5  # rounds, 50 million messages: until then a message costs the brokers up to four times as much CPU
_RATE = re.compile(r"records sent, ([\d.]+) records/sec")


def perf_test(cluster: LocalCluster, jars: list[Path], topic: str, config: dict[str, Setting], messages: int) -> float:
    """Messages a second, as the tool's closing line has it."""
    properties = [f"{key}={str(value).lower()}" for key, value in config.items()]
    command = [
        str(find_java().path), "-Xms512m", "-Xmx512m", "-cp", os.pathsep.join(map(str, jars)),
        "org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", str(messages),
        "--record-size", str(SIZE_BYTES), "--throughput", "-1",
        "--producer-props", f"bootstrap.servers={cluster.bootstrap}", *properties,
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    return float(_RATE.findall(said)[-1])


def harness(
    client: str,
    cluster: LocalCluster,
    janitor: Janitor,
    scratch: Path,
    topic: str,
    config: dict[str, Setting],
    messages: int,
) -> float:
    """Messages a second of this client, from the first handed over to the last acked, by the journal it left."""
    spec = Spec(
        client=client,
        bootstrap=cluster.bootstrap,
        topics=Topics((topic,), PARTITIONS),
        config=config,
        run_key=1,
        producer=0,
        shape=Shape(((SIZE_BYTES, 100),)),
        capacity=messages,
        journal=str(scratch / "journal"),
    )
    worker = Worker(spec, scratch / "worker.log", janitor)
    worker.wait_ready()
    worker.start(messages, Bounds.of(client_waits(spec.client, spec.config, worker.effective or {}), 0))
    worker.finish()
    worker.close(CLOSING_S)
    worker.seal(scratch / "journal.parquet")
    columns = read_producer(scratch / "journal.parquet")
    acked = int((columns.outcome == Outcome.ACKED).sum())
    if acked != messages:
        raise SystemExit(f"only {acked} of {messages} were acked")
    return acked / (int(columns.done_ns.max()) - int(columns.sent_ns.min())) * 1e9


def _in_turn(names: Sequence[str], number: int) -> list[str]:
    """All of them, each round from another one on."""
    first = number % len(names)
    return [*names[first:], *names[:first]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--batch-size", type=int, action="append", help=f"bytes; default {BATCH_SIZE}")
    parser.add_argument("--client", choices=CLIENTS, action="append", help="default: all of them")
    parser.add_argument("--warm-ups", type=int, default=_WARM_UPS, help="rounds that count for nothing")
    wanted = parser.parse_args()
    sizes, clients = wanted.batch_size or [BATCH_SIZE], wanted.client or CLIENTS
    jars = class_path(KAFKA)
    tools = [*jars, *ensure([TOOLS])]
    janitor = Janitor()
    ratios: dict[tuple[int, str], list[float]] = {each: [] for each in product(sizes, clients)}
    try:
        with tempfile.TemporaryDirectory(prefix="perf-test-") as folder:
            scratch = Path(folder)
            with LocalCluster(jars, scratch / "cluster", janitor, profile="performance") as cluster:
                print(f"Kafka {KAFKA}, {cluster.java}, {wanted.messages} messages of {SIZE_BYTES} B, RF 3")
                for number, size in product(range(-wanted.warm_ups, wanted.rounds), sizes):
                    config = {**CONFIG, "batch.size": size}
                    rates = {}
                    for name in _in_turn(("perf-test", *clients), number):
                        topic = f"{name}-{size}-{number + wanted.warm_ups}"
                        cluster.create_topic(topic, PARTITIONS, 3, {"min.insync.replicas": "2"})
                        if name == "perf-test":
                            rates[name] = perf_test(cluster, tools, topic, config, wanted.messages)
                        else:
                            rates[name] = harness(name, cluster, janitor, scratch, topic, config, wanted.messages)
                        cluster.delete_topic(topic)
                        time.sleep(2)  # its files are deleted in the background
                    kind = "warm-up" if number < 0 else f"round {number + 1}"
                    told = ", ".join(f"{name} {rates[name]:,.0f}/s" for name in ("perf-test", *clients))
                    print(f"{kind}, batches of {size:,} B: {told}", flush=True)
                    for client in clients if number >= 0 else ():
                        ratios[size, client].append(rates[client] / rates["perf-test"])
    finally:
        janitor.close()
    for (size, client), found in ratios.items():
        median, least, most = statistics.median(found), min(found), max(found)
        print(f"batches of {size:,} B, {client}: median ratio {median:.2f} ({least:.2f} to {most:.2f})")


if __name__ == "__main__":
    main()
