"""What a rule is, how it is written as JSON, and where general ones have it from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.events import Permission


@dataclass(frozen=True)
class Measurement:
    """What was run for a rule that no documentation gives."""

    clients: tuple[str, ...]
    """Each with its version."""
    date: str
    """The last time, ``YYYY-MM``."""
    counts: str
    """How often it was so, of how many runs."""


@dataclass(frozen=True)
class Rule:
    """One line of the table.

    ``when``: facts of a ``Cell`` (or ``PipelineCell``), each with the values for which the rule applies; of a fact that
    is a set, one of them is in it.
    """

    permission: Permission
    reason: str
    source: str
    when: tuple[tuple[str, tuple[object, ...]], ...]
    measured: Measurement | None = None

    def applies(self, cell: object) -> bool:
        for fact, values in self.when:
            is_so = getattr(cell, fact)
            if is_so not in values and not (isinstance(is_so, frozenset) and is_so.intersection(values)):
                return False
        return True

    def to_json(self) -> dict[str, Any]:
        measured = self.measured and {**vars(self.measured), "clients": list(self.measured.clients)}
        when = {fact: list(values) for fact, values in self.when}
        return {**vars(self), "permission": self.permission.value, "when": when, "measured": measured}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rule:
        """The rule that ``to_json`` wrote, or a person: a fact with one value needs no list."""
        measured = value.get("measured")
        return cls(
            Permission(value["permission"]),
            value["reason"],
            value["source"],
            when=tuple((fact, tuple(of) if isinstance(of, list) else (of,)) for fact, of in value["when"].items()),
            measured=measured and Measurement(tuple(measured["clients"]), measured["date"], measured["counts"]),
        )


def rule(permission: Permission, reason: str, source: str, **when: object) -> Rule:
    """A general rule: it follows from what is written."""
    return Rule.from_json({"permission": permission, "reason": reason, "source": source, "when": when})


FORBIDDEN, ALLOWED = Permission.FORBIDDEN, Permission.ALLOWED

ACKS = "Kafka documentation, Producer Configs, acks"
DELIVERY = "Kafka documentation, Message Delivery Semantics"
IN_FLIGHT = "Kafka documentation, Producer Configs, max.in.flight.requests.per.connection"
PERSISTENCE = "Kafka documentation, Persistence"
REPLICATION = "Kafka documentation, Replication"
