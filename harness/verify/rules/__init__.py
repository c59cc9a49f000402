"""The rules: which anomaly is forbidden, allowed or expected, for which client, configuration and effects of a fault.

An anomaly's rules are read from top to bottom and the last one that applies decides: general first, then what was
measured and what is a client's own (``measured.toml``), then what is promised whatever was measured. *Expected* is only
what was measured in every repetition. *Allowed* is no prediction: nothing was promised.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from harness.events import Anomaly
from harness.verify.rules.calls import HUNG_CALL
from harness.verify.rules.duplicate import DUPLICATE, ONCE
from harness.verify.rules.lost import LOST
from harness.verify.rules.misplaced import of_a_copy
from harness.verify.rules.pipelines import PROCESSED
from harness.verify.rules.reordered import IN_ORDER, REORDERED
from harness.verify.rules.table import ALLOWED, DELIVERY, FORBIDDEN, Rule, rule
from harness.verify.rules.transactions import ALL_OR_NOTHING, TWICE

__all__ = ["OF_PIPELINES", "OF_TRANSACTIONS", "RULES", "WHATEVER_BEFALLS", "Rule", "Table", "read", "written"]

Table = Mapping[Anomaly, tuple[Rule, ...]]


def read(table: Mapping[str, Any]) -> Table:
    """The rules of each anomaly from JSON or TOML. Raises ``KeyError`` and ``ValueError`` for what is none."""
    return {Anomaly(anomaly): tuple(map(Rule.from_json, rules)) for anomaly, rules in table.items()}


def written(table: Table) -> dict[str, Any]:
    """As JSON, for ``read``."""
    return {anomaly.value: [rule.to_json() for rule in rules] for anomaly, rules in table.items()}


_FILE = resources.files("harness.verify.rules").joinpath("measured.toml")
_MEASURED = read(tomllib.loads(_FILE.read_text(encoding="utf-8")))
_HUNG_CALL = (*HUNG_CALL, *_MEASURED[Anomaly.HUNG_CALL])
_LOST = (*LOST, *_MEASURED[Anomaly.LOST])

RULES: Table = {
    Anomaly.LOST: _LOST,
    Anomaly.DUPLICATE: (*DUPLICATE, *_MEASURED[Anomaly.DUPLICATE], *ONCE),
    Anomaly.REORDERED: (*REORDERED, *_MEASURED[Anomaly.REORDERED], *IN_ORDER),
    Anomaly.UNKNOWN_LANDED: (
        rule(ALLOWED, "the client said that it does not know: information, no duplicate", DELIVERY),
        *_MEASURED[Anomaly.UNKNOWN_LANDED],
    ),
    Anomaly.UNKNOWN_ABSENT: (
        rule(ALLOWED, "the client said that it does not know: information, no loss", DELIVERY),
        *_MEASURED[Anomaly.UNKNOWN_ABSENT],
    ),
    Anomaly.FAILED_LANDED: (
        rule(
            FORBIDDEN,
            "failed means that it cannot be in the log, and an application would send it again",
            "the definition of failed",
        ),
        *_MEASURED[Anomaly.FAILED_LANDED],
    ),
    Anomaly.UNEXPECTED: (
        rule(
            FORBIDDEN,
            "a log holds what was sent to it, byte for byte, and nothing else",
            "Kafka documentation, Message Format: every record batch has a CRC",
        ),
    ),
    Anomaly.MISPLACED: tuple(map(of_a_copy, _LOST)),
    Anomaly.UNREPORTED: (
        rule(
            FORBIDDEN,
            "a client has an upper bound on the time to a report, whatever became of the message",
            "Kafka documentation, Producer Configs, delivery.timeout.ms",
        ),
        *_MEASURED[Anomaly.UNREPORTED],
    ),
}
"""For each anomaly that a trial of producers can have, its rules."""
OF_TRANSACTIONS: Table = {
    **RULES,
    Anomaly.DUPLICATE: (*RULES[Anomaly.DUPLICATE], *TWICE),
    **ALL_OR_NOTHING,
    Anomaly.HUNG_CALL: _HUNG_CALL,
}
"""The same of a trial of transactional producers."""
OF_PIPELINES: Table = {
    **{anomaly: (*rules, *_MEASURED.get(anomaly, ())) for anomaly, rules in PROCESSED.items()},
    Anomaly.HUNG_CALL: _HUNG_CALL,
}
"""Of a trial of a pipeline."""

WHATEVER_BEFALLS = frozenset(
    {Anomaly.UNKNOWN_LANDED, Anomaly.UNKNOWN_ABSENT, Anomaly.FAILED_LANDED, Anomaly.UNEXPECTED, Anomaly.HUNG_CALL}
)
"""Of these the rules hold too where nobody knows what the fault does: they are about what is said of messages."""
