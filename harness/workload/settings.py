"""Kafka's settings that a workload can vary or fix, by Kafka's own dotted names.

Types and ranges are those of Kafka's ``ProducerConfig`` and ``TopicConfig``; a value outside is refused before a
broker has started. Whether a client has a setting at all is the client's to say (``harness.clients``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.clients import Setting as Value
from harness.load.shape import COMPRESSIBLE, EMPTY_KEYS, NO_KEYS, UNIQUE_KEYS
from harness.words import setting
from harness.workload.allowed import INT, LONG, Choice, Flag, Text, Whole, WordOrNumber

_SHOWN = 40


Kind = Literal["producer", "topic", "application"]
"""Who reads it: the client, the topic, or the application around the client, which is the harness."""


@dataclass(frozen=True)
class Setting:
    """One setting: who reads it, what it may be, what it means, and what it is called."""

    name: str
    kind: Kind
    allowed: Flag | Whole | Choice | Text | WordOrNumber
    meaning: str
    short: str = ""
    """In ids; its name with dashes unless it has one. It stays as it is: runs are resumed, and trials drawn, by ids."""
    called: str = ""
    """By people; its name unless it has one."""
    words: Mapping[Value, str] = field(default_factory=dict)
    """What people call some of its values, name and all."""
    kafkas: str = ""
    """Kafka's own name, where a client's setting has the same."""

    def read(self, value: object) -> Value:
        """The value in one spelling (``acks: -1`` is ``"all"``). Raises ``ValueError`` saying what is allowed."""
        return self.allowed.read(value)

    @property
    def label(self) -> str:
        """``min-isr``, ``linger-ms``."""
        return self.short or self.name.replace(".", "-")

    def said(self, value: Value) -> str:
        """With a value that was read: ``acks=all``, ``min ISR 2``, ``idempotent``."""
        if isinstance(self.allowed, Flag):
            return self.allowed.yes if value else self.allowed.no
        return self.words.get(value, setting(self.called or self.name, self._shown(value)))

    def _shown(self, value: Value) -> Value:
        """A long text by its ends."""
        if not isinstance(value, str) or len(value) <= _SHOWN:
            return value
        return f"{value[: _SHOWN - 10]}…{value[-6:]} ({len(value)} characters)"

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of one value."""
        return {**self.allowed.schema(), "description": self.meaning}


