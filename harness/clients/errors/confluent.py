"""What confluent-kafka's errors prove."""

from __future__ import annotations

from harness.clients.errors.table import ErrorRow, ErrorTable, Proof

_AGAIN = (
    " It says nothing of an earlier attempt, and with retries=0 there may have been one as well: librdkafka counts no "
    "attempt that a broker refused as no longer the leader, which can be after appending."
)

ERRORS: ErrorTable = {
    "TOPIC_AUTHORIZATION_FAILED": ErrorRow(
        Proof.NEVER,
        "The broker checks it before it appends." + _AGAIN + " Messages of other partitions that wait get it as well.",
    ),
    "TOPIC_EXCEPTION": ErrorRow(Proof.NEVER, "No broker has a log for a topic that is invalid." + _AGAIN),
    "MSG_SIZE_TOO_LARGE": ErrorRow(Proof.NEVER, "The broker checks the size before it appends." + _AGAIN),
    "NOT_ENOUGH_REPLICAS": ErrorRow(Proof.NEVER, "This attempt was refused before it was appended." + _AGAIN),
    "_MSG_TIMED_OUT": ErrorRow(
        Proof.NEVER, "Given alike to messages never sent and to messages sent; Python does not see which (2.16.1)."
    ),
    "_PURGE_QUEUE": ErrorRow(
        Proof.NEVER,
        "An abort takes back what waits, and so what was sent and waits to be sent again, and requests of which a part "
        "is on the wire (rd_kafka_broker_handle_purge_queues); Python does not see which (2.16.1).",
    ),
    "_PURGE_INFLIGHT": ErrorRow(
        Proof.NEVER, "It was on its way, and its response is not waited for (rd_kafka_broker_handle_purge_queues)."
    ),
    "_UNKNOWN_PARTITION": ErrorRow(
        Proof.NEVER, "Also given to messages that were sent before their partition vanished."
    ),
}
