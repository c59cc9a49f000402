"""How fast the harness drives confluent-kafka, against Kafka's own kafka-producer-perf-test on the same warm brokers.

Both send 5 million messages of 100 bytes with replication factor 3 and acks=all; the harness records due, sent and done
time, outcome and offset of every one of them. The two take turns, and each round the other one begins, so that drift
favours neither; the ratio is taken round by round::

    uv run python -m benchmarks.perf_test [--rounds 8] [--messages 5000000]
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from harness.clients import Setting
from harness.clusters.jars import Jar, class_path, ensure
from harness.clusters.local import LocalCluster
from harness.events import Outcome
from harness.janitor import Janitor
from harness.journal import read_producer
from harness.load.spec import Spec
from harness.load.worker import Worker

KAFKA = "4.3.1"  # the newest version whose kafka-tools artifact is published
TOOLS = Jar(
    "org.apache.kafka",
    "kafka-tools",
    KAFKA,
    698668,
    "62f3c5dd7aa3442d4c5bc6a95f86e2502178ea09de8e27f74d9563bf955e253c",
)
CONFIG: dict[str, Setting] = {
    "acks": "all",
    "enable.idempotence": False,
    "linger.ms": 5,
    "batch.size": 262144,
    # Java's default. librdkafka's is a million, which at saturation makes many small requests of what could be few.
    "max.in.flight.requests.per.connection": 5,
}
SIZE_BYTES = 100
PARTITIONS = 3
_WARM_UPS = 5  # rounds, 50 million messages: until then a message costs the brokers up to four times as much CPU
_RATE = re.compile(r"records sent, ([\d.]+) records/sec")


def perf_test(cluster: LocalCluster, jars: list[Path], topic: str, messages: int) -> float:
    """Messages a second, as the tool's closing line has it."""
    properties = [f"{key}={str(value).lower()}" for key, value in CONFIG.items()]
    command = [
        str(cluster.java.path), "-Xms512m", "-Xmx512m", "-cp", os.pathsep.join(map(str, jars)),
        "org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", str(messages),
        "--record-size", str(SIZE_BYTES), "--throughput", "-1",
        "--producer-props", f"bootstrap.servers={cluster.bootstrap}", *properties,
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    return float(_RATE.findall(said)[-1])


def harness(cluster: LocalCluster, janitor: Janitor, scratch: Path, topic: str, messages: int) -> float:
    """Messages a second, from the first handed over to the last acked, by the journal it left."""
    spec = Spec(
        client="confluent-kafka",
        bootstrap=cluster.bootstrap,
        topic=topic,
        partitions=PARTITIONS,
        config=dict(CONFIG),
        run_key=1,
        producer=0,
        message_size=SIZE_BYTES,
        capacity=messages,
        journal=str(scratch / "journal"),
    )
    worker = Worker(spec, scratch / "worker.log", janitor)
    worker.wait_ready()
    worker.start(messages)
    worker.finish(300)
    worker.close()
    worker.seal(scratch / "journal.parquet")
    columns = read_producer(scratch / "journal.parquet")
    acked = int((columns.outcome == Outcome.ACKED).sum())
    if acked != messages:
        raise SystemExit(f"only {acked} of {messages} were acked")
    return acked / (int(columns.done_ns.max()) - int(columns.sent_ns.min())) * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--messages", type=int, default=5_000_000)
    wanted = parser.parse_args()
    jars = class_path(KAFKA)
    tools = [*jars, *ensure([TOOLS])]
    janitor = Janitor()
    ratios = []
    try:
        with tempfile.TemporaryDirectory(prefix="perf-test-") as folder:
            scratch = Path(folder)
            cluster = LocalCluster(KAFKA, jars, scratch / "cluster", janitor, profile="performance")
            with cluster:
                print(f"Kafka {KAFKA}, {cluster.java.description}, {wanted.messages} messages of {SIZE_BYTES} B, RF 3")
                for number in range(-_WARM_UPS, wanted.rounds):
                    rates = {}
                    for name in ("perf-test", "harness")[:: 1 if number % 2 else -1]:
                        topic = f"{name}-{number + _WARM_UPS}"
                        cluster.create_topic(topic, PARTITIONS, 3, {"min.insync.replicas": "2"})
                        if name == "harness":
                            rates[name] = harness(cluster, janitor, scratch, topic, wanted.messages)
                        else:
                            rates[name] = perf_test(cluster, tools, topic, wanted.messages)
                        cluster.delete_topic(topic)
                        time.sleep(2)  # its files are deleted in the background
                    ratio = rates["harness"] / rates["perf-test"]
                    kind = "warm-up" if number < 0 else f"round {number + 1}"
                    print(
                        f"{kind}: perf-test {rates['perf-test']:,.0f}/s, harness {rates['harness']:,.0f}/s, {ratio:.2f}"
                    )
                    if number >= 0:
                        ratios.append(ratio)
    finally:
        janitor.close()
    print(f"median ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
