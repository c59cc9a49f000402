"""The rules: which anomaly is forbidden, allowed or expected, for which client, configuration and fault.

An anomaly's rules are read from top to bottom and the last one that applies decides: general first, special after.
A rule names the faults it was thought through for, so that a new fault starts without rules, and says so. It says
*expected* only where the anomaly was measured in every repetition. *Allowed* is no prediction: nothing was promised.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.events import Anomaly
from harness.verify.rules.duplicate import DUPLICATE
from harness.verify.rules.lost import LOST
from harness.verify.rules.misplaced import MISPLACED
from harness.verify.rules.reordered import REORDERED
from harness.verify.rules.table import ALLOWED, DELIVERY, EXPECTED, FORBIDDEN, Rule, rule
from harness.verify.rules.transactions import OF_TRANSACTIONS
from harness.verify.rules.unreported import UNREPORTED

__all__ = ["OF_TRANSACTIONS", "RULES", "Rule"]

RULES: Mapping[Anomaly, tuple[Rule, ...]] = {
    Anomaly.LOST: LOST,
    Anomaly.DUPLICATE: DUPLICATE,
    Anomaly.REORDERED: REORDERED,
    # What follows holds whatever the configuration and the fault: it is about what clients and this harness say.
    Anomaly.UNKNOWN_LANDED: (
        rule(ALLOWED, "the client said that it does not know: information, no duplicate", DELIVERY),
        rule(
            EXPECTED,
            "the client gave up after delivery.timeout.ms, and the leader wrote what waited in its socket",
            "KIP-91; measured: stalled-leader, some in every repetition, idempotent or not",
            client=("confluent-kafka", "kafka-python"),
            acks=("1", "all"),
            fault="stalled-leader",
            impatient=True,
            led_meanwhile=True,
            alone=True,
            one_partition=True,
            erased=False,
        ),
    ),
    Anomaly.UNKNOWN_ABSENT: (
        rule(ALLOWED, "the client said that it does not know: information, no loss", DELIVERY),
        rule(
            EXPECTED,
            "what the application had handed over and the client had not sent yet died with them",
            "measured: some in every repetition with each client",
            acks="0",  # else it is chance whether what has no report yet is on its way already
            fault="kill-producer",
            under_load=True,
            lingering=True,
            alone=True,
        ),
        rule(
            EXPECTED,
            "what had waited in the client's buffer was older than delivery.timeout.ms when it woke up",
            "KIP-91; measured: some in every repetition",
            client="confluent-kafka",
            acks=("1", "all"),
            fault="pause-producer",
            impatient=True,
            under_load=True,
            lingering=True,
            alone=True,
        ),
    ),
    Anomaly.FAILED_LANDED: (
        rule(
            FORBIDDEN,
            "failed means that it cannot be in the log, and an application would send it again",
            "the definition of failed",
        ),
    ),
    Anomaly.UNEXPECTED: (
        rule(
            FORBIDDEN,
            "a log holds what was sent to it, byte for byte, and nothing else",
            "Kafka documentation, Message Format: every record batch has a CRC",
        ),
    ),
    Anomaly.MISPLACED: MISPLACED,
    Anomaly.UNREPORTED: UNREPORTED,
}
"""For each anomaly that a trial of producers can have, its rules."""
