"""librdkafka's settings, for the two clients that run on it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.clients import Setting
from harness.clients import settings as tables
from harness.clients.settings import Given, Missing


def _number(value: str) -> Setting:
    number = float(value)
    return int(number) if number.is_integer() else number


# librdkafka's own names rather than the aliases it also takes: it reports its configuration by them. It takes no value
# outside the ranges in its CONFIGURATION.md (2.16.0).
SETTINGS: tables.Table = {
    "acks": Given(("request.required.acks",), tables.give_acks, tables.read_acks),
    "enable.idempotence": Given(("enable.idempotence",), read=lambda value: value == "true"),
    "retries": Given(("message.send.max.retries",), read=_number),
    "delivery.timeout.ms": Given(("message.timeout.ms",), read=_number, within=(1, 2**31 - 1)),  # 0 is without an end
    # Kafka's setting is both what the broker is told and how long the client waits; librdkafka has one for each.
    "request.timeout.ms": Given(("request.timeout.ms", "socket.timeout.ms"), read=_number, within=(10, 300_000)),
    "max.in.flight.requests.per.connection": Given(
        ("max.in.flight.requests.per.connection",), read=_number, within=(1, 1_000_000)
    ),
    "linger.ms": Given(("queue.buffering.max.ms",), read=_number, within=(0, 900_000)),
    "batch.size": Given(("batch.size",), read=_number, within=(1, 2**31 - 1)),
    "compression.type": Given(("compression.codec",)),
    "buffer.memory": Given(
        ("queue.buffering.max.kbytes",),
        lambda value: -(-int(value) // 1024),
        lambda value: int(value) * 1024,
        within=(1, (2**31 - 1) * 1024),
    ),
    "retry.backoff.ms": Given(("retry.backoff.ms",), read=_number, within=(1, 300_000)),
    "client.id": Given(("client.id",)),
    "max.request.size": Given(("message.max.bytes",), read=_number, within=(1_000, 1_000_000_000)),
    "connections.max.idle.ms": Given(("connections.max.idle.ms",), read=_number, within=(0, 2**31 - 1)),
    "transactional.id": Given(("transactional.id",)),
    "transaction.timeout.ms": Given(("transaction.timeout.ms",), read=_number, within=(1_000, 2**31 - 1)),
    "max.block.ms": Missing(tables.OFFERED_AGAIN),
}

DEFAULTS: Mapping[str, Setting] = {
    "acks": "all",
    "enable.idempotence": False,
    "retries": tables.INFINITE,
    "delivery.timeout.ms": 300_000,
    "request.timeout.ms": 30_000,  # what the broker is told; unless it is given, the client itself waits 60 s
    "max.in.flight.requests.per.connection": 1_000_000,
    "linger.ms": 5,
    "batch.size": 1_000_000,
    "compression.type": "none",
    "max.request.size": 1_000_000,
    "connections.max.idle.ms": 0,
    "buffer.memory": 1_048_576 * 1024,
    "retry.backoff.ms": 100,
    "transaction.timeout.ms": 60_000,
}
ANSWER_S = 60.0  # socket.timeout.ms
RECONNECT_S = 15.0  # reconnect.backoff.max.ms, and half as much more by chance
_IDEMPOTENT_IN_FLIGHT = 5  # what librdkafka lowers it to where it is not given (rd_kafka_conf_finalize)


def refuses(by: str, config: Mapping[str, Setting]) -> str | None:
    """Why ``rd_kafka_new`` refuses these settings together, or None; ``by`` is the client and its version.

    Asked of 2.16.0: it compares no request timeout but with a transaction's, and lowers a linger nobody stated.
    """
    delivery, transaction, linger = "delivery.timeout.ms", "transaction.timeout.ms", config.get("linger.ms")
    in_transactions = "transactional.id" in config
    said = {
        name: f"{name}={config.get(name, DEFAULTS[name])}{'' if name in config else ' (its default)'}"
        for name in (delivery, transaction)
    }
    longest = int(config.get(transaction, DEFAULTS[transaction]))
    for name, more in ((delivery, 0), ("request.timeout.ms", 100)):
        if in_transactions and int(config.get(name, 0)) > longest + more:
            beyond = f" by more than {more}" if more else ""
            return f"{by} refuses {name}={config[name]}, which is more than {said[transaction]}{beyond}."
    # Unless it is stated, a message has no longer than the transaction; that is compared if a setting of the topic is
    # stated: acks, or the request's timeout.
    unstated = in_transactions and delivery not in config
    bounds = transaction if unstated and longest < int(DEFAULTS[delivery]) else delivery
    compared = not unstated or not config.keys().isdisjoint(("acks", "request.timeout.ms"))
    if linger is None or not compared or int(config.get(bounds, DEFAULTS[bounds])) > int(linger):
        return None
    return f"{by} refuses {said[bounds]}, which is not more than linger.ms={linger}."


def effective(given: Mapping[str, Setting]) -> dict[str, Setting]:
    """What it runs with that was given this, by what it makes of all the rest (``rd_kafka_conf_finalize``)."""
    found = {**DEFAULTS, **given}
    if "transactional.id" not in given:
        del found["transaction.timeout.ms"]
    else:
        found["enable.idempotence"] = True
        found["delivery.timeout.ms"] = given.get("delivery.timeout.ms", found["transaction.timeout.ms"])
    if found["enable.idempotence"]:
        in_flight = "max.in.flight.requests.per.connection"
        found[in_flight] = given.get(in_flight, _IDEMPOTENT_IN_FLIGHT)
    return found


def most_waiting(size: int) -> int:
    """Of messages of so many bytes the most that may wait where ``buffer.memory`` is not stated.

    Its own queue takes a gigabyte: a load as fast as it goes would be over long before it is sent. Here it gets no more
    than Kafka's own client would take.
    """
    return max(1, tables.BUFFER_BYTES // max(1, size))
