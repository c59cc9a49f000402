"""The consumer worker: receives what is produced, as it is produced, and notes when each message arrived.

One and the same consumer for every producer, so that end-to-end latencies compare producers and nothing else.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import Consumer, TopicPartition

from harness.events import FORMAT
from harness.load.codec import Codec
from harness.process import messages, say


def main() -> None:
    """Spec: bootstrap, topic, partitions, run_key, message_size, capacity, parquet. Then ``{"do": "stop", ...}``."""
    inbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    spec = inbox.get()
    if spec is None:
        os._exit(0)
    consumer = Consumer(
        {
            "bootstrap.servers": spec["bootstrap"],
            "group.id": f"end-to-end-{uuid.uuid4().hex}",  # required, never joined
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
            "fetch.min.bytes": 1,
            "fetch.error.backoff.ms": 50,
        }
    )
    consumer.assign([TopicPartition(spec["topic"], partition, 0) for partition in range(spec["partitions"])])
    values: list[bytes] = []
    received_ns = np.zeros(spec["capacity"], np.int64)
    say("ready")
    stop_at: float | None = None
    expected = 0
    while len(values) < spec["capacity"]:
        record = consumer.poll(0.05)
        if record is not None and record.error() is None:
            received_ns[len(values)] = time.monotonic_ns()
            values.append(record.value() or b"")
            continue
        if stop_at is None and not inbox.empty():
            command = inbox.get()
            if command is None:
                os._exit(0)
            expected, stop_at = command["records"], time.monotonic() + command["timeout_s"]
        if stop_at is not None and (len(values) >= expected or time.monotonic() > stop_at):
            break
    decoded = Codec(spec["run_key"], spec["message_size"]).decode(values)
    table = pa.table(
        {
            "producer": decoded.producer[decoded.valid],
            "sequence": decoded.sequence[decoded.valid],
            "due_ns": decoded.due_ns[decoded.valid],
            "received_ns": received_ns[: len(values)][decoded.valid],
        }
    ).replace_schema_metadata({"format": str(FORMAT)})
    pq.write_table(table, Path(spec["parquet"]), compression="zstd")
    say("stopped", records=len(values))
    os._exit(0)


def _listen(inbox: queue.Queue[dict[str, Any] | None]) -> None:
    for message in messages():
        inbox.put(message)
    os._exit(0)  # the harness is gone


if __name__ == "__main__":
    main()
