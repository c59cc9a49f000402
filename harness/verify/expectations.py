"""What a configuration promises, and what each anomaly therefore means in one trial. The rules are in ``rules/``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from harness.effects import InTurn
from harness.events import Anomaly, Permission
from harness.store import Expectation
from harness.traits import UNKNOWN, Traits
from harness.verify.cell import Cell, producing_of, topic_of
from harness.verify.pipelines import pipeline_expectations
from harness.verify.premises import foreseen_premises, seen_premises
from harness.verify.rules import OF_TRANSACTIONS, RULES, WHATEVER_BEFALLS, Rule
from harness.verify.seen import Seen

_NO_RULE = Rule(Permission.ALLOWED, "no rule covers this case, so nothing is held against it", source="none", when=())


def promise(config: Mapping[str, Any], traits: Traits = UNKNOWN) -> str:
    """What a producer's configuration claims: ``at-most-once``, ``at-least-once``, ``once-per-session`` or
    ``all-or-nothing``.

    - acks=0: at-most-once.
    - retries=0: at-most-once too. Kafka's documentation names disabling retries as the way to it: each message is
      sent once, and one that fails or ends unknown is not sent again. What was acked may still not be lost; the
      application hears of the rest.
    - acks=all with idempotence: once-per-session, which is once in the log and in order, for each partition, as long as
      the same producer lives (KIP-98). It says nothing of a producer that starts anew, nor of consumers: it is not what
      exactly-once means for a pipeline.
    - transactional: all-or-nothing, which is the same for those who read committed messages alone, of all messages of
      a transaction or of none, and beyond a session of the producer (KIP-98).
    - else, and where the application sends again after a deadline of its own, at-least-once: with acks=1 as long as the
      leader lives, with acks=all as long as a replica in sync does.

    ``traits`` are of the client whose defaults hold for what ``config`` leaves out; without them, idempotence that is
    not stated is not claimed. Raises ``ValueError`` for settings that are none.
    """
    if "processing.guarantee" in config:
        return str(config["processing.guarantee"])
    producing = producing_of(traits, config)
    if producing.acks == "0" or not producing.retries:
        return "at-most-once"
    if not producing.idempotent or producing.deadline:
        return "at-least-once"
    return "all-or-nothing" if producing.transactional else "once-per-session"


def expectations(
    traits: Traits, config: Mapping[str, Any], faults: InTurn, seen: Seen | None = None
) -> list[Expectation]:
    """Exactly one expectation for each anomaly that a trial of producers can have, or a pipeline's; if ``config`` says
    that it is ``transactional``, for those of transactions as well.

    ``traits`` are the client's, ``config`` has Kafka's dotted names, ``faults`` are the effects of what is at work.
    What rules rest on is taken from what was ``seen``; where nobody watched, from what the faults do for certain. The
    last rule that applies decides; a case without one is allowed, and its reason says that no rule covers it. Of faults
    that are composed each is asked for what it lets happen in the state that all of them left, and what any lets happen
    may happen. Raises ``ValueError`` for settings that are none.
    """
    if "processing.guarantee" in config:
        return pipeline_expectations(producing_of(traits, config), config, faults)
    topic = topic_of(config)
    spans: list[Seen | None] = [None] * len(faults)
    if seen is not None and seen.watched:
        premises, spans[:] = seen_premises(seen, topic), seen.in_turn(len(faults))
    else:
        premises = foreseen_premises(faults, topic)
    parts = [
        (Cell.of(traits, config, premises, part, at_once, span and span.at_once(part)), effects is not None)
        for at_once, span in zip(faults, spans, strict=True)
        for part, effects in at_once.items()
    ]
    table = OF_TRANSACTIONS if producing_of(traits, config).transactional else RULES
    return [_most_permissive(anomaly, rules, parts) for anomaly, rules in table.items()]


def in_time(faults: InTurn, seen: Seen) -> bool:
    """Whether each fault that is to strike under load did so before its load was sent and reported; one that ends the
    producer ends its load with it.
    """
    return all(
        span.at_once(part).struck_under_load or span.sent < effects.load.messages
        for at_once, span in zip(faults, seen.in_turn(len(faults)), strict=True)
        for part, effects in at_once.items()
        if effects is not None and effects.under_load and effects.load is not None
    )


def _most_permissive(anomaly: Anomaly, rules: Sequence[Rule], parts: Sequence[tuple[Cell, bool]]) -> Expectation:
    """Each part is a cell, and whether its effects are known."""
    deciding = (
        next((rule for rule in reversed(rules) if rule.applies(cell)), _NO_RULE)
        if known or anomaly in WHATEVER_BEFALLS
        else _NO_RULE
        for cell, known in parts
    )
    return max((_expectation(anomaly, rule) for rule in deciding), key=_permissiveness)


@cache
def _expectation(anomaly: Anomaly, rule: Rule) -> Expectation:
    """Made once for each rule: it says the same of every trial that it decides."""
    return Expectation(anomaly=anomaly.value, permission=rule.permission, reason=rule.reason, source=rule.source)


def _permissiveness(expectation: Expectation) -> int:
    return (Permission.FORBIDDEN, Permission.ALLOWED, Permission.EXPECTED).index(Permission(expectation.permission))
