"""How long a client waits: for one response, before it sends again, and until it has to have said what became of it.

Defaults are the clients' own (``Traits``); what is stated wins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from harness.effects import COORDINATORS, Away, Effects
from harness.traits import Traits

Settings = Mapping[str, Any]

SESSION_S = 1.3  # a broker's (broker.session.timeout.ms of the fault profile), less the time since its last heartbeat
REPORT_MARGIN_S = 5.0
"""Some look for what is too late once a second, in two places: first for the request that a message is in, then for the
message (measured: up to 2.55 s). As long again a busy machine may hold a process up.
"""
_BACKOFF_S = 1.0  # retry.backoff.ms grows to a second at the most (retry.backoff.max.ms)


def report_within_s(traits: Traits, effective: Settings) -> float | None:
    """How long after a message was handed over its client has to have reported it at the latest; None if nothing says.

    That is ``delivery.timeout.ms`` (KIP-91), for clients that have it. Beyond the timeout there is a margin,
    ``REPORT_MARGIN_S``.
    """
    if has_one_clock(traits):
        return None
    timeout_s = delivery_s(traits, effective)
    return None if math.isinf(timeout_s) else timeout_s + REPORT_MARGIN_S


def tries_s(traits: Traits, effective: Settings) -> float:
    """How long it tries at least before it gives a message up; endless where it never does, or nobody knows."""
    if has_one_clock(traits):
        endless = str(effective.get("enable.idempotence", False)).lower() == "true"
        return math.inf if endless else _seconds(effective, "request.timeout.ms", traits.response_s)
    return delivery_s(traits, effective)


def response_s(traits: Traits, config: Settings, *, unanswered: bool) -> float:
    """How long it waits for a response before it surely has given up on it. Where a request is ``unanswered`` the
    client itself has to notice that it is late; else the leader says so, REQUEST_TIMED_OUT.
    """
    until_it_looks = traits.looks_every_s if unanswered else 0.0
    return _seconds(config, "request.timeout.ms", traits.response_s) + until_it_looks


def delivery_s(traits: Traits, config: Settings) -> float:
    """For how long it goes on sending a message again."""
    return _seconds(config, "delivery.timeout.ms", traits.delivery_s)


def sends_again(traits: Traits, config: Settings, waited_s: float) -> bool:
    """Whether there is time left to send again what it had waited so long for: both clocks count from the beginning."""
    linger_s = _seconds(config, "linger.ms", 0.0)
    return linger_s + waited_s + _BACKOFF_S < delivery_s(traits, config)


def kept_waiting_s(effects: Effects, beside: Iterable[Effects], linger_ms: float) -> float:
    """How long a fault keeps a client's request waiting at least; ``beside`` are all that are at work with it."""
    session_s = max((_no_session_ends_s(away) for other in beside for away in other.away), default=SESSION_S)
    away_s = max((_missed_s(away, session_s) for away in effects.away), default=0.0)
    return max(away_s, _line_s(effects, linger_ms))


def _missed_s(away: Away, session_s: float) -> float:
    """For a dead follower acks wait until its session ends. A coordinator may have no part in them."""
    if away.whom in COORDINATORS:
        return 0.0
    is_follower = away.whom in ("follower", "followers")
    return min(away.seconds, session_s) if is_follower and away.how == "killed" else away.seconds


def _no_session_ends_s(away: Away) -> float:
    """While the controller is away nobody's session ends. One that was killed begins every session anew when it is
    back; to one that was frozen all of them look over.
    """
    anew_s = SESSION_S if away.how == "killed" else 0.0
    return max(SESSION_S, away.seconds + anew_s) if away.whom == "controller" else SESSION_S


def _line_s(effects: Effects, linger_ms: float) -> float:
    line, load = effects.line, effects.load
    if line is None or load is None or line.how in ("reset", "refused"):
        return 0.0
    lasts_s = math.inf if line.seconds is None else line.seconds
    if line.bytes_per_s is None:
        return lasts_s
    # The values in one request: those of a flush, or with a rate those that came while the client lingered.
    messages = max(1.0, load.rate * linger_ms / 1000) if load.rate else load.flush_every or 0
    return min(messages * load.message_size / line.bytes_per_s, lasts_s)


def has_one_clock(traits: Traits) -> bool:
    """Whether ``request.timeout.ms`` is also how long it tries, looked at only when a request has failed: nothing
    bounds the time to a report, and an idempotent one never gives up.
    """
    return "gives up when a request times out" in traits.quirks


def _seconds(settings: Settings, name: str, otherwise: float) -> float:
    value = settings.get(name)
    return otherwise if value is None else float(value) / 1000
