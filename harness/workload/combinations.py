"""Combinations of a sweep, what Kafka makes of each, and which of them it refuses. All pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.clients import Setting as Value
from harness.workload.settings import SETTINGS

Config = Mapping[str, Value]

_MAX_IN_FLIGHT = 5  # of an idempotent producer: the broker remembers the last five batches of a partition
_IN_SYNC, _REPLICAS = "min.insync.replicas", "replication.factor"
_IN_SYNC_IS_CAPPED_SINCE = (3, 7)
_IDEMPOTENT = "enable.idempotence"
_TRANSACTIONS: Config = {
    _IDEMPOTENT: True,  # which a transactional.id brings with it
    "transaction.messages": 100,
    "transaction.interval.ms": 100,  # as Kafka Streams has it under exactly-once (StreamsConfig, commit.interval.ms)
    "transaction.aborts.percent": 0,
}
"""What every trial with transactions states; one without them has no use for it."""
OF_MESSAGES: Config = {
    "keys": "none",
    "nulls.percent": 0,
    "headers": 0,
    "payload": "random",
    "timestamps.offset.ms": 0,
    "timestamps.percent": 100,
}
"""What messages look like that nobody says anything of."""
_UNSTATED: Config = {"producers": 1, "consumers": 1, "topics": 1, **OF_MESSAGES}
"""What every trial has that does not state something else: stated, it is no other trial."""


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
    config = {name: value for name, value in config.items() if _UNSTATED.get(name) != value}
    config.setdefault("acks", "all")
    if config.get("transactional"):
        config = {**_TRANSACTIONS, **config}
    else:
        config = {name: value for name, value in config.items() if not name.startswith("transaction.")}
    replicas = config.setdefault(_REPLICAS, min(3, brokers))
    config.setdefault(_IN_SYNC, 2 if int(replicas) >= 3 else 1)
    return config


def in_effect(config: Config) -> dict[str, Value]:
    """What brokers make of settings of the topic: acks=all needs no more replicas in sync than there are.

    ``config`` is complete. By ``Partition.effectiveMinIsr``, since 3.7 (KAFKA-15583).
    """
    return {_IN_SYNC: min(int(config[_IN_SYNC]), int(config[_REPLICAS]))}


def contradictions(config: Config, kafka: str) -> list[Contradiction]:
    """Why this Kafka does not run these settings together; empty if it does. ``config`` is complete.

    Idempotence that nobody asked for gives way silently (ProducerConfig), so only a stated one can clash. What a client
    refuses is the client's to say (``harness.clients``).
    """
    return [*in_name_only(config), *_more_in_sync_than_there_are(config, kafka)]


def in_name_only(config: Config) -> list[Contradiction]:
    """Those of idempotence and transactions, which no Kafka runs."""
    return [*_idempotent_in_name_only(config), *_transactional_in_name_only(config)]


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


def _transactional_in_name_only(config: Config) -> Iterator[Contradiction]:
    if config.get("transactional") and not config[_IDEMPOTENT]:
        source = "Kafka's ProducerConfig refuses it"
        yield Contradiction(("transactional", _IDEMPOTENT), f"transactional=true needs {_IDEMPOTENT}=true", source)


def _more_in_sync_than_there_are(config: Config, kafka: str) -> Iterator[Contradiction]:
    in_sync, replicas = config[_IN_SYNC], config[_REPLICAS]
    capped = tuple(int(part) for part in kafka.split(".")[:2]) >= _IN_SYNC_IS_CAPPED_SINCE
    if int(in_sync) > int(replicas) and not capped:
        yield Contradiction(
            (_IN_SYNC, _REPLICAS),
            f"{_IN_SYNC}={in_sync} is more than {_REPLICAS}={replicas}, so that no acks=all is ever taken",
            "Kafka takes the smaller of the two since 3.7, KAFKA-15583",
        )
