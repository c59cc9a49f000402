"""Messages that can be recognised without any lookup, made and checked a batch at a time.

A value is a header of 36 bytes, big-endian, and filler up to the message size::

    byte    0      2       3         4         8        16        24        32                   36
            magic  format  reserved  producer  run key  sequence  due (ns)  CRC32C of the rest   filler
            "KD"   u8      0         i32       u64      i64       i64       u32

Everything is columns: a CRC is linear over GF(2), so the checksum of a message is the checksum of its filler
xor one table entry for each byte of the header that varies, and a million messages a second cost one core little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import google_crc32c
import numpy as np
import numpy.typing as npt

from harness.clients.batch import Block

MAGIC = b"KD"
VERSION = 1
HEADER_BYTES = 36
_FIELDS = {
    "names": ["producer", "sequence", "due_ns", "crc"],
    "formats": [">i4", ">i8", ">i8", ">u4"],
    "offsets": [4, 16, 24, 32],
}
_VARYING = range(16, 32)  # sequence and due time
_LAST_OF_SEQUENCE = 7  # of those
_PHRASE = b"the quick brown fox jumps over the lazy dog, "
_FILLER_BYTES = 1 << 16  # distinct filler, so that a compressed batch is not one row repeated

Bytes = npt.NDArray[np.uint8]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Decoded:
    """Columns of one value each; ``producer``, ``sequence`` and ``due_ns`` mean nothing where ``valid`` is false."""

    producer: npt.NDArray[np.int32]
    sequence: Int64
    due_ns: Int64
    valid: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Codec:
    """Encodes and recognises the messages of one producer (or, for decoding, of one run).

    ``run_key`` tells this trial's messages from every other's: a value with another key is never valid.
    """

    run_key: int
    message_size: int
    producer: int = 0
    compressible: bool = False
    """Whether what fills it up is one phrase again and again; else it is as random as can be."""

    def __post_init__(self) -> None:
        if self.message_size < HEADER_BYTES:
            raise ValueError(f"message_size is {self.message_size}; a message is at least {HEADER_BYTES} bytes")

    def encode(self, sequence: Int64, due_ns: Int64) -> list[bytes]:
        """Values for these sequences and due times, in order."""
        return list(Block(self.rows(sequence, due_ns)))

    def decode(self, values: Sequence[bytes]) -> Decoded:
        """Reads values of any origin back; one that is not exactly what a producer of this run wrote is invalid."""
        size = self.message_size
        lengths = np.fromiter(map(len, values), np.int64, len(values))
        if (lengths == size).all():
            rows = np.frombuffer(b"".join(values), np.uint8).reshape(-1, size)
            return self._check(rows)
        rows = np.zeros((len(values), size), np.uint8)
        for i in np.flatnonzero(lengths == size).tolist():
            rows[i] = np.frombuffer(values[i], np.uint8)
        return self._check(rows)

    def _check(self, rows: Bytes) -> Decoded:
        record = rows.view(self._record).ravel()
        sequence, due_ns = record["sequence"].astype(np.int64), record["due_ns"].astype(np.int64)
        producer = record["producer"].astype(np.int32)
        # The CRC covers the producer too, which this codec may not be: restore it before comparing.
        expected = self.rows(sequence, due_ns)
        foreign = producer != self.producer
        for other in np.unique(producer[foreign]) if foreign.any() else ():
            here = producer == other
            codec = replace(self, producer=int(other))
            expected[here] = codec.rows(sequence[here], due_ns[here])
        valid = (rows == expected).all(axis=1)
        for row in np.flatnonzero(~valid):  # none, but for what is damaged, of another trial, or of a filler of its own
            valid[row] = self._proves_itself(rows[row])
        return Decoded(producer, sequence, due_ns, valid)

    def _proves_itself(self, row: Bytes) -> bool:
        """Whether it is of this run and whole, whatever filler a producer in another language has put behind it."""
        head = self._filler[0]
        ours = (row[:4] == head[:4]).all() and (row[8:16] == head[8:16]).all()
        return bool(ours) and _crc(row) == int.from_bytes(row[32:HEADER_BYTES].tobytes(), "big")

    def rows(self, sequence: Int64, due_ns: Int64) -> Bytes:
        """The same as one array, a value a row."""
        if not len(sequence):
            return np.empty((0, self.message_size), np.uint8)
        rows = self._filler.take(sequence & (len(self._filler) - 1), axis=0)
        record = rows.view(self._record).ravel()
        record["sequence"], record["due_ns"] = sequence, due_ns
        crc, same = self._by_last_byte.take(sequence & 0xFF), np.uint32(0)
        for table, byte in zip(self._tables, _bytes(sequence & ~0xFF, due_ns), strict=True):
            if isinstance(byte, int):
                same ^= table[byte]
            else:
                crc ^= table.take(byte)
        crc ^= same
        record["crc"] = crc
        return rows

    @cached_property
    def _record(self) -> np.dtype[np.void]:
        """A whole message, its varying fields by name."""
        layout: Any = {**_FIELDS, "itemsize": self.message_size}
        record: np.dtype[np.void] = np.dtype(layout)
        return record

    @cached_property
    def _filler(self) -> Bytes:
        """Whole messages with sequence, due time and CRC left zero: one a variant of the filler."""
        variants = max(1, min(64, _FILLER_BYTES // self.message_size))
        variants = 1 << (variants.bit_length() - 1)  # so that a sequence's last byte says which
        # A fixed seed: the filler is part of the format, not of a trial.
        rows = np.random.default_rng(VERSION).integers(0, 256, (variants, self.message_size), np.uint8)
        if self.compressible:
            rows[:] = np.resize(np.frombuffer(_PHRASE, np.uint8), self.message_size)
        producer = self.producer.to_bytes(4, "big", signed=True)  # of a damaged message, any number
        head = MAGIC + bytes((VERSION, 0)) + producer + self.run_key.to_bytes(8, "big")
        rows[:, :HEADER_BYTES] = 0
        rows[:, : len(head)] = np.frombuffer(head, np.uint8)
        return rows

    @cached_property
    def _by_last_byte(self) -> npt.NDArray[np.uint32]:
        """What the last byte of the sequence adds to the checksum, with the filler that goes with it."""
        of_filler = np.array([_crc(row) for row in self._filler], np.uint32)
        return of_filler.take(np.arange(256) % len(of_filler)) ^ self._tables[_LAST_OF_SEQUENCE]

    @cached_property
    def _tables(self) -> list[npt.NDArray[np.uint32]]:
        """For each varying byte of the header, what each of its values adds to the checksum."""
        blank = np.zeros(self.message_size, np.uint8)
        zero = _crc(blank)
        tables = []
        for column in _VARYING:
            # Linear over GF(2): eight single bits make all 256 values.
            bits = []
            for bit in range(8):
                blank[column] = 1 << bit
                bits.append(_crc(blank) ^ zero)
            blank[column] = 0
            table = np.zeros(256, np.uint32)
            for bit, effect in enumerate(bits):
                table[(np.arange(256) >> bit) & 1 == 1] ^= np.uint32(effect)
            tables.append(table)
        return tables


def _bytes(*columns: Int64) -> Iterator[Int64 | int]:
    """Each byte of each column, big-endian. In a batch most bytes of consecutive sequences and of due times are the
    same from row to row: one stands for all.
    """
    for column in columns:
        first, differs = int(column[0]), int(np.bitwise_or.reduce(column ^ column[0]))
        for shift in range(56, -8, -8):
            yield (column >> shift) & 0xFF if differs >> shift & 0xFF else first >> shift & 0xFF


def _crc(row: Bytes) -> int:
    return int(google_crc32c.value(row[:32].tobytes() + row[HEADER_BYTES:].tobytes()))
