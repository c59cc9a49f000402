"""The consumer worker: receives what is produced, as it is produced, and notes when each message arrived.

One and the same consumer for every producer, so that end-to-end latencies compare producers and nothing else. What it
received is decoded and stored batch by batch: it holds no more of a load in memory, however long that lasts.
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
from harness.process import Message, answer, messages, say

_DECODED_BYTES = 64 << 10  # at once: what arrives meanwhile waits, for about a millisecond
_STORED_ROWS = 1 << 20
_FIELDS = {"producer": np.int32, "sequence": np.int64, "due_ns": np.int64, "received_ns": np.int64}
_ROW = np.dtype(list(_FIELDS.items()))


class Received:
    """What was received. It goes to a file as plain rows while more arrives, and becomes Parquet when it is closed."""

    def __init__(self, codec: Codec, rows: Path) -> None:
        self.count = 0
        self._codec = codec
        self._rows = rows.open("w+b")
        self._values: list[bytes] = []
        self._received_ns: list[int] = []
        self._batch = max(1, _DECODED_BYTES // codec.message_size)

    def add(self, value: bytes, at_ns: int) -> None:
        self._values.append(value)
        self._received_ns.append(at_ns)
        self.count += 1
        if len(self._values) == self._batch:
            self._decode()

    def close(self, parquet: Path) -> None:
        self._decode()
        self._rows.seek(0)
        schema = pa.schema(
            [(name, pa.from_numpy_dtype(kind)) for name, kind in _FIELDS.items()], {"format": str(FORMAT)}
        )
        partial = parquet.with_suffix(".partial")
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            while len(rows := np.fromfile(self._rows, _ROW, _STORED_ROWS)):
                writer.write_table(pa.table({name: np.ascontiguousarray(rows[name]) for name in _FIELDS}, schema))
        partial.replace(parquet)
        self._rows.close()

    def _decode(self) -> None:
        decoded = self._codec.decode(self._values)
        rows = np.empty(len(self._values), _ROW)
        for name in ("producer", "sequence", "due_ns"):
            rows[name] = getattr(decoded, name)
        rows["received_ns"] = self._received_ns
        rows[decoded.valid].tofile(self._rows)
        self._values.clear()
        self._received_ns.clear()


def main() -> None:
    """Spec: bootstrap, topic, partitions, run_key, message_size, and ``rows``, a file to use meanwhile. Then
    ``{"do": "stop", "records": n, "patience_s": p, "parquet": path}``: it receives until it has so many, or nothing
    more arrives for so long, stores what it has and says "stopped".
    """
    inbox: queue.Queue[Message | None] = queue.Queue()
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    spec = inbox.get()
    if spec is None:
        os._exit(0)
    consumer = _consumer(spec)
    received = Received(Codec(spec["run_key"], spec["message_size"]), Path(spec["rows"]))
    say("ready")
    stop: Message | None = None
    moved_ns = 0
    while stop is None or (
        received.count < stop["records"] and time.monotonic_ns() - moved_ns < stop["patience_s"] * 1e9
    ):
        record = consumer.poll(0.05)
        if record is not None and record.error() is None:
            moved_ns = time.monotonic_ns()
            received.add(record.value() or b"", moved_ns)
        elif stop is None and not inbox.empty():
            stop = inbox.get()
            if stop is None:
                os._exit(0)
            moved_ns = time.monotonic_ns()
    received.close(Path(stop["parquet"]))
    answer(stop, "stopped", records=received.count)
    os._exit(0)


def _consumer(spec: dict[str, Any]) -> Consumer:
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
    return consumer


def _listen(inbox: queue.Queue[Message | None]) -> None:
    for message in messages():
        inbox.put(message)
    os._exit(0)  # the harness is gone


if __name__ == "__main__":
    main()
