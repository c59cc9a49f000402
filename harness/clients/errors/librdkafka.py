"""What librdkafka's errors prove, each named with what librdkafka says of its message (``rd_kafka_message_status``).

NOT_PERSISTED is said of a message that was never sent whole, or that brokers refused each time: that an attempt was
not answered stays on record (``rd_kafka_msgq_set_metadata``). What is POSSIBLY_PERSISTED or PERSISTED is unknown.

It is the client's word and counts as that: where it is wrong, which a former leader can make it, the harness says so.
"""

from __future__ import annotations

from harness.clients.errors.table import ErrorRow, ErrorTable, Proof

_NOT_WRITTEN = {
    "_MSG_TIMED_OUT": "Its time was over in the queue, before an attempt or between two that were answered.",
    "_PURGE_QUEUE": "An abort took it back: it waited, or a part of it was on the wire, which no broker can read.",
    "_UNKNOWN_PARTITION": "It waited when its partition vanished.",
    "_UNKNOWN_TOPIC": "It waited when its topic was not there.",
    "UNKNOWN_TOPIC_OR_PART": "It waited when its topic was not there.",
    "TOPIC_AUTHORIZATION_FAILED": "The broker checks it before it appends; what waits gets it as well.",
    "TOPIC_EXCEPTION": "No broker has a log for a topic that is invalid.",
    "MSG_SIZE_TOO_LARGE": "The broker checks the size before it appends.",
    "INVALID_RECORD": "The broker checks records before it appends.",
    "_INVALID_DIFFERENT_RECORD": "It was in one batch with a record that the broker refused before it appended.",
    "NOT_ENOUGH_REPLICAS": "The broker refuses before it appends.",
}

ERRORS: ErrorTable = {
    **{f"{error} NOT_PERSISTED": ErrorRow(Proof.NOT_WRITTEN, reason) for error, reason in _NOT_WRITTEN.items()},
    "KAFKA_STORAGE_ERROR NOT_PERSISTED": ErrorRow(
        Proof.NEVER, "A leader whose disk has failed answers so also for what it has appended."
    ),
}
