"""What a configuration promises, and what each anomaly therefore means in one trial. The rules are in ``rules/``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from harness.events import THEN, WITH, Anomaly, Permission, parameters_key
from harness.store import Expectation
from harness.verify.cell import Cell, layout_of, producing_of
from harness.verify.premises import Faults, foreseen_premises, seen_premises
from harness.verify.rules import OF_TRANSACTIONS, RULES, Rule
from harness.verify.seen import Seen

_STRIKES_WHEN = "after_acks"
"""The parameter of faults that strike under load."""
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
    producing = producing_of(client, config)
    if producing.acks == "0" or not producing.retries:
        return "at-most-once"
    return "once-per-session" if producing.idempotent else "at-least-once"


def expectations(
    client: str,
    config: Mapping[str, Any],
    fault: str,
    parameters: Mapping[str, Any],
    seen: Seen | None = None,
    version: str = "",
) -> list[Expectation]:
    """Exactly one expectation for each anomaly that a trial of producers can have; if ``config`` says that it is
    ``transactional``, for those of transactions as well.

    ``config`` has Kafka's dotted names, ``fault`` is a name of the catalogue or ``none``, ``version`` the client's.
    What rules rest on is taken from what was ``seen``; where nobody watched, from what the faults do for certain. The
    last rule that applies decides; a case without one is allowed, and its reason says that no rule covers it. Of faults
    that are composed each is asked for what it lets happen in the state that all of them left, and what any lets happen
    may happen. Raises ``ValueError`` for settings that are none.
    """
    producing, layout = producing_of(client, config, version), layout_of(config)
    in_turn = [dict(_at_once(part, given)) for part, given in _split(THEN, fault, parameters)]
    spans: list[Seen | None] = [None] * len(in_turn)
    if seen is not None and seen.watched:
        premises, spans[:] = seen_premises(seen, layout), seen.in_turn(len(in_turn))
    else:
        premises = foreseen_premises(in_turn, layout)
    table = {**RULES, **OF_TRANSACTIONS} if producing.transactional else RULES
    cells = [
        Cell.of(producing, layout, premises, config, part, faults, span and span.at_once(part))
        for faults, span in zip(in_turn, spans, strict=True)
        for part in faults
    ]
    return [_most_permissive(anomaly, rules, cells) for anomaly, rules in table.items()]


def in_time(fault: str, parameters: Mapping[str, Any], seen: Seen) -> bool:
    """Whether each fault that is to strike under load did so before its load was sent and reported; one that ends the
    producer ends its load with it.
    """
    in_turn = [dict(_at_once(part, given)) for part, given in _split(THEN, fault, parameters)]
    return all(
        span.at_once(part).struck_under_load or len(span.sent_ns) < int(given["messages"])
        for faults, span in zip(in_turn, seen.in_turn(len(in_turn)), strict=True)
        for part, given in faults.items()
        if _STRIKES_WHEN in given
    )


def _split(word: str, fault: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The parts that the word joins, each with its parameters; a fault that it does not join is its only part."""
    parts = fault.split(word)
    for part in parts:
        yield part, parameters if len(parts) == 1 else parameters.get(parameters_key(part), {})


def _at_once(fault: str, parameters: Mapping[str, Any]) -> Faults:
    return dict(_split(WITH, fault, parameters))


def _most_permissive(anomaly: Anomaly, rules: Sequence[Rule], cells: Sequence[Cell]) -> Expectation:
    deciding = (next((rule for rule in reversed(rules) if rule.applies(cell)), _NO_RULE) for cell in cells)
    return max((_expectation(anomaly, rule) for rule in deciding), key=_permissiveness)


@cache
def _expectation(anomaly: Anomaly, rule: Rule) -> Expectation:
    """Made once for each rule: it says the same of every trial that it decides."""
    return Expectation(anomaly=anomaly.value, permission=rule.permission, reason=rule.reason, source=rule.source)


def _permissiveness(expectation: Expectation) -> int:
    return (Permission.FORBIDDEN, Permission.ALLOWED, Permission.EXPECTED).index(Permission(expectation.permission))
