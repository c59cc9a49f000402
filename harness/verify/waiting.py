"""How long a client waits: for one response, before it sends again, and until it has to have said what became of it.

Defaults are the clients' own (``harness.clients``); what is stated wins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Settings = Mapping[str, Any]

AIOKAFKA = "aiokafka"
SESSION_S = 1.3  # a broker's (broker.session.timeout.ms of the fault profile), less the time since its last heartbeat
REPORT_MARGIN_S = 5.0
"""librdkafka looks for what is too late once a second, in two places: first for the request that a message is in, then
for the message (measured: up to 2.55 s). As long again a busy machine may hold a process up.
"""
_RESPONSE_S = {AIOKAFKA: 40.0, "kafka-python": 30.0, "confluent-kafka": 60.0}
_DELIVERY_S = {"kafka-python": 120.0, "confluent-kafka": 300.0}
_TIMEOUT_SCAN_S = {"confluent-kafka": 1.0}  # so seldom it looks for late responses (librdkafka, rd_kafka_broker_serve)
_BACKOFF_S = 1.0  # retry.backoff.ms grows to a second at the most (retry.backoff.max.ms)
_NO_ANSWER = ("delay", "bandwidth", "hold", "pause-leader")
"""The client itself has to notice that a response is late; under other faults the leader says so, REQUEST_TIMED_OUT."""
_ENDS_NO_SESSION = {"kill-controller": SESSION_S, "pause-controller": 0.0}
"""While the controller is away nobody's session ends. One that was killed begins every session anew when it is back; to
one that was frozen all of them look over.
"""


def report_within_s(client: str, effective: Settings) -> float | None:
    """How long after a message was handed over its client has to have reported it at the latest; None if nothing says.

    That is ``delivery.timeout.ms`` (KIP-91). aiokafka has none: it looks at a batch's age, against
    ``request.timeout.ms``, only when a request with it has failed, and how long it waits before that for its turn, a
    connection or metadata is written nowhere (aiokafka 0.14.0, ``SendProduceReqHandler._can_retry``; measured, with a
    request timeout of 1 s and a slow line: up to 4.9 s). An idempotent one never gives a batch up. Beyond the timeout
    there is a margin, ``REPORT_MARGIN_S``.
    """
    if client == AIOKAFKA:
        return None
    timeout_s = _seconds(effective, "delivery.timeout.ms", _DELIVERY_S.get(client, math.inf))
    return None if math.isinf(timeout_s) else timeout_s + REPORT_MARGIN_S


def tries_s(client: str, effective: Settings) -> float:
    """How long it tries at least before it gives a message up; endless where it never does."""
    if client == AIOKAFKA:
        endless = str(effective.get("enable.idempotence", False)).lower() == "true"
        return math.inf if endless else _seconds(effective, "request.timeout.ms", _RESPONSE_S[client])
    return delivery_s(client, effective)


def response_s(client: str, config: Settings, fault: str) -> float:
    """How long it waits for a response before it surely has given up on it."""
    until_it_looks = _TIMEOUT_SCAN_S.get(client, 0.0) if fault in _NO_ANSWER else 0.0
    return _seconds(config, "request.timeout.ms", _RESPONSE_S.get(client, math.inf)) + until_it_looks


def delivery_s(client: str, config: Settings) -> float:
    """For how long it goes on sending a message again."""
    return _seconds(config, "delivery.timeout.ms", _DELIVERY_S.get(client, math.inf))


def sends_again(client: str, config: Settings, waited_s: float) -> bool:
    """Whether there is time left to send again what it had waited so long for: both clocks count from the beginning."""
    linger_s = _seconds(config, "linger.ms", 0.0)
    return linger_s + waited_s + _BACKOFF_S < delivery_s(client, config)


def kept_waiting_s(fault: str, parameters: Settings, beside: Mapping[str, Settings], linger_ms: float) -> float:
    """How long a fault keeps a client's request waiting at least, where its parameters say so."""
    if fault == "kill-follower":
        # Its session ends, and acks wait for it no longer; but only the controller ends sessions.
        away = [
            max(_ends_no_session_s(other, of), SESSION_S) for other, of in beside.items() if other in _ENDS_NO_SESSION
        ]
        return min(float(parameters.get("down_s") or 0), max(away, default=SESSION_S))
    late_s = float(parameters.get("delay_ms", 0)) / 1000
    frozen_s = max(float(parameters.get(name) or 0) for name in ("hold_s", "pause_s", "down_s", "partition_s"))
    slow_s = _request_bytes(parameters, linger_ms) / float(parameters.get("bytes_per_s", math.inf))
    return max(late_s, frozen_s, min(slow_s, float(parameters.get("slow_s") or math.inf)))


def _ends_no_session_s(fault: str, parameters: Settings) -> float:
    return float(parameters.get("down_s") or 0) + _ENDS_NO_SESSION[fault]


def _request_bytes(parameters: Settings, linger_ms: float) -> float:
    """Of the values in one request: those of a flush, or with a rate those that came while the client lingered."""
    rate = parameters.get("rate")
    messages = max(1.0, float(rate) * linger_ms / 1000) if rate else float(parameters.get("flush_every", 0))
    return messages * float(parameters.get("message_size", 0))


def _seconds(settings: Settings, name: str, otherwise: float) -> float:
    value = settings.get(name)
    return otherwise if value is None else float(value) / 1000
