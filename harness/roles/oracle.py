"""The oracle: reads the whole log of a trial's topics, by a direct connection, and stores what is in it.

One process serves many trials. A command names the topics, the isolation to read with, and the end of each of their
partitions that goes with it, which is where the scan ends: the high watermark, or the last stable offset. It ends
unfinished, and says so, when its bound passes first or whatever else befalls it.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: F401 - else pyarrow loads it with the first log, a fifth of a second
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka import Message as Record

from harness.clients import secured
from harness.journal.sealed import LogColumns, write_committed, write_log
from harness.load.messages import Messages
from harness.load.shape import Shape
from harness.process import Message
from harness.security import PLAINTEXT, Security
from harness.serving import Answer, Role, serve
from harness.topics import Topics

_BATCH = 20_000


def reader(bootstrap: str, group: str, isolation: str, security: Security = PLAINTEXT) -> Consumer:
    """A consumer for partitions that are assigned by hand, at an offset; it reports where their logs end."""
    return Consumer(
        {
            **secured.parameters(secured.LIBRDKAFKA, security),
            "bootstrap.servers": bootstrap,
            "group.id": group,  # required, never joined
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,
            "queued.min.messages": 500_000,
            "check.crcs": True,
        }
    )


def scan(
    bootstrap: str,
    topics: Topics,
    ends: dict[int, int],
    messages: Messages,
    isolation: str,
    timeout_s: float,
    security: Security = PLAINTEXT,
) -> LogColumns:
    """Every record below ``ends`` that ``isolation`` (``read_uncommitted`` or ``read_committed``) shows.

    Raises ``TimeoutError`` past its bound, ``OSError`` for a broker's error.
    """
    consumer = reader(bootstrap, f"{topics.first}.oracle-{uuid.uuid4().hex}", isolation, security)
    found: list[LogColumns] = []
    missing = {partition: end for partition, end in ends.items() if end > 0}
    due = sum(missing.values())
    until = time.monotonic() + timeout_s
    try:
        consumer.assign([TopicPartition(*topics.place(partition), 0) for partition in missing])
        while missing:
            if time.monotonic() > until:
                raise TimeoutError(f"the log was not read to its end within {timeout_s:g} s; still missing: {missing}")
            records, partitions = [], []
            # No more than there may be: it waits until it has as many.
            for record in consumer.consume(max(1, min(_BATCH, due)), 0.02):
                error = record.error()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:
                    raise OSError(f"reading the log failed: {error}")
                # The log's end is reported past gaps and control records too, which the last record would not show; and
                # there are records past ``ends`` where a transaction has ended since those were asked for.
                partition = topics.partition(record.topic(), record.partition())
                past = record.offset() >= ends[partition]
                if past or (error is None and record.offset() == ends[partition] - 1):
                    missing.pop(partition, None)
                if error is None and not (past and isolation == "read_committed"):
                    records.append(record)
                    partitions.append(partition)
                    due -= not past
            if records:
                found.append(_columns(records, partitions, messages))
    finally:
        consumer.close()
    return LogColumns.joined(found)


def _columns(records: list[Record], partitions: list[int], messages: Messages) -> LogColumns:
    decoded = messages.read(records)
    return LogColumns(
        partition=np.array(partitions, np.int32),
        offset=np.fromiter((record.offset() for record in records), np.int64, len(records)),
        producer=decoded.producer,
        sequence=decoded.sequence,
        valid=decoded.valid,
    )


class OracleRole(Role):
    """Serves scans until it is told no more."""

    def obey(self, command: Message) -> Answer:
        match command:
            case {"do": "scan"}:
                return "scanned", {"problem": _problem(command)}
        return super().obey(command)


def _problem(command: Message) -> str | None:
    """Scans, and says what kept it from the log's end. Whatever that is costs this scan and not the next one."""
    messages = Messages(command["run_key"], Shape.of(command["shape"]))
    ends = {int(partition): end for partition, end in command["ends"].items()}
    topics = Topics.of(command["topics"])
    try:
        isolation, parquet = command["isolation"], Path(command["parquet"])
        security = Security.of(command["security"])
        log = scan(command["bootstrap"], topics, ends, messages, isolation, command["timeout_s"], security)
        if isolation == "read_committed":
            write_committed(parquet, log, np.array([ends[number] for number in range(len(ends))], np.int64))
        else:
            write_log(parquet, log)
    except (OSError, TimeoutError) as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - see above
        return f"reading the log failed: {type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    serve(OracleRole())
