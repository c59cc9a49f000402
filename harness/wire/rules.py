"""Which requests a fault falls on, and what is planned for them: pure decisions, without sockets and without a clock.

Requests that match a rule are counted from 1, over all connections: their *ordinal*. A rule is due by ordinal
(``skip``, ``every``) or by a seeded coin per ordinal (``probability``), so the same requests meet the same fate in
every repetition. A new action is one entry in ``ACTIONS`` and, if none of its fields say it yet, one in ``Plan``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from harness.wire.apis import ANSWERED, API_NAMES
from harness.wire.plans import PASS_ON, Line, Plan
from harness.wire.requests import Request
from harness.words import listed


def _lose_ack(rule: WireRule) -> Plan:
    return Plan(deliver=False, cut=not rule.silent)


def _lose_request(rule: WireRule) -> Plan:
    return Plan(forward=False, deliver=False, cut=not rule.silent)


def _delay(rule: WireRule) -> Plan:
    ms = rule.ms or 0
    return Plan(request_delay_ms=ms) if rule.of_request else Plan(response_delay_ms=ms)


def _inject_error(rule: WireRule) -> Plan:
    return Plan(forward=rule.forward, deliver=False, error=rule.error, response_delay_ms=rule.ms or 0)


def _refuse(rule: WireRule) -> Plan:
    # A request that is cut off never reaches the broker: only those before it can have been written without an ack.
    return Plan(forward=not rule.cut, deliver=not rule.cut, line=Line(refused=True, cut=rule.cut))


ACTIONS: Mapping[str, Callable[[WireRule], Plan]] = {
    "observe": lambda rule: PASS_ON,
    "lose-ack": _lose_ack,
    "lose-request": _lose_request,
    "delay": _delay,
    "inject-error": _inject_error,
    "hold": lambda rule: Plan(line=Line(held=True)),
    "refuse": _refuse,
    "bandwidth": lambda rule: Plan(line=Line(bytes_per_s=rule.bytes_per_s)),
}
_NEEDS = {"delay": "ms", "inject-error": "error", "bandwidth": "bytes_per_s"}
_LEAST = {"partition": 0, "skip": 0, "every": 1, "times": 1, "ms": 0, "bytes_per_s": 1}
_HIGHEST_ERROR = 2**15 - 1


@dataclass(frozen=True)
class WireRule:
    """One fault on the wire. Raises ``ValueError`` for a rule that makes no sense."""

    action: str
    """A key of ``ACTIONS``."""
    api: str = "Produce"
    client_id: str | None = None
    """Only requests of exactly this client id."""
    topic: str | None = None
    """Only Produce requests that write to this topic."""
    partition: int | None = None
    """Only Produce requests that write to this partition, of ``topic`` or of any."""
    skip: int = 0
    """The first so many matching requests are left alone."""
    every: int | None = None
    """Due on the first after ``skip`` and on each so-many-th after it; None is 1."""
    times: int | None = None
    """At most so many firings; None is no limit."""
    probability: float | None = None
    """Instead of ``every``: the chance of each matching request after ``skip``."""
    seed: int = 0
    silent: bool = False
    """The connection goes on, so that only a timeout tells the client."""
    ms: int | None = None
    """Of ``delay``: how long; of ``inject-error``: how long the response takes."""
    of_request: bool = False
    """Of ``delay``: the request is late, not its response."""
    error: int | None = None
    """Of ``inject-error``: Kafka's error code, which every partition or key of the request gets."""
    forward: bool = False
    """Of ``inject-error``: the broker gets the request all the same, and its response is replaced."""
    bytes_per_s: int | None = None
    """Of ``bandwidth``."""
    cut: bool = False
    """Of ``refuse``: connections that are there end as well."""
    part: str | None = None
    """Whose rule it is, where several have theirs here; its firings bear the name."""

    def __post_init__(self) -> None:
        _require(self.action in ACTIONS, f"action {self.action!r} is none of {', '.join(ACTIONS)}")
        _require(self.api in API_NAMES, f"api {self.api!r} is none of Kafka's, such as Produce or FindCoordinator")
        for name in ("topic", "partition"):
            fits = getattr(self, name) is None or self.api == "Produce"
            _require(fits, f"{name} is only for Produce, not for {self.api}")
        for name, least in _LEAST.items():
            given = getattr(self, name)
            _require(given is None or given >= least, f"{name} is {given}; it is at least {least}")
        needed = _NEEDS.get(self.action)
        _require(needed is None or getattr(self, needed) is not None, f"{self.action} needs {needed}")
        if self.error is not None:
            known = self.error != 0 and -1 <= self.error <= _HIGHEST_ERROR
            _require(known, f"error is {self.error}; it is no error code")
            _require(self.api in ANSWERED, f"an error can be injected into {', '.join(ANSWERED)}, not into {self.api}")
        if self.probability is not None:
            _require(0 <= self.probability <= 1, f"probability is {self.probability}; it is from 0 to 1")
            _require(self.every is None, "every and probability exclude each other")

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WireRule:
        """The rule that ``to_json`` wrote, or a person. Raises ``ValueError`` with one line that names the key."""
        _require(isinstance(value, Mapping), f"a rule is an object, not {value!r}")
        unknown = sorted(set(value) - set(_TYPES))
        _require(not unknown, f"a rule has no {', '.join(unknown)}; it has {', '.join(_TYPES)}")
        _require("action" in value, "a rule needs an action")
        for name, given in value.items():
            kinds = _TYPES[name]
            # In Python a bool is an int; in JSON it is not.
            fits = isinstance(given, kinds) and (not isinstance(given, bool) or bool in kinds)
            _require(fits, f"{name} is {given!r}; it is {listed((_WORDS[kind] for kind in kinds), 'or')}")
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @cached_property
    def plan(self) -> Plan:
        return ACTIONS[self.action](self)

    @property
    def lasts(self) -> bool:
        """It ends when it is taken away, and not with the last request that it falls on."""
        return self.plan.line is not None or (self.action == "delay" and self.times is None)

    def may_match(self, request: Request) -> bool:
        """Whether it matches, its partitions aside. With acks=0 there is no response that something could befall."""
        return (
            request.api == self.api
            and (self.client_id is None or request.client_id == self.client_id)
            and (request.answered or not self.plan.of_response)
        )

    def matches(self, request: Request) -> bool:
        return self.may_match(request) and (
            (self.topic is None and self.partition is None)
            or any(
                self.topic in (None, topic) and self.partition in (None, partition)
                for topic, partition in request.partitions
            )
        )

    def due(self, ordinal: int) -> bool:
        """Whether it falls on the matching request of this ordinal, counted from 1. ``times`` is not its business."""
        if ordinal <= self.skip:
            return False
        if self.probability is not None:
            return _coin(self.seed, ordinal) < self.probability
        return (ordinal - self.skip - 1) % (self.every or 1) == 0


_WORDS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}
_OF_ANNOTATION: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "str | None": (str, type(None)),
    "int | None": (int, type(None)),
    "float | None": (float, int, type(None)),
}
_TYPES = {field.name: _OF_ANNOTATION[str(field.type)] for field in fields(WireRule)}


def _coin(seed: int, ordinal: int) -> float:
    """From 0 up to but not including 1, the same in every process and every Python."""
    digest = hashlib.blake2b(f"{seed}/{ordinal}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / (1 << 48)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
