"""Which requests a fault falls on, and what becomes of them: pure decisions, without sockets and without a clock.

Requests that match a rule are counted from 1, over all connections: their *ordinal*. A rule is due by ordinal
(``skip``, ``every``) or by a seeded coin per ordinal (``probability``), so the same requests meet the same fate in
every repetition. A new action is one entry in ``ACTIONS`` and, if none of its fields say it yet, one in ``Plan``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

from harness.wire.requests import API_NAMES, Request


@dataclass(frozen=True)
class Plan:
    """What becomes of one request."""

    forward: bool = True
    """The broker gets it."""
    deliver: bool = True
    """The client gets the broker's response."""
    cut: bool = False
    """The connection ends: at the response if there is one, else when all earlier responses are delivered."""


PASS_ON = Plan()


def _lose_ack(rule: Rule) -> Plan:
    return Plan(deliver=False, cut=not rule.silent)


def _lose_request(rule: Rule) -> Plan:
    return Plan(forward=False, deliver=False, cut=not rule.silent)


ACTIONS: Mapping[str, Callable[[Rule], Plan]] = {
    "lose-ack": _lose_ack,
    "lose-request": _lose_request,
}


@dataclass(frozen=True)
class Rule:
    """One fault on the wire. Raises ``ValueError`` for a rule that makes no sense."""

    action: str
    """A key of ``ACTIONS``."""
    api: str = "Produce"
    client_id: str | None = None
    """Only requests of exactly this client id."""
    topic: str | None = None
    """Only Produce requests that write to this topic."""
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

    def __post_init__(self) -> None:
        _require(self.action in ACTIONS, f"action {self.action!r} is none of {', '.join(ACTIONS)}")
        _require(self.api in API_NAMES, f"api {self.api!r} is none of Kafka's, such as Produce or FindCoordinator")
        _require(self.topic is None or self.api == "Produce", f"topic is only for Produce, not for {self.api}")
        _require(self.skip >= 0, f"skip is {self.skip}; it counts from 0")
        _require(self.every is None or self.every >= 1, f"every is {self.every}; it counts from 1")
        _require(self.times is None or self.times >= 1, f"times is {self.times}; it counts from 1")
        if self.probability is not None:
            _require(0 <= self.probability <= 1, f"probability is {self.probability}; it is from 0 to 1")
            _require(self.every is None, "every and probability exclude each other")

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rule:
        """The rule that ``to_json`` wrote, or a person. Raises ``ValueError`` with one line that names the key."""
        _require(isinstance(value, Mapping), f"a rule is an object, not {value!r}")
        unknown = sorted(set(value) - set(_TYPES))
        _require(not unknown, f"a rule has no {', '.join(unknown)}; it has {', '.join(_TYPES)}")
        _require("action" in value, "a rule needs an action")
        for name, given in value.items():
            kinds = _TYPES[name]
            # In Python a bool is an int; in JSON it is not.
            fits = isinstance(given, kinds) and (not isinstance(given, bool) or bool in kinds)
            _require(fits, f"{name} is {given!r}; it is {' or '.join(_WORDS[kind] for kind in kinds)}")
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @cached_property
    def plan(self) -> Plan:
        return ACTIONS[self.action](self)

    def may_match(self, request: Request) -> bool:
        """Whether it matches, its topics aside. A response that never comes (acks=0) cannot be lost."""
        return (
            request.api == self.api
            and (self.client_id is None or request.client_id == self.client_id)
            and (request.answered or self.plan.deliver or not self.plan.forward)
        )

    def matches(self, request: Request) -> bool:
        return self.may_match(request) and (self.topic is None or self.topic in request.topics)

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
_TYPES = {field.name: _OF_ANNOTATION[str(field.type)] for field in fields(Rule)}


class Firing(NamedTuple):
    """A rule, by its place in the list, falls on its matching request number ``ordinal``."""

    rule: int
    ordinal: int
    action: str
    plan: Plan


class Rulebook:
    """The rules in force and how often each has matched and fired.

    Every rule counts every request it matches, whatever the others do; of those that are due, the first in the list
    fires and the others do not.
    """

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self.matched = [0] * len(self.rules)
        self.fired = [0] * len(self.rules)

    def concerned(self, request: Request) -> bool:
        """Whether a rule may fall on it, so that its topics and records are to be known."""
        return any(rule.may_match(request) for rule in self.rules)

    def decide(self, request: Request) -> Firing | None:
        """Counts the request, and says which rule fires on it."""
        firing = None
        for i, rule in enumerate(self.rules):
            if not rule.matches(request):
                continue
            self.matched[i] += 1
            spent = rule.times is not None and self.fired[i] >= rule.times
            if firing is None and not spent and rule.due(self.matched[i]):
                self.fired[i] += 1
                firing = Firing(i, self.matched[i], rule.action, rule.plan)
        return firing


def _coin(seed: int, ordinal: int) -> float:
    """From 0 up to but not including 1, the same in every process and every Python."""
    digest = hashlib.blake2b(f"{seed}/{ordinal}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / (1 << 48)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
