"""Combinations of a sweep, what Kafka makes of each, and which of them it refuses. All pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.clients import Setting as Value
from harness.workload.settings import SETTINGS

Config = Mapping[str, Value]

_MAX_IN_FLIGHT = 5  # of an idempotent producer: the broker remembers the last five batches of a partition
_REQUEST_TIMEOUT_MS = 30_000


@dataclass(frozen=True)
class Contradiction:
    """Why a combination of settings is none. ``settings`` are those that clash."""

    settings: tuple[str, ...]
    reason: str
    source: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.source})"


def combinations(sweep: Mapping[str, Sequence[Value]]) -> Iterator[dict[str, Value]]:
    """Every combination of the axes' values; the last axis varies fastest."""
    for values in itertools.product(*sweep.values()):
        yield dict(zip(sweep, values, strict=True))


def complete(settings: Config, brokers: int) -> dict[str, Value]:
    """Of ``settings`` those that are Kafka's, with those that every trial states, in one order.

    acks is Kafka's own default, all (aiokafka's differs, which would compare two things under one name). There are
    three replicas, or as many as there are brokers, and two of three have to be in sync.
    """
    config = {name: settings[name] for name in SETTINGS if name in settings}
    config.setdefault("acks", "all")
    replicas = config.setdefault("replication.factor", min(3, brokers))
    config.setdefault("min.insync.replicas", 2 if int(replicas) >= 3 else 1)
    return config


def contradictions(config: Config) -> list[Contradiction]:
    """Why Kafka does not run these settings together; empty if it does. ``config`` is complete.

    Idempotence that nobody asked for gives way silently (ProducerConfig), so only a stated one can clash.
    """
    return [*_idempotent_in_name_only(config), *_too_soon(config), *_more_in_sync_than_there_are(config)]


def _idempotent_in_name_only(config: Config) -> Iterator[Contradiction]:
    if not config.get("enable.idempotence"):
        return
    in_flight = "max.in.flight.requests.per.connection"
    for clashes, other, need in (
        (config["acks"] != "all", "acks", "acks=all"),
        (config.get("retries") == 0, "retries", "retries of at least 1"),
        (int(config.get(in_flight, 1)) > _MAX_IN_FLIGHT, in_flight, f"{in_flight} of at most {_MAX_IN_FLIGHT}"),
    ):
        if clashes:
            yield Contradiction(
                (other, "enable.idempotence"),
                f"enable.idempotence=true needs {need}",
                "Kafka's ProducerConfig refuses it",
            )


def _too_soon(config: Config) -> Iterator[Contradiction]:
    if "delivery.timeout.ms" not in config:  # Kafka lengthens its own default
        return
    linger_ms = int(config.get("linger.ms", 0))
    request_ms = int(config.get("request.timeout.ms", _REQUEST_TIMEOUT_MS))
    if int(config["delivery.timeout.ms"]) < linger_ms + request_ms:
        default = "" if "request.timeout.ms" in config else " (Kafka's default)"
        yield Contradiction(
            ("delivery.timeout.ms", "request.timeout.ms", "linger.ms"),
            f"delivery.timeout.ms={config['delivery.timeout.ms']} is less than linger.ms={linger_ms} and "
            f"request.timeout.ms={request_ms}{default} together",
            "Kafka's KafkaProducer refuses it",
        )


def _more_in_sync_than_there_are(config: Config) -> Iterator[Contradiction]:
    in_sync, replicas = config["min.insync.replicas"], config["replication.factor"]
    if int(in_sync) > int(replicas):
        yield Contradiction(
            ("min.insync.replicas", "replication.factor"),
            f"min.insync.replicas={in_sync} is more than replication.factor={replicas}",
            "Kafka's Partition.effectiveMinIsr would silently take the smaller",
        )
