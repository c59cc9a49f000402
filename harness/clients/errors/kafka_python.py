"""What kafka-python's errors prove."""

from __future__ import annotations

from harness.clients.errors.table import ErrorRow, ErrorTable, Proof

ERRORS: ErrorTable = {
    "MessageSizeTooLargeError": ErrorRow(
        Proof.ONE_ATTEMPT, "The broker checks the size before it appends; what was split is another batch."
    ),
    "TopicAuthorizationFailedError": ErrorRow(Proof.ONE_ATTEMPT, "The broker checks it before it appends."),
    "InvalidTopicError": ErrorRow(Proof.ONE_ATTEMPT, "No broker has a log for such a topic."),
    "NotEnoughReplicasError": ErrorRow(
        Proof.ONE_ATTEMPT, "The broker refuses before it appends; an earlier attempt may have landed unheard."
    ),
    "NotEnoughReplicasAfterAppendError": ErrorRow(Proof.NEVER, "It was appended."),
    "NotLeaderForPartitionError": ErrorRow(
        Proof.NEVER, "With acks=all a leader that steps down while it waits for replicas answers so after appending."
    ),
    "TransactionAbortedError": ErrorRow(
        Proof.NEVER_SENT,
        "An abort gives it to batches that were never drained for sending (RecordAccumulator.abort_undrained_batches), "
        "and to halves of one that was refused as too large; those on their way end as the broker answers.",
    ),
    "ProducerFencedError": ErrorRow(
        Proof.NEVER, "Given to every batch there is, those on their way too (Sender._maybe_abort_batches)."
    ),
    "KafkaTimeoutError": ErrorRow(Proof.NEVER, "Given alike to batches never sent and to batches sent."),
}
