"""A trial's client, configuration and fault, read into the few facts that decide what is promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.verify.premises import Faults, Layout, Premises, leads_on
from harness.verify.seen import Seen
from harness.verify.waiting import AIOKAFKA, delivery_s, kept_waiting_s, response_s, sends_again

Settings = Mapping[str, Any]

_IDEMPOTENT_UNLESS_TOLD = ("kafka-python", "java")
_NEVER = 2**63 - 1
_MOST_IN_FLIGHT = 5  # that idempotence allows
_FORGE = ("inject-error", "reorder")
_NOT_ENOUGH_REPLICAS = 19  # what they forge unless they are told
_CONTROLLER_AWAY = {"kill-controller", "pause-controller"}
_LOAD_PER_S = 3_000  # the load under which faults were measured, and kill-leader's own
_DENSE_LOAD_PER_S = 20_000
_SHORT_LINGER_MS = 5
_SOME_MESSAGES = 10  # that surely wait somewhere, whenever one looks
_FAILOVER_S = 3.0  # a session and an election in the fault profile, on a busy machine


@dataclass(frozen=True)
class Producing:
    """What a client and its configuration are, whatever befalls them."""

    client: str
    version: str
    """Of the client; empty where it is not on record."""
    acks: str
    """``0``, ``1`` or ``all``."""
    idempotent: bool
    transactional: bool
    retries: bool
    """The client sends again what it is unsure of."""
    one_in_flight: bool
    """At most one batch of a partition is on its way at once."""


def producing_of(client: str, config: Settings, version: str = "") -> Producing:
    """``config`` has Kafka's dotted names. What it leaves out is the client's default where clients differ in what
    matters here, else Kafka's. Raises ``ValueError`` for settings that are none.
    """
    acks = _acks(config.get("acks", "all"))
    retries = float(config.get("retries", 1)) > 0
    in_flight = config.get("max.in.flight.requests.per.connection")
    return Producing(
        client=client,
        version=version,
        acks=acks,
        # Stated, idempotence that clashes with the rest is refused by every client; merely left on, it gives way.
        idempotent=_flag(config.get("enable.idempotence", client in _IDEMPOTENT_UNLESS_TOLD))
        and acks == "all"
        and retries
        and (in_flight is None or int(in_flight) <= _MOST_IN_FLIGHT),
        transactional=_flag(config.get("transactional", False)),
        retries=retries,
        one_in_flight=client == AIOKAFKA or (in_flight is not None and int(in_flight) == 1),
    )


def layout_of(config: Settings) -> Layout:
    """What of a configuration decides who has a message and who may lead."""
    replicas = int(config.get("replication.factor", 1))
    return Layout(
        replicas=replicas,
        partitions=int(config.get("partitions", 1)),
        min_insync=min(replicas, int(config.get("min.insync.replicas", 1))),
        eligible=int(config.get("eligible.leader.replicas.version", 0)) > 0,
        unclean=_flag(config.get("unclean.leader.election.enable", False)),
        flushed=int(config.get("flush.messages", _NEVER)) == 1,
    )


@dataclass(frozen=True)
class Cell(Producing, Premises):
    """All that the rules look at. What is said of the fault is said of one of several, where they are composed."""

    fault: str
    alone: bool
    """Nothing else is at work at the same time but what keeps the controller away."""
    led_meanwhile: bool
    """While it was at work the leader of every partition led on."""
    replicated: bool
    """There is another replica that can lead."""
    third_replica: bool
    """And one more."""
    one_partition: bool
    """All messages go where the fault strikes: a burst of them goes to one partition, whichever has its turn."""
    eligible: bool
    """See ``Layout``."""
    one_is_enough: bool
    """With acks=all one replica in sync is enough for an ack."""
    unflushed: bool
    """Nothing is forced to disk before the fault is over: ``flush.messages`` is more than all messages."""
    impatient: bool
    """The client gives a message up before the node that is frozen goes on."""
    outwaits: bool
    """The client waits for a response for longer than the freeze, or the cut and the failover before it, lasts."""
    times_out: bool
    """The fault keeps the client waiting for longer than it surely waits, and it has the time to send again."""
    gives_up: bool
    """The fault keeps the client waiting for longer than it goes on sending a message again."""
    sends_again: bool
    """It has the time to send again what was lost at once."""
    error: int
    """The error that is forged; 0 for none."""
    written: bool
    """What a forged error refuses was written."""
    silent: bool
    """The fault keeps the connection open, so that the client has to time out by itself."""
    cuts: bool
    """The fault ends connections that are there."""
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
    leader_dies: bool
    """A fault of a follower ends the leader as well."""
    resends: bool
    """A producer that takes over sends again what its predecessor had no report for."""

    @classmethod
    def of(
        cls,
        producing: Producing,
        layout: Layout,
        premises: Premises,
        config: Settings,
        fault: str,
        beside: Faults,
        own: Seen | None,
    ) -> Cell:
        """``beside``: the faults that are at work at the same time, itself among them, with their parameters. ``own``
        is what was seen of this one, None where nobody watched.
        """
        parameters = beside[fault]
        rate = _rate(beside) / layout.partitions
        linger_ms = float(config.get("linger.ms", 0))
        waits_s = response_s(producing.client, config, fault)
        waiting_s = kept_waiting_s(fault, parameters, beside, linger_ms)
        frozen_s = own.frozen_s if own is not None and own.frozen_s else waiting_s + _FAILOVER_S
        flush_messages = int(config.get("flush.messages", _NEVER))
        return cls(
            **vars(producing),
            **vars(premises),
            fault=fault,
            led_meanwhile=own.led_on if own is not None else leads_on(beside, layout),
            alone=beside.keys() - {fault} <= _CONTROLLER_AWAY,
            replicated=layout.replicas > 1,
            third_replica=layout.replicas > 2,
            one_partition=layout.partitions == 1,
            eligible=layout.eligible,
            one_is_enough=layout.min_insync == 1,
            unflushed=flush_messages
            > max(1, int(parameters.get("messages") or 0) + int(parameters.get("warmup") or 0)),
            impatient=float(config.get("delivery.timeout.ms", _NEVER)) < float(parameters.get("pause_s", 0)) * 1000,
            outwaits=waits_s > frozen_s,
            times_out=waits_s < waiting_s and sends_again(producing.client, config, waits_s),
            gives_up=waiting_s > delivery_s(producing.client, config),
            sends_again=sends_again(
                producing.client, config, waits_s if _flag(parameters.get("silent", False)) else 0.0
            ),
            error=int(parameters.get("error", _NOT_ENOUGH_REPLICAS)) if fault in _FORGE else 0,
            written=_flag(parameters.get("forward", False)),
            silent=_flag(parameters.get("silent", False)),
            cuts=_flag(parameters.get("cut", True)),
            under_load=rate >= _LOAD_PER_S,
            dense=rate >= _DENSE_LOAD_PER_S
            or (rate >= _LOAD_PER_S and float(config.get("linger.ms", _SHORT_LINGER_MS)) <= _SHORT_LINGER_MS),
            lingering=rate * linger_ms / 1000 >= _SOME_MESSAGES,
            unacked=rate * float(parameters.get("unacked_s") or 0.3) >= _SOME_MESSAGES,
            acked_first=own is None or own.acked_before_kill,
            leader_dies=_flag(parameters.get("leader_dies", False)),
            resends=_flag(parameters.get("resend", True)),
        )


def _rate(beside: Faults) -> float:
    """Of the load that ran: faults at once share one, at the pace of the slowest that has a pace."""
    rates = [float(of["rate"]) for of in beside.values() if of.get("rate")]
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
