"""``rd_kafka_message_t`` as columns: batches filled for librdkafka, and reports gathered from wherever they lie.

Its layout is public (rdkafka.h) and the same on every machine with 64 bits; byte order is the machine's own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.clients import Int64
from harness.clients.batch import Block

_FIELDS: Any = {
    "names": ["err", "partition", "payload", "len", "key", "key_len", "offset", "private"],
    "formats": ["i4", "i4", "u8", "u8", "u8", "u8", "i8", "i8"],
    "offsets": [0, 16, 24, 32, 40, 48, 56, 64],
    "itemsize": 72,
}
MESSAGE: np.dtype[np.void] = np.dtype(_FIELDS)
"""``private`` is one more than the sequence, since 0 is what librdkafka has where nothing was given."""
_WORD = 8
_ERR, _OFFSET, _PRIVATE = 0, 7, 8  # words of a message
# All memory there can be as one array of words, from the second one on: numpy reads no array at address 0.
_MEMORY = np.frombuffer(memoryview((ctypes.c_int64 * (1 << 53)).from_address(_WORD)), np.int64)


@dataclass(frozen=True)
class Reported:
    """Columns of one length, in the order of the reports."""

    sequence: Int64
    error: npt.NDArray[np.int32]
    """0 for a message that was delivered."""
    offset: Int64

    def among(self, which: npt.NDArray[np.bool_]) -> Reported:
        """These of them alone."""
        return Reported(self.sequence[which], self.error[which], self.offset[which])


def filled(
    first_sequence: int, values: Sequence[bytes], keys: Sequence[bytes] | None = None
) -> tuple[npt.NDArray[np.void], Sequence[object]]:
    """A batch of messages with these values and keys and the sequences from the first one on, and what they point
    into, which has to live as long as they are read.
    """
    batch = np.zeros(len(values), MESSAGE)
    blocks = [_point(batch, "payload", "len", values)]
    if keys is not None:
        blocks.append(_point(batch, "key", "key_len", keys))
    batch["private"] = np.arange(first_sequence + 1, first_sequence + 1 + len(values))
    return batch, blocks


def _point(batch: npt.NDArray[np.void], pointer: str, length: str, contents: Sequence[bytes]) -> object:
    """Empty ones point somewhere too, for a null pointer is none at all."""
    if isinstance(contents, Block):
        count, size = contents.rows.shape
        batch[length] = size
        batch[pointer] = contents.rows.ctypes.data + np.arange(count) * size
        return contents
    block = b"".join((*contents, b"\0"))
    sizes = np.fromiter(map(len, contents), np.int64, len(contents))
    batch[length] = sizes
    batch[pointer] = np.frombuffer(block, np.uint8).ctypes.data + np.cumsum(sizes) - sizes
    return block


def gathered(addresses: Int64) -> Reported:
    """What the messages at these addresses say."""
    first_word = (addresses >> 3) - 1  # in words, where a division would cost as much as all else here
    return Reported(
        _MEMORY.take(first_word + _PRIVATE) - 1,
        _MEMORY.take(first_word + _ERR).astype(np.int32),
        _MEMORY.take(first_word + _OFFSET),
    )
