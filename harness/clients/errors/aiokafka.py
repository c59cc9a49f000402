"""What aiokafka's errors prove."""

from __future__ import annotations

from harness.clients.errors.table import ErrorRow, ErrorTable, Proof

_AGAIN = " It sends again until its time is over, so that an earlier attempt may have landed unheard."

ERRORS: ErrorTable = {
    "MessageSizeTooLargeError": ErrorRow(Proof.NEVER, "The broker checks the size before it appends." + _AGAIN),
    "TopicAuthorizationFailedError": ErrorRow(Proof.NEVER, "The broker checks it before it appends." + _AGAIN),
    "InvalidTopicError": ErrorRow(Proof.NEVER, "No broker has a log for such a topic." + _AGAIN),
    "NotEnoughReplicasError": ErrorRow(Proof.NEVER, "The broker refuses before it appends." + _AGAIN),
    "NotLeaderForPartitionError": ErrorRow(
        Proof.NEVER, "With acks=all a leader that steps down while it waits for replicas answers so after appending."
    ),
    "ProducerFenced": ErrorRow(
        Proof.NEVER, "Given to every batch there is, those on their way too (MessageAccumulator.fail_all)."
    ),
    "LeaderNotAvailableError": ErrorRow(
        Proof.NEVER, "Also given to a batch that was sent before and then outlived its time without a leader."
    ),
}
