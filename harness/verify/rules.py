"""The rules: which anomaly is forbidden, allowed or expected, for which client, configuration and fault.

An anomaly's rules are read from top to bottom and the last one that applies decides: general first, special after.
A rule names the faults it was thought through for, so that a new fault starts without rules, and says so. It says
*expected* only where the anomaly was measured in every repetition. *Allowed* is no prediction: nothing was promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.events import Anomaly, Permission
from harness.verify.cell import Cell


@dataclass(frozen=True)
class Rule:
    """One line of the table. ``when``: facts of ``Cell``, each with the values for which the rule applies."""

    permission: Permission
    reason: str
    source: str
    when: Mapping[str, tuple[object, ...]]

    def applies(self, cell: Cell) -> bool:
        return all(getattr(cell, fact) in values for fact, values in self.when.items())


def _rule(permission: Permission, reason: str, source: str, **when: object) -> Rule:
    facts = {fact: value if isinstance(value, tuple) else (value,) for fact, value in when.items()}
    return Rule(permission, reason, source, facts)


_FORBIDDEN, _ALLOWED, _EXPECTED = Permission.FORBIDDEN, Permission.ALLOWED, Permission.EXPECTED

_WIRE = ("lose-ack", "lose-request")
_LEADER = ("zombie-leader", "kill-leader")
_FAULTS = (*_WIRE, *_LEADER)
_CASES = ("none", *_FAULTS)

_ACKS = "Kafka documentation, Producer Configs, acks"
_DELIVERY = "Kafka documentation, Message Delivery Semantics"
_IN_FLIGHT = "Kafka documentation, Producer Configs, max.in.flight.requests.per.connection"
_LIBRDKAFKA = "librdkafka, rd_kafka_handle_Produce_error in rdkafka_request.c"

RULES: Mapping[Anomaly, tuple[Rule, ...]] = {
    Anomaly.LOST: (
        _rule(_ALLOWED, "with acks=0 nobody promised anything", _ACKS, acks="0", fault=_CASES),
        _rule(
            _EXPECTED,
            "with acks=0 the client never hears that its request was lost",
            "measured: lose-request loses every message of each request it hits",
            acks="0",
            fault="lose-request",
        ),
        _rule(
            _EXPECTED,
            "what the frozen leader had not read yet is written by a deposed leader, and nobody tells the client",
            "measured: zombie-leader loses all messages sent during the freeze",
            acks="0",
            fault="zombie-leader",
            replicated=True,
        ),
        _rule(
            _EXPECTED,
            "what the killed leader had not read or not replicated yet is gone, and nobody tells the client",
            "measured: 18 of 18 kills at 3,000 messages/s lost some",
            acks="0",
            fault="kill-leader",
            replicated=True,
            under_load=True,
        ),
        _rule(
            _FORBIDDEN,
            "the leader has it in its log before it acks, and no other broker comes to lead",
            _ACKS,
            acks="1",
            fault=("none", *_WIRE),
        ),
        _rule(
            _ALLOWED,
            "the leader acks before its followers have it, and whether a kill hits that gap is chance",
            f"{_ACKS}; measured: 1 kill of 10 lost some",
            acks="1",
            fault="kill-leader",
            replicated=True,
        ),
        _rule(
            _EXPECTED,
            "the deposed leader wakes up, writes and acks what no follower will ever fetch",
            f"{_ACKS}; measured: zombie-leader lost some in every repetition",
            acks="1",
            fault="zombie-leader",
            replicated=True,
        ),
        _rule(
            _FORBIDDEN,
            "every replica in sync has it before it is acked, and only a replica in sync leads next",
            "Kafka documentation, Replication",
            acks="all",
            fault=_CASES,
        ),
        _rule(
            _FORBIDDEN,
            "it is in the page cache before it is acked, which outlives a killed process, and the same disk leads on",
            "Kafka documentation, Persistence; measured: one replica, killed and restarted, lost nothing",
            acks=("1", "all"),
            fault=_LEADER,
            replicated=False,
        ),
        _rule(
            _ALLOWED,
            "one replica in sync is enough for an ack, and unclean election lets one lead that is behind",
            "Kafka documentation, Topic Configs, unclean.leader.election.enable; KIP-966",
            acks="all",
            fault=_LEADER,
            replicated=True,
            unclean=True,
        ),
    ),
    Anomaly.DUPLICATE: (
        _rule(
            _ALLOWED,
            "at-least-once: a producer that hears nothing in time sends again what may be in the log already",
            _DELIVERY,
            fault=_CASES,
        ),
        _rule(
            _EXPECTED,
            "it was written, its ack was lost, and the producer sends it again",
            f"{_DELIVERY}; measured: lose-ack duplicates every message of each request it hits",
            fault="lose-ack",
        ),
        _rule(
            _ALLOWED,
            "aiokafka gives up where others retry: its request timeout is its delivery timeout as well",
            "measured: silent lose-ack with aiokafka ends in RequestTimedOutError, all landed, none twice",
            client="aiokafka",
            fault="lose-ack",
            silent=True,
        ),
        _rule(
            _FORBIDDEN,
            "without retries the producer sends each message once",
            _DELIVERY,
            retries=False,
            fault=_CASES,
        ),
        _rule(
            _ALLOWED,
            "librdkafka sends again what a broker refused for leading no more, without counting it as a retry, "
            "and followers may have it",
            _LIBRDKAFKA,
            client="confluent-kafka",
            retries=False,
            fault=_LEADER,
        ),
        _rule(
            _FORBIDDEN,
            "with acks=0 there is no answer to miss, so nothing that reached a broker is sent again",
            _ACKS,
            acks="0",
            fault=_CASES,
        ),
        _rule(
            _FORBIDDEN,
            "the broker knows a batch by its producer and sequence and writes it once",
            "KIP-98",
            idempotent=True,
            fault=_CASES,
        ),
    ),
    Anomaly.REORDERED: (
        _rule(
            _ALLOWED,
            "a batch that is sent again lands behind those that were in flight with it",
            _IN_FLIGHT,
            fault=_CASES,
        ),
        _rule(
            _FORBIDDEN,
            "with one batch in flight nothing can overtake it",
            _IN_FLIGHT,
            one_in_flight=True,
            fault=_CASES,
        ),
        _rule(
            _FORBIDDEN,
            "without retries nothing is sent behind its successors",
            _IN_FLIGHT,
            retries=False,
            fault=_CASES,
        ),
        _rule(
            _ALLOWED,
            "librdkafka can send a refused batch behind its successors, even with one request in flight or no retries",
            f"measured: forged retriable errors reorder with one request in flight; {_LIBRDKAFKA}",
            client="confluent-kafka",
            fault=_FAULTS,
        ),
        _rule(
            _FORBIDDEN,
            "with acks=0 nothing is sent again, and a connection keeps its order",
            _ACKS,
            acks="0",
            fault="none",
        ),
        _rule(
            _ALLOWED,
            "with acks=0 a new connection can overtake what is still on its way in the old one",
            _ACKS,
            acks="0",
            fault=_FAULTS,
        ),
        _rule(
            _FORBIDDEN,
            "the broker refuses a batch whose sequence is not the next one",
            "KIP-98",
            idempotent=True,
            fault=_CASES,
        ),
    ),
    # What follows holds whatever the configuration and the fault: it is about what clients and this harness say.
    Anomaly.UNKNOWN_LANDED: (
        _rule(_ALLOWED, "the client said that it does not know: information, no duplicate", _DELIVERY),
    ),
    Anomaly.UNKNOWN_ABSENT: (
        _rule(_ALLOWED, "the client said that it does not know: information, no loss", _DELIVERY),
    ),
    Anomaly.FAILED_LANDED: (
        _rule(
            _FORBIDDEN,
            "failed means that it cannot be in the log, and an application would send it again",
            "the definition of failed",
        ),
    ),
    Anomaly.UNEXPECTED: (
        _rule(
            _FORBIDDEN,
            "a log holds what was sent to it, byte for byte, and nothing else",
            "Kafka documentation, Message Format: every record batch has a CRC",
        ),
    ),
}
"""For each anomaly that a trial of producers can have, its rules."""
