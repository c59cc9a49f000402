"""What the errors of confluent-kafka's asyncio producer prove: what confluent-kafka's do, and one more."""

from __future__ import annotations

from harness.clients.errors import confluent
from harness.clients.errors.table import ErrorRow, ErrorTable, Proof

ERRORS: ErrorTable = {
    **confluent.ERRORS,
    "_QUEUE_FULL": ErrorRow(
        Proof.NEVER_SENT,
        "librdkafka's queue did not take it out of the buffer in Python, which gives it to the message's future and to "
        "nothing that is in the queue (ProducerBatchExecutor._handle_partial_failures).",
    ),
}
