"""What librdkafka's errors prove, each with what librdkafka says of whether its message was written."""

from __future__ import annotations

from harness.clients.errors.table import ErrorRow, ErrorTable, Proof

ERRORS: ErrorTable = {
    "_MSG_TIMED_OUT NOT_PERSISTED": ErrorRow(
        Proof.NEVER_SENT, "It waited in the queue until its time was over, and no attempt to send it is unanswered."
    ),
}
