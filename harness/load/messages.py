"""Messages of a trial's shape, made in batches, and read back from whatever is in a log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

import numpy as np

from harness.clients.batch import Batch, Block, Headers
from harness.load.codec import HEADER_BYTES, Codec, Decoded, Int64
from harness.load.shape import COMPRESSIBLE, Shape

IDENTITY = "kd"
"""The header of a message without a value: what else stands at a value's beginning."""


class Record(Protocol):
    """What is asked of a consumer's record (``confluent_kafka.Message``)."""

    def value(self) -> Any: ...
    def key(self) -> Any: ...
    def headers(self) -> Any: ...


class Messages:
    """Makes and recognises the messages of one producer (or, for reading, of one run)."""

    def __init__(self, run_key: int, shape: Shape, producer: int = 0) -> None:
        self.shape = shape
        self._sizes = {size for size, _ in shape.sizes}

        @cache
        def codec(size: int) -> Codec:
            return Codec(run_key, size, producer, compressible=shape.payload == COMPRESSIBLE)

        self._codec = codec

    def prepare(self) -> None:
        """What making the first of each size takes, which may be long for large ones, is done now."""
        for size in self._sizes:
            self._codec(size).encode(np.zeros(1, np.int64), np.zeros(1, np.int64))

    def make(self, sequence: Int64, due_ns: Int64) -> Batch:
        """Messages of these sequences and due times, in order."""
        shape = self.shape
        if shape.plain:
            return Batch(Block(self._codec(shape.largest).rows(sequence, due_ns)))
        values: list[Any] = [b""] * len(sequence)
        null, sizes = shape.null(sequence), shape.size(sequence)
        for size in np.unique(sizes).tolist():
            self._put(values, np.flatnonzero((sizes == size) & ~null), self._codec(size), sequence, due_ns)
        headers = None
        if shape.headers or shape.nulls:
            identities = list(values)
            self._put(identities, np.flatnonzero(null), self._codec(HEADER_BYTES), sequence, due_ns)
            headers = [self._headers(*each) for each in zip(sequence.tolist(), null.tolist(), identities, strict=True)]
            values = [None if without else value for value, without in zip(values, null.tolist(), strict=True)]
        timestamps_ms = None
        if shape.off_ms:
            timestamps_ms = (shape.timestamp_off_ms(sequence) + time.time_ns() // 1_000_000).tolist()
        return Batch(values, shape.key(sequence) if shape.keyed else None, headers, timestamps_ms, plain=False)

    def read(self, records: Sequence[Record]) -> Decoded:
        """What these are, whoever made them. Valid is one with all that a producer of this run gave it."""
        decoded = self.decode([carried(record) for record in records])
        if self.shape.plain:
            return decoded
        whole = decoded.valid.copy()
        for index in np.flatnonzero(whole).tolist():
            whole[index] = self._as_made(records[index], int(decoded.sequence[index]))
        return replace(decoded, valid=whole)

    def decode(self, values: Sequence[bytes]) -> Decoded:
        """The same by what they carry alone."""
        lengths = np.fromiter(map(len, values), np.int64, len(values))
        known = self._sizes | ({HEADER_BYTES} if self.shape.nulls else set())
        if len(known) == 1:
            return self._codec(next(iter(known))).decode(values)
        found = Codec(0, HEADER_BYTES).decode([b""] * len(values))
        for size in known.intersection(lengths.tolist()):
            own = np.flatnonzero(lengths == size)
            part = self._codec(size).decode([values[index] for index in own.tolist()])
            for name in ("producer", "sequence", "due_ns", "valid"):
                getattr(found, name)[own] = getattr(part, name)
        return found

    def _as_made(self, record: Record, sequence: int) -> bool:
        one, shape = np.array([sequence]), self.shape
        null = bool(shape.null(one)[0])
        value, headers = record.value(), record.headers() or []
        return (
            (value is None) == null
            and (null or len(value) == shape.size(one)[0])
            and record.key() == (shape.key(one)[0] if shape.keyed else None)
            and [tuple(each) for each in headers] == list(self._headers(sequence, null, carried(record)))
        )

    def _headers(self, sequence: int, null: bool, identity: bytes) -> Headers:
        stated = [(f"header-{number}", b"%d" % (sequence + number)) for number in range(self.shape.headers)]
        return [*stated, (IDENTITY, identity)] if null else stated

    @staticmethod
    def _put(values: list[Any], places: Int64, codec: Codec, sequence: Int64, due_ns: Int64) -> None:
        made = codec.encode(sequence[places], due_ns[places])
        for place, value in zip(places.tolist(), made, strict=True):
            values[place] = value


def carried(record: Record) -> bytes:
    """What a message says of itself: its value, or in a header where it has none."""
    value = record.value()
    if value is None:
        value = next((content for name, content in record.headers() or () if name == IDENTITY), None)
    return value or b""
