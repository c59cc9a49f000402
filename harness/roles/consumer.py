"""The consumer worker: receives what is produced, as it is produced, and notes when each message arrived.

One and the same consumer for every producer, so that end-to-end latencies compare producers and nothing else. What it
received is decoded and stored batch by batch: it holds no more of a load in memory, however long that lasts.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import Consumer, TopicPartition

from harness.clients import secured
from harness.events import FORMAT
from harness.load.messages import Messages, carried
from harness.load.shape import Shape
from harness.process import Message
from harness.security import Security
from harness.serving import Answer, Role, serve
from harness.topics import Topics

_DECODED_BYTES = 64 << 10  # at once: what arrives meanwhile waits, for about a millisecond
_STORED_ROWS = 1 << 20
_WAIT_S = 0.01  # for a record: so long a command may wait
_FIELDS = {"producer": np.int32, "sequence": np.int64, "due_ns": np.int64, "received_ns": np.int64}
_ROW = np.dtype(list(_FIELDS.items()))


class Received:
    """What was received. It goes to a file as plain rows while more arrives, and becomes Parquet when it is closed."""

    def __init__(self, messages: Messages, rows: Path) -> None:
        self.count = 0
        self._messages = messages
        self._rows = rows.open("w+b")
        self._values: list[bytes] = []
        self._received_ns: list[int] = []
        self._batch = max(1, _DECODED_BYTES // messages.shape.mean_bytes)

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
        # Columns of numbers that hardly repeat: a dictionary of them would double the time to read.
        with pq.ParquetWriter(partial, schema, compression="zstd", use_dictionary=False) as writer:
            while len(rows := np.fromfile(self._rows, _ROW, _STORED_ROWS)):
                writer.write_table(_table(rows, schema))
        partial.replace(parquet)
        self._rows.close()

    def _decode(self) -> None:
        decoded = self._messages.decode(self._values)
        rows = np.empty(len(self._values), _ROW)
        for name in ("producer", "sequence", "due_ns"):
            rows[name] = getattr(decoded, name)
        rows["received_ns"] = self._received_ns
        rows[decoded.valid].tofile(self._rows)
        self._values.clear()
        self._received_ns.clear()


def _table(rows: Any, schema: pa.Schema) -> pa.Table:
    """By hand: ``pa.table`` would load pandas first, for a quarter of a second at the end of each trial."""
    columns = [np.ascontiguousarray(rows[field.name]) for field in schema]
    arrays = [
        pa.Array.from_buffers(field.type, len(rows), [None, pa.py_buffer(column)])
        for field, column in zip(schema, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


class ConsumerRole(Role):
    """Receives all the time, until it is told to stop."""

    look_s = 0
    _consumer: Consumer
    _received: Received

    def start(self, spec: Message) -> Message:
        self._consumer = _consumer(spec)
        self._received = Received(Messages(spec["run_key"], Shape.of(spec["shape"])), Path(spec["rows"]))
        return {}

    def idle(self) -> None:
        while self._receive():
            pass

    def obey(self, command: Message) -> Answer:
        match command:
            case {"do": "stop", "records": records, "patience_s": patience_s, "parquet": parquet}:
                moved_s = time.monotonic()
                while self._received.count < records and time.monotonic() - moved_s < patience_s:
                    if self._receive():
                        moved_s = time.monotonic()
                self._received.close(Path(parquet))
                self.over = True
                return "stopped", {"records": self._received.count}
        return super().obey(command)

    def _receive(self) -> bool:
        """Whether there was a record."""
        record = self._consumer.poll(_WAIT_S)
        if record is None or record.error() is not None:
            return False
        self._received.add(carried(record), time.monotonic_ns())
        return True


def _consumer(spec: dict[str, Any]) -> Consumer:
    topics = Topics.of(spec["topics"])
    consumer = Consumer(
        {
            **secured.parameters(secured.LIBRDKAFKA, Security.of(spec["security"])),
            "bootstrap.servers": spec["bootstrap"],
            "group.id": f"{topics.first}.end-to-end-{uuid.uuid4().hex}",  # required, never joined
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",  # its default, unlike that of Kafka's own
            "fetch.wait.max.ms": 100,
            "fetch.min.bytes": 1,
            "fetch.error.backoff.ms": 50,
        }
    )
    consumer.assign([TopicPartition(*topics.place(partition), 0) for partition in spec["partitions"]])
    return consumer


ROLE = ConsumerRole

if __name__ == "__main__":
    serve(ROLE())
