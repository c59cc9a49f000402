"""What confluent-kafka's errors prove."""

from __future__ import annotations

from harness.clients.errors.table import ErrorTable, Proof, Rule

_AGAIN = (
    " It says nothing of an earlier attempt, and with retries=0 there may have been one as well: librdkafka counts no "
    "attempt that a broker refused as no longer the leader, which can be after appending."
)

ERRORS: ErrorTable = {
    "TOPIC_AUTHORIZATION_FAILED": Rule(
        Proof.NEVER,
        "The broker checks it before it appends." + _AGAIN + " Messages of other partitions that wait get it as well.",
    ),
    "TOPIC_EXCEPTION": Rule(Proof.NEVER, "No broker has a log for a topic that is invalid." + _AGAIN),
    "MSG_SIZE_TOO_LARGE": Rule(Proof.NEVER, "The broker checks the size before it appends." + _AGAIN),
    "NOT_ENOUGH_REPLICAS": Rule(Proof.NEVER, "This attempt was refused before it was appended." + _AGAIN),
    "_MSG_TIMED_OUT": Rule(
        Proof.NEVER, "Given alike to messages never sent and to messages sent; Python does not see which (2.16.1)."
    ),
    "_UNKNOWN_PARTITION": Rule(Proof.NEVER, "Also given to messages that were sent before their partition vanished."),
}
