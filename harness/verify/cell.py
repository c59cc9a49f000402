"""A trial's client, configuration and fault, read into the few facts that decide what is promised."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

_IDEMPOTENT_UNLESS_TOLD = ("kafka-python", "java")
_ONE_BATCH_A_PARTITION = ("aiokafka",)
_NEVER = 2**63 - 1
REPORT_MARGIN_S = 2.0
_MOST_IN_FLIGHT = 5  # that idempotence allows
_SESSION_S = 1.3  # a broker's (broker.session.timeout.ms of the fault profile), less the time since its last heartbeat
_TIMEOUT_SCAN_S = {"confluent-kafka": 1.0}  # so seldom it looks for late responses (librdkafka, rd_kafka_broker_serve)
_NO_ANSWER = ("delay", "bandwidth", "hold", "pause-leader")
"""The client itself has to notice that a response is late; under other faults the leader says so, REQUEST_TIMED_OUT."""
_CONTROLLER_AWAY = ("kill-controller", "pause-controller")
_LOAD_PER_S = 3_000  # the load under which faults were measured, and kill-leader's own
_DENSE_LOAD_PER_S = 20_000
_SHORT_LINGER_MS = 5


@dataclass(frozen=True)
class Cell:
    """All that the rules look at."""

    client: str
    fault: str
    acks: str
    """``0``, ``1`` or ``all``."""
    idempotent: bool
    transactional: bool
    retries: bool
    """The client sends again what it is unsure of."""
    one_in_flight: bool
    """At most one batch of a partition is on its way at once."""
    replicated: bool
    """There is another replica that can lead."""
    third_replica: bool
    """And one more."""
    eligible: bool
    """Of replicas that fell out of sync one may lead that has all that min.insync.replicas had acked (KIP-966)."""
    unclean: bool
    """A replica that is behind may lead, and one replica in sync is enough for acks=all."""
    one_is_enough: bool
    """With acks=all one replica in sync is enough for an ack."""
    flushed: bool
    """Every message is forced to disk before it is acked."""
    impatient: bool
    """The client gives a message up before the node that is frozen goes on."""
    times_out: bool
    """The fault keeps the client waiting for a response for longer than it surely waits."""
    written: bool
    """What a forged error refuses was written."""
    silent: bool
    """The fault keeps the connection open, so that the client has to time out by itself."""
    under_load: bool
    """The fault strikes while messages are sent at 3,000 a second or more."""
    dense: bool
    """Under load, with batches so close to each other that one is always on its way or not replicated yet."""
    leader_dies: bool
    """A fault of a follower ends the leader as well."""
    resends: bool
    """A producer that takes over sends again what its predecessor had no report for."""

    @classmethod
    def of(
        cls,
        client: str,
        config: Mapping[str, Any],
        fault: str,
        parameters: Mapping[str, Any],
        beside: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> Cell:
        """``config`` has Kafka's dotted names. What it leaves out is the client's default where clients differ in
        what matters here, else Kafka's. ``beside``: the faults that are at work at the same time, with their
        parameters. Raises ``ValueError`` for settings that are none.
        """
        replicas = int(config.get("replication.factor", 1))
        acks = _acks(config.get("acks", "all"))
        retries = float(config.get("retries", 1)) > 0
        in_flight = config.get("max.in.flight.requests.per.connection")
        # Stated, idempotence that clashes with the rest is refused by every client; merely left on, it gives way.
        idempotent = (
            _flag(config.get("enable.idempotence", client in _IDEMPOTENT_UNLESS_TOLD))
            and acks == "all"
            and retries
            and (in_flight is None or int(in_flight) <= _MOST_IN_FLIGHT)
        )
        rate = float(parameters.get("rate") or _LOAD_PER_S)
        return cls(
            client=client,
            fault=fault,
            acks=acks,
            idempotent=idempotent,
            transactional=_flag(config.get("transactional", False)),
            retries=retries,
            one_in_flight=client in _ONE_BATCH_A_PARTITION or (in_flight is not None and int(in_flight) == 1),
            replicated=replicas > 1,
            third_replica=replicas > 2,
            eligible=int(config.get("eligible.leader.replicas.version", 0)) > 0,
            unclean=_flag(config.get("unclean.leader.election.enable", False))
            and int(config.get("min.insync.replicas", 1)) == 1,
            one_is_enough=int(config.get("min.insync.replicas", 1)) == 1,
            flushed=int(config.get("flush.messages", _NEVER)) == 1,
            impatient=float(config.get("delivery.timeout.ms", _NEVER)) < float(parameters.get("pause_s", 0)) * 1000,
            times_out=_waits_s(client, config, fault) < _kept_waiting_s(fault, parameters, beside),
            written=_flag(parameters.get("forward", False)),
            silent=_flag(parameters.get("silent", False)),
            under_load=rate >= _LOAD_PER_S,
            dense=rate >= _DENSE_LOAD_PER_S
            or (rate >= _LOAD_PER_S and float(config.get("linger.ms", _SHORT_LINGER_MS)) <= _SHORT_LINGER_MS),
            leader_dies=_flag(parameters.get("leader_dies", False)),
            resends=_flag(parameters.get("resend", True)),
        )


def report_within_s(client: str, effective: Mapping[str, Any]) -> float | None:
    """How long after a message was handed over its client has to have reported it, at the latest; None if nothing says.

    That is ``delivery.timeout.ms`` (KIP-91), for aiokafka, which has none, ``request.timeout.ms``: it gives a batch up
    after that, unless it is idempotent (aiokafka 0.14.0, ``MessageAccumulator``). Beyond it there is a margin:
    librdkafka looks for what is too late once a second, and a machine may hold a process up as long again.
    """
    if client in _ONE_BATCH_A_PARTITION:
        timeout_ms = None if _flag(effective.get("enable.idempotence", False)) else effective.get("request.timeout.ms")
    else:
        timeout_ms = effective.get("delivery.timeout.ms")
    return None if timeout_ms is None else float(timeout_ms) / 1000 + REPORT_MARGIN_S


def _waits_s(client: str, config: Mapping[str, Any], fault: str) -> float:
    """How long a client waits for a response at the most."""
    until_it_looks = _TIMEOUT_SCAN_S.get(client, 0.0) if fault in _NO_ANSWER else 0.0
    return float(config.get("request.timeout.ms", _NEVER)) / 1000 + until_it_looks


def _kept_waiting_s(fault: str, parameters: Mapping[str, Any], beside: Mapping[str, Mapping[str, Any]]) -> float:
    """How long a fault keeps a client's request waiting at least, where its parameters say so."""
    if fault == "kill-follower":
        # Its session ends, and acks wait for it no longer; but only the controller ends sessions.
        away = [float(of.get("down_s") or 0) for other, of in beside.items() if other in _CONTROLLER_AWAY]
        return min(float(parameters.get("down_s") or 0), max(away, default=0.0) + _SESSION_S)
    late_s = float(parameters.get("delay_ms", 0)) / 1000
    frozen_s = max(float(parameters.get(name) or 0) for name in ("hold_s", "pause_s", "down_s", "partition_s"))
    request_bytes = float(parameters.get("flush_every", 0)) * float(parameters.get("message_size", 0))
    slow_s = request_bytes / float(parameters.get("bytes_per_s", math.inf))
    return max(late_s, frozen_s, slow_s)


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