SETTINGS: Mapping[str, Setting] = {
    each.name: each
    for each in (
        Setting(
            "acks",
            "producer",
            Choice(("0", "1", "all"), {0: "0", 1: "1", -1: "all", "-1": "all"}),
            "replicas that have a message before it counts as sent: none, the leader, or all in sync",
        ),
        Setting(
            "enable.idempotence",
            "producer",
            Flag("idempotent", "not-idempotent"),
            "the broker drops the copies that retries make",
            short="idem",
        ),
        Setting(
            "transactional",
            "application",
            Flag("transactional", "not-transactional"),
            "every message is in a transaction, under a transactional.id of the producer's own",
        ),
        Setting("transaction.messages", "application", Whole(1), "the most messages in one transaction"),
        Setting(
            "transaction.interval.ms",
            "application",
            Whole(1),
            "the longest from the first message of a transaction until it is to end",
        ),
        Setting(
            "transaction.aborts.percent",
            "application",
            Whole(0, 100),
            "how many of a hundred transactions are aborted; which, is drawn",
        ),
        Setting(
            "producers",
            "application",
            Whole(1, 16),
            "producers of a trial, among which its load is shared out",
        ),
        Setting(
            "consumers",
            "application",
            Whole(1, 16),
            "consumers that receive a paced load while it is sent, each of partitions of its own",
        ),
        Setting(
            "topics",
            "application",
            Whole(1, 16),
            "topics of a trial, among which its messages take turns; each has the partitions that are asked for",
        ),
        Setting(
            "deadline.ms",
            "application",
            Whole(1),
            "when the application gives up a message without a report, which its client goes on sending, and sends it "
            "again",
            called="application deadline ms",
        ),
        Setting(
            "keys",
            "application",
            WordOrNumber(Choice((NO_KEYS, EMPTY_KEYS, UNIQUE_KEYS)), Whole(1)),
            "keys of messages: none, empty, one each, or so many of which one is drawn for each",
            words={NO_KEYS: "no keys", EMPTY_KEYS: "empty keys", UNIQUE_KEYS: "unique keys"},
        ),
        Setting(
            "nulls.percent",
            "application",
            Whole(0, 100),
            "how many of a hundred messages have no value, as what deletes a key has none",
        ),
        Setting("headers", "application", Whole(0, 1_000), "headers of each message"),
        Setting(
            "payload",
            "application",
            Choice(("random", COMPRESSIBLE)),
            "what values are filled up with: random bytes, or one phrase again and again",
        ),
        Setting(
            "timestamps.offset.ms",
            "application",
            Whole(-LONG // 1_000_000, LONG // 1_000_000),
            "how far messages' timestamps are from now: before it, if negative",
        ),
        Setting(
            "timestamps.percent",
            "application",
            Whole(1, 100),
            "of how many of a hundred messages the timestamps are so",
        ),
        Setting(
            "retries",
            "producer",
            Whole(0),
            "how often a failed request is sent again",
            words={0: "no retries", INT: "unlimited retries"},
        ),
        Setting(
            "delivery.timeout.ms",
            "producer",
            Whole(0),
            "the longest from send to success or failure",
            called="delivery timeout ms",
        ),
        Setting(
            "request.timeout.ms",
            "producer",
            Whole(0),
            "the longest wait for one response",
            called="request timeout ms",
        ),
        Setting(
            "max.in.flight.requests.per.connection",
            "producer",
            Whole(1),
            "requests on the way to one broker at once",
            called="in flight",
        ),
        Setting("linger.ms", "producer", Whole(0, LONG), "how long a batch waits for more messages"),
        Setting("batch.size", "producer", Whole(0), "the most bytes in one batch of one partition"),
        Setting(
            "compression.type",
            "producer",
            Choice(("none", "gzip", "snappy", "lz4", "zstd")),
            "how batches are compressed",
            called="compression",
        ),
        Setting(
            "max.request.size",
            "producer",
            Whole(0),
            "the most bytes of one message that the client takes, and of one request",
        ),
        Setting("client.id", "producer", Text(1_000), "what the client calls itself to brokers"),
        Setting(
            "connections.max.idle.ms",
            "producer",
            Whole(0, LONG),
            "how long a connection may be idle before the client closes it",
        ),
        Setting("buffer.memory", "producer", Whole(0, LONG), "bytes that may wait in the producer"),
        Setting("max.block.ms", "producer", Whole(0, LONG), "how long send may wait for room or metadata"),
        Setting("retry.backoff.ms", "producer", Whole(0, LONG), "the wait before a request is sent again"),
        Setting(
            "transaction.timeout.ms",
            "producer",
            Whole(1),  # of what is not above 0 Kafka's producer says nothing, and its broker refuses it
            "how long a transaction may be open before its coordinator aborts it",
        ),
        Setting(
            "replication.factor", "topic", Whole(1, 2**15 - 1), "copies of each partition", short="rf", called="RF"
        ),
        Setting(
            "min.insync.replicas",
            "topic",
            Whole(1),
            "replicas in sync without which acks=all is refused",
            short="min-isr",
            called="min ISR",
        ),
        Setting(
            "unclean.leader.election.enable",
            "topic",
            Flag("unclean election", "no unclean election"),
            "a replica that is behind may lead when no other is left: available again, but messages are gone",
        ),
        Setting(
            "segment.bytes",
            "topic",
            Whole(1_048_576),
            "the most bytes in one file of the log (at least 1 MiB, KIP-1030)",
        ),
        Setting("flush.messages", "topic", Whole(1, LONG), "messages after which the log is forced to disk"),
        Setting("max.message.bytes", "topic", Whole(0), "the most bytes of one batch that a leader takes"),
        Setting(
            "topic.compression.type",
            "topic",
            Choice(("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd")),
            "how a leader compresses what it stores: as the producer did, or anew",
            called="compression of the topic",
            kafkas="compression.type",
        ),
        Setting(
            "cleanup.policy",
            "topic",
            Choice(("delete", "compact")),
            "whether old segments are deleted, or of each key all but its newest message",
        ),
        Setting(
            "message.timestamp.type",
            "topic",
            Choice(("CreateTime", "LogAppendTime")),
            "whether a message has the producer's timestamp, or that of when it was stored",
        ),
        Setting(
            "message.timestamp.before.max.ms",
            "topic",
            Whole(0, LONG),
            "how far before a leader's clock a timestamp may be",
        ),
        Setting(
            "message.timestamp.after.max.ms",
            "topic",
            Whole(0, LONG),
            "how far after a leader's clock a timestamp may be",
        ),
    )
}
"""Every setting a workload may name. A new one is one entry here, with what ids and people call it."""


def of_topic(config: Mapping[str, Value]) -> dict[str, str]:
    """What of a trial's config its topics are created with, as Kafka takes it; how many replicas there are is no
    setting of a topic.
    """
    stated = of_kind(config, "topic").items()
    read = {SETTINGS[name].kafkas or name: value for name, value in stated if name != "replication.factor"}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in read.items()}


def of_kind(config: Mapping[str, Value], kind: Kind) -> dict[str, Value]:
    """The settings of a trial's config that the producer, the topic, or the application gets."""
    return {name: value for name, value in config.items() if name in SETTINGS and SETTINGS[name].kind == kind}
