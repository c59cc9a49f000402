"""Brokers that let in by TLS and SASL: all that has to comes in, and no secret comes out."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import clients
from harness.clients import Int64, consumers
from harness.clusters import ClusterFailed
from harness.clusters.brokers import Brokers
from harness.events import Outcome, Verdict
from harness.janitor import Janitor
from harness.load.messages import Messages
from harness.load.shape import Shape
from harness.roles.oracle import scan
from harness.security import Security
from harness.security.properties import read
from harness.sweep import Sweep
from harness.topics import Topics
from harness.wire import Proxy, WireRule

from ..secured import PASSWORD, STRANGER, Secured, secured_cluster
from ..test_sweep_loop import swept

WAYS = [("SCRAMMED", "SCRAM-SHA-256"), ("SCRAMMED", "SCRAM-SHA-512"), ("SHOWN", "PLAIN"), ("CERTIFIED", "")]
MESSAGES = Messages(7, Shape())
pytestmark = pytest.mark.brokers


@pytest.fixture(scope="module")
def secured(janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_cluster(tmp_path_factory.mktemp("secured"), janitor) as cluster:
        yield cluster


class Acks:
    """A ``clients.Recorder`` that counts them."""

    count = 0

    def done(self, sequence: int, outcome: Outcome, at_ns: int, offset: int = -1, error: str | None = None) -> None:
        self.count += outcome is Outcome.ACKED

    def done_many(
        self, sequence: Int64, outcome: Outcome, at_ns: Int64, offset: Int64, error: str | None = None
    ) -> None:
        self.count += len(sequence) * (outcome is Outcome.ACKED)


def exchanged(client: str, bootstrap: str, security: Security, topic: str) -> tuple[int, int]:
    """How many of fifty messages a producer of this client has acked, and a consumer has read: of it, if it has one."""
    acks = Acks()
    producer = clients.load(client).create(bootstrap, Topics((topic,), 1), {}, acks, security)
    batch = MESSAGES.make(np.arange(50), np.full(50, time.monotonic_ns()))
    accepted, until = 0, time.monotonic() + 30
    while accepted < 50 and time.monotonic() < until:
        accepted += producer.send(accepted, 0, batch[accepted:])
        producer.poll(0.01)
    assert producer.flush(30) == 0
    producer.close(5)
    group = f"{topic}.group"
    reader = client if client in consumers.CONSUMERS else "confluent-kafka"
    consumer = consumers.load(reader).create(
        bootstrap, topic, [0], group, isolation="read_committed", mode="assign", config={}, security=security
    )
    read_, until = 0, time.monotonic() + 30
    while read_ < 50 and time.monotonic() < until:
        read_ += len(consumer.poll(50, 1))
    consumer.close(5)
    return acks.count, read_


@pytest.mark.parametrize(("listener", "mechanism"), WAYS, ids=[f"{way}-{mechanism}" for way, mechanism in WAYS])
@pytest.mark.parametrize("client", clients.CLIENTS)
def test_every_client_comes_in_directly_and_through_the_proxy(
    secured: Secured, client: str, listener: str, mechanism: str, tmp_path: Path
) -> None:
    security = read(secured.properties(listener, mechanism))
    brokers = Brokers(secured.addresses(listener), security)
    topic = f"{client}.{listener}.{mechanism}"
    brokers.create_topic(topic, 1, 1, {})
    assert exchanged(client, brokers.bootstrap, security, topic) == (50, 50)
    with Proxy(brokers.addresses, tmp_path / "proxy.log", security) as proxy:
        proxy.set_rules([WireRule("observe", api="SaslAuthenticate")])
        told = exchanged(client, proxy.bootstrap, security.behind_proxy(), topic)
        assert told == (50, 50)
        seen = proxy.stats().requests
        assert seen["Produce"] and bool(seen.get("SaslAuthenticate")) == bool(mechanism)
        assert proxy.passed_by() is None
    ends = brokers.high_watermarks(topic)
    log = scan(brokers.bootstrap, Topics((topic,), 1), ends, MESSAGES, "read_committed", 30, security)
    assert log.valid.all() and sorted(log.sequence) == sorted([*range(50), *range(50)])


@pytest.mark.parametrize(
    ("listener", "mechanism", "replaced", "said"),
    [
        ("SCRAMMED", "SCRAM-SHA-256", {"sasl.password": "wrong"}, "it does not let 'writer' in: Authentication failed"),
        ("SHOWN", "PLAIN", {"sasl.password": "wrong"}, "it does not let 'writer' in: Authentication failed"),
        ("SHOWN", "SCRAM-SHA-256", {}, "it has no SCRAM-SHA-256, but PLAIN"),
        ("SCRAMMED", "SCRAM-SHA-256", {"ssl.ca.location": "HERE/another-ca.pem"}, "its certificate is not trusted: "),
        (
            "CERTIFIED",
            "",
            {"ssl.certificate.location": "", "ssl.key.location": ""},
            "no TLS between us: .*certificate",
        ),
        ("SHOWN", "PLAIN", {"security.protocol": "SASL_SSL"}, "there is no TLS between us: "),
        ("SHOWN", "PLAIN", {"sasl.username": STRANGER}, "topic refused: .*[Aa]uthorization failed"),
    ],
)
def test_who_is_not_let_in_is_told_why_in_one_line(
    secured: Secured, listener: str, mechanism: str, replaced: dict[str, str], said: str
) -> None:
    stated = {key: value.replace("HERE", str(secured.folder)) for key, value in replaced.items()}
    security = read(secured.properties(listener, mechanism, **stated))
    with pytest.raises(ClusterFailed, match=said) as refused:
        Brokers(secured.addresses(listener), security).create_topic("refused", 1, 1, {})
    assert "\n" not in str(refused.value) and PASSWORD not in str(refused.value)


def _swept(secured: Secured, folder: Path, properties: Path, listener: str, **more: Any) -> Sweep:
    return swept(
        folder,
        cluster={
            "kind": "external",
            "bootstrap": ",".join(secured.addresses(listener).values()),
            "properties": str(properties),
            "brokers": 1,
        },
        config={"linger.ms": 25, "replication.factor": 1, "min.insync.replicas": 1},
        **more,
    )


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_run_writes_its_password_nowhere(secured: Secured, tmp_path: Path) -> None:
    over = threading.Event()
    shown: set[str] = set()
    logs: set[str] = set()

    def look() -> None:
        while not over.wait(0.02):
            for each in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = each.read_bytes().decode("utf-8", "replace")
                except OSError:
                    continue
                if PASSWORD in line:
                    shown.add(line)
            for each in (tmp_path / "run/scratch").rglob("*.log"):
                with contextlib.suppress(OSError):
                    logs.add(each.name)
                    if PASSWORD.encode() in each.read_bytes():
                        shown.add(each.name)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        done = _swept(
            secured,
            tmp_path / "run",
            secured.properties("SCRAMMED", "SCRAM-SHA-256"),
            "SCRAMMED",
            sweep={"client": list(clients.CLIENTS)},
            performance={"repeats": 1, "loads": [{"rate": 200, "seconds": 1}]},
            faults={"recipes": [{"name": "lose-ack", "messages": 500}]},
            pipelines={"guarantees": ["exactly-once"], "inputs": 100},
        )
    finally:
        over.set()
        looking.join()
    assert not shown and {"oracle.log", "proxy.log", "producer-0.log", "consumer-0.log"} <= logs
    skipped = {(record.kind, record.client) for record in done.records if record.status == "skipped"}
    assert skipped == {("pipeline", client) for client in clients.CLIENTS if client not in consumers.CONSUMERS}
    ran = [record for record in done.records if record.status != "skipped"]
    assert {record.status for record in ran} == {"completed"}, [record.reason for record in ran]
    faults = [record.verdict for record in done.records if record.kind == "fault"]
    assert set(faults) <= {Verdict.REPRODUCED, Verdict.KEPT}
    assert {record.verdict for record in ran if record.kind == "pipeline"} == {Verdict.KEPT}
    left = [path for path in done.results.folder.rglob("*") if path.is_file()]
    assert left and not [path for path in left if PASSWORD.encode() in path.read_bytes()]


@pytest.mark.long
def test_who_may_do_nothing_fails_every_trial_with_the_reason(secured: Secured, tmp_path: Path) -> None:
    properties = secured.properties("SHOWN", "PLAIN", user=STRANGER)
    done = _swept(
        secured,
        tmp_path / "run",
        properties,
        "SHOWN",
        sweep={"client": ["confluent-kafka"]},
        faults={"recipes": [{"name": "lose-ack", "messages": 500}]},
    )
    (record,) = done.records
    assert record.status == "failed" and str(record.reason).endswith("Authorization failed.")
