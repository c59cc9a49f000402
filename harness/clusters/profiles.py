"""The two ways brokers are set up: to fail over fast, or as Kafka ships. The report says which a trial ran with."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

CONTROLLER = 1000
"""The id of the node that is the controller; brokers count from 1."""
Properties = dict[str, str | int]


@dataclass(frozen=True)
class Profile:
    """Settings of every node beside the plumbing, and the JVMs' flags."""

    name: str
    settings: Mapping[str, str | int]
    broker_jvm: tuple[str, ...]
    controller_jvm: tuple[str, ...] = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

    @property
    def recorded(self) -> Mapping[str, Any]:
        """All but its name, for the record."""
        return {key: value for key, value in asdict(self).items() if key != "name"}


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            "fault",
            {
                # A trial takes seconds instead of minutes; no ISR shrinks by itself with these.
                "broker.session.timeout.ms": 1500,
                "broker.heartbeat.interval.ms": 200,
                "replica.lag.time.max.ms": 1500,
                "replica.fetch.backoff.ms": 200,
                "auto.leader.rebalance.enable": "false",
                # What was forced to disk is noted as such at once, so that a lost power supply takes no more than that.
                "log.initial.task.delay.ms": 100,
                "log.flush.offset.checkpoint.interval.ms": 200,
                # Who is dead is so after the least that a client may state. That a new group waits three seconds for
                # members stays as Kafka has it: without, kafka-python may lead one before it knows its topic.
                "group.consumer.min.session.timeout.ms": 6000,
                "group.consumer.session.timeout.ms": 6000,
                "group.consumer.min.heartbeat.interval.ms": 500,
                "group.consumer.heartbeat.interval.ms": 500,
            },
            ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        ),
        Profile("performance", {}, ("-Xms1g", "-Xmx1g", "-XX:+UseG1GC")),
    )
}


def controller_properties(node: int, reached: Properties, profile: Profile) -> Properties:
    """``reached`` is how it reaches the others and they it."""
    return {
        "process.roles": "controller",
        "node.id": node,
        **reached,
        # It is the controller that ends a broker's session.
        **profile.settings,
    }


def broker_properties(node: int, reached: Properties, brokers: int, profile: Profile) -> Properties:
    replicas = min(3, brokers)
    return {
        "process.roles": "broker",
        "node.id": node,
        **reached,
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": min(2, replicas),
        # A judged trial's data leaves the disk at once, not after a minute, nor while the next load is measured.
        "log.segment.delete.delay.ms": 50,
        **profile.settings,
    }


def new_cluster_id() -> str:
    """A random id as Kafka writes them: URL-safe base64, never with a dash in front, which would be an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
