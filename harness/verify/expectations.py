"""What a configuration promises, and what each anomaly therefore means in one trial. The rules are in ``rules.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from harness.events import THEN, WITH, Anomaly, Permission, parameters_key
from harness.store import Expectation
from harness.verify.cell import Cell
from harness.verify.rules import OF_TRANSACTIONS, RULES, Rule

_Faults = Mapping[str, Mapping[str, Any]]

_NO_RULE = Rule(Permission.ALLOWED, "no rule covers this case, so nothing is held against it", source="none", when={})


def promise(config: Mapping[str, Any], client: str = "") -> str:
    """What a producer's configuration claims: ``at-most-once``, ``at-least-once`` or ``once-per-session``.

    - acks=0: at-most-once.
    - retries=0: at-most-once too. Kafka's documentation names disabling retries as the way to it: each message is
      sent once, and one that fails or ends unknown is not sent again. What was acked may still not be lost; the
      application hears of the rest.
    - acks=all with idempotence: once-per-session, which is once in the log and in order, for each partition, as long as
      the same producer lives (KIP-98). It says nothing of a producer that starts anew, nor of consumers: it is not what
      exactly-once means for a pipeline.
    - else at-least-once: with acks=1 as long as the leader lives, with acks=all as long as a replica in sync does.

    ``client`` says whose defaults hold for what ``config`` leaves out; without it, idempotence that is not stated is
    not claimed. Raises ``ValueError`` for settings that are none.
    """
    cell = Cell.of(client, config, "none", {})
    if cell.acks == "0" or not cell.retries:
        return "at-most-once"
    return "once-per-session" if cell.idempotent else "at-least-once"


def expectations(
    client: str, config: Mapping[str, Any], fault: str, parameters: Mapping[str, Any]
) -> list[Expectation]:
    """Exactly one expectation for each anomaly that a trial of producers can have; if ``config`` says that it is
    ``transactional``, for those of transactions as well.

    ``config`` has Kafka's dotted names, ``fault`` is a name of the catalogue or ``none``. The last rule that applies
    decides; a case without one is allowed, and its reason says that no rule covers it. Of faults that are composed,
    what any part lets happen may happen, so the most permissive part decides. Raises ``ValueError`` for settings that
    are none.
    """
    return _expectations(client, config, fault, parameters, {})


def _expectations(
    client: str, config: Mapping[str, Any], fault: str, parameters: Mapping[str, Any], beside: _Faults
) -> list[Expectation]:
    """``beside``: the faults that are at work at the same time, with their parameters."""
    for word in (THEN, WITH):
        if word in fault:
            parts = {part: parameters.get(parameters_key(part), {}) for part in fault.split(word)}
            at_once = parts if word == WITH else {}
            each = [_expectations(client, config, part, given, at_once) for part, given in parts.items()]
            return [max(of_one, key=_permissiveness) for of_one in zip(*each, strict=True)]
    cell = Cell.of(client, config, fault, parameters, beside)
    table = {**RULES, **OF_TRANSACTIONS} if cell.transactional else RULES
    return [_expectation(anomaly, _last_that_applies(rules, cell)) for anomaly, rules in table.items()]


@cache
def _expectation(anomaly: Anomaly, rule: Rule) -> Expectation:
    """Made once for each rule: it says the same of every trial that it decides."""
    return Expectation(anomaly=anomaly.value, permission=rule.permission, reason=rule.reason, source=rule.source)


def _permissiveness(expectation: Expectation) -> int:
    return (Permission.FORBIDDEN, Permission.ALLOWED, Permission.EXPECTED).index(Permission(expectation.permission))


def _last_that_applies(rules: Sequence[Rule], cell: Cell) -> Rule:
    return next((rule for rule in reversed(rules) if rule.applies(cell)), _NO_RULE)
