"""A trial's client, configuration and fault, read into the few facts that decide what is promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.effects import AtOnce, Effects
from harness.topics import partitions_in_all
from harness.traits import Quirk, Traits
from harness.verify.befalls import Befalls
from harness.verify.premises import Premises, Topic, leads_on
from harness.verify.seen import Seen
from harness.verify.waiting import delivery_s, kept_waiting_s, response_s, sends_again

Settings = Mapping[str, Any]

_NEVER = 2**63 - 1
_MOST_IN_FLIGHT = 5  # that idempotence allows
_LOAD_PER_S = 3_000  # the load under which faults were measured
_DENSE_LOAD_PER_S = 20_000
_SHORT_LINGER_MS = 5
_SOME_MESSAGES = 10  # that surely wait somewhere, whenever one looks
_FAILOVER_S = 3.0  # a session and an election in the fault profile, on a busy machine
_UNANSWERED = ("line", "held line", "leader")


@dataclass(frozen=True)
class Producing:
    """What a client and its configuration are, whatever befalls them."""

    client: str
    quirks: frozenset[Quirk]
    acks: str
    """``0``, ``1`` or ``all``."""
    idempotent: bool
    transactional: bool
    retries: bool
    """The client sends again what it is unsure of."""
    one_in_flight: bool
    """At most one batch of a partition is on its way at once."""
    deadline: bool
    """The application gives messages up that its client still sends, and sends them again."""


def producing_of(traits: Traits, config: Settings) -> Producing:
    """``config`` has Kafka's dotted names. What it leaves out is the client's default where clients differ in what
    matters here, else Kafka's. Raises ``ValueError`` for settings that are none.
    """
    acks = _acks(config.get("acks", "all"))
    retries = float(config.get("retries", 1)) > 0
    in_flight = config.get("max.in.flight.requests.per.connection")
    return Producing(
        client=traits.client,
        quirks=traits.quirks,
        acks=acks,
        # Stated, idempotence that clashes with the rest is refused by every client; merely left on, it gives way.
        idempotent=_flag(config.get("enable.idempotence", traits.idempotent))
        and acks == "all"
        and retries
        and (in_flight is None or int(in_flight) <= _MOST_IN_FLIGHT),
        transactional=_flag(config.get("transactional", False)),
        retries=retries,
        one_in_flight=traits.one_in_flight or (in_flight is not None and int(in_flight) == 1),
        deadline="deadline.ms" in config,
    )


def topic_of(config: Settings) -> Topic:
    """What of a configuration decides who has a message and who may lead."""
    replicas = int(config.get("replication.factor", 1))
    return Topic(
        replicas=replicas,
        partitions=partitions_in_all(config),
        min_insync=min(replicas, int(config.get("min.insync.replicas", 1))),
        eligible=int(config.get("eligible.leader.replicas.version", 0)) > 0,
        unclean=_flag(config.get("unclean.leader.election.enable", False)),
        flushed=int(config.get("flush.messages", _NEVER)) == 1,
    )


@dataclass(frozen=True)
class Cell(Producing, Premises, Befalls):
    """All that the rules look at. What is said of the fault is said of one of several, where they are composed."""

    alone: bool
    """Nothing else is at work at the same time but what keeps the controller away, and there is one producer: so it was
    when what is expected was measured.
    """
    led_meanwhile: bool
    """While it was at work the leader of every partition led on."""
    replicated: bool
    """There is another replica that can lead."""
    third_replica: bool
    """And one more."""
    one_partition: bool
    """All messages go where the fault strikes: a burst of them goes to one partition, whichever has its turn."""
    eligible: bool
    """See ``Topic``."""
    one_is_enough: bool
    """With acks=all one replica in sync is enough for an ack."""
    unflushed: bool
    """Nothing is forced to disk before the fault is over: ``flush.messages`` is more than all messages."""
    impatient: bool
    """The client gives a message up before the node or itself, which is frozen, goes on."""
    outwaits: bool
    """The client waits for a response for longer than the freeze, or the cut and the failover before it, lasts."""
    times_out: bool
    """The fault keeps the client waiting for longer than it surely waits, and it has the time to send again."""
    gives_up: bool
    """The fault keeps the client waiting for longer than it goes on sending a message again."""
    sends_again: bool
    """It has the time to send again what was lost at once."""
    under_load: bool
    """The fault strikes while 3,000 messages a second or more are sent to a partition."""
    dense: bool
    """Under load, with batches so close to each other that one is always on its way or not replicated yet."""
    lingering: bool
    """Some messages wait in the client's buffer at any time, for it lingers."""
    unacked: bool
    """Some messages are on their way while acks are kept waiting before the producer dies."""
    acked_first: bool
    """Some message was acked when a broker was killed."""
    guarantee: str = ""
    """Of a pipeline alone."""

    @classmethod
    def of(
        cls,
        traits: Traits,
        config: Settings,
        premises: Premises,
        fault: str,
        beside: AtOnce,
        own: Seen | None,
    ) -> Cell:
        """``fault`` is one of those that are at work at the same time. ``own`` is what was seen of it, None where
        nobody watched.
        """
        topic, effects = topic_of(config), beside[fault] or Effects()
        known = [other for other in beside.values() if other]
        befalls = Befalls.by(effects)
        rate = _rate(known) / topic.partitions
        struck_rate = rate if effects.under_load else 0.0
        linger_ms = float(config.get("linger.ms", 0))
        waits_s = response_s(traits, config, unanswered=befalls.waits_for in _UNANSWERED)
        waiting_s = kept_waiting_s(effects, known, linger_ms)
        frozen_s = own.frozen_s if own is not None and own.frozen_s else waiting_s + _FAILOVER_S
        messages = effects.load.messages + effects.load.warmup if effects.load else 0
        return cls(
            **vars(producing_of(traits, config)),
            **vars(premises),
            **vars(befalls),
            led_meanwhile=own.led_on if own is not None else leads_on(beside, topic),
            alone=int(config.get("producers", 1)) == 1
            and all(effects is not None and effects.only_the_controller for effects in _others(fault, beside)),
            replicated=topic.replicas > 1,
            third_replica=topic.replicas > 2,
            one_partition=topic.partitions == 1,
            eligible=topic.eligible,
            one_is_enough=topic.min_insync == 1,
            unflushed=int(config.get("flush.messages", _NEVER)) > max(1, messages),
            impatient=float(config.get("delivery.timeout.ms", _NEVER)) < _frozen_s(effects) * 1000,
            outwaits=waits_s > frozen_s,
            times_out=waits_s < waiting_s and sends_again(traits, config, waits_s),
            gives_up=waiting_s > delivery_s(traits, config),
            sends_again=sends_again(traits, config, waits_s if befalls.silent else 0.0),
            under_load=struck_rate >= _LOAD_PER_S,
            dense=struck_rate >= _DENSE_LOAD_PER_S
            or (struck_rate >= _LOAD_PER_S and float(config.get("linger.ms", _SHORT_LINGER_MS)) <= _SHORT_LINGER_MS),
            lingering=rate * linger_ms / 1000 >= _SOME_MESSAGES,
            unacked=rate * waiting_s >= _SOME_MESSAGES,
            acked_first=own is None or own.acked_before_kill,
        )


def _others(fault: str, beside: AtOnce) -> list[Effects | None]:
    return [effects for name, effects in beside.items() if name != fault]


def _frozen_s(effects: Effects) -> float:
    """For how long a node or the producer is frozen."""
    asleep_s = effects.producer.seconds if effects.producer else 0.0
    return max([asleep_s, *(away.seconds for away in effects.away if away.how == "frozen")])


def _rate(beside: list[Effects]) -> float:
    """Of the load that ran: faults at once share one, at the pace of the slowest that has a pace."""
    rates = [effects.load.rate for effects in beside if effects.load and effects.load.rate]
    return min(rates, default=float(_LOAD_PER_S))


def _acks(value: Any) -> str:
    word = {"-1": "all"}.get(str(value), str(value))
    if word not in ("0", "1", "all"):
        raise ValueError(f"acks is {value!r}; it is 0, 1 or all")
    return word


def _flag(value: Any) -> bool:
    word = str(value).lower()
    if word not in ("true", "false"):
        raise ValueError(f"{value!r} is neither true nor false")
    return word == "true"
