"""What a trial's messages look like. Each message's size, key, headers and timestamp follow from its sequence, so that
no journal notes them, and whoever reads a message back knows what it has to have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.load.codec import Int64

NO_KEYS, EMPTY_KEYS, UNIQUE_KEYS = "none", "empty", "unique"
COMPRESSIBLE = "compressible"
_HUNDRED = 100
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio: multiplied by it, neighbours lie far apart
_UNITS = np.array([step for step in range(1, _HUNDRED) if step % 2 and step % 5], np.int64)
"""Steps that come to every place of a hundred before they are back where they began."""


@dataclass(frozen=True)
class Shape:
    """By default 100 random bytes, without a key or headers, of now."""

    sizes: tuple[tuple[int, int], ...] = ((100, 100),)
    """Bytes of values, and of how many in each hundred messages."""
    payload: str = "random"
    keys: int | str = NO_KEYS
    """``NO_KEYS``, ``EMPTY_KEYS``, ``UNIQUE_KEYS``, or of how many one is drawn for each message."""
    headers: int = 0
    """How many each has."""
    nulls: int = 0
    """How many in each hundred have no value."""
    off_ms: int = 0
    """How far timestamps are from now: before it, if negative."""
    off: int = _HUNDRED
    """How many in each hundred are so."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Shape:
        """As it was sent (``dataclasses.asdict``)."""
        return cls(**{**told, "sizes": pairs(told["sizes"])})

    @classmethod
    def configured(cls, sizes: Iterable[Iterable[int]], config: Mapping[str, Any]) -> Shape:
        """By the settings of a trial."""
        stated = {
            "payload": "payload",
            "keys": "keys",
            "headers": "headers",
            "nulls": "nulls.percent",
            "off_ms": "timestamps.offset.ms",
            "off": "timestamps.percent",
        }
        return cls(pairs(sizes), **{field: config[name] for field, name in stated.items() if name in config})

    @property
    def plain(self) -> bool:
        """Whether a message is a value and nothing else, and all are of one size."""
        return len(self.sizes) == 1 and not (self.keyed or self.headers or self.nulls or self.off_ms)

    @property
    def keyed(self) -> bool:
        return self.keys != NO_KEYS

    @property
    def mean_bytes(self) -> int:
        """Of a value, over a hundred messages."""
        return mean_bytes(self.sizes)

    @property
    def largest(self) -> int:
        return max(size for size, _ in self.sizes)

    def size(self, sequence: Int64) -> Int64:
        """Bytes of the values of these messages, those included that have none."""
        if len(self.sizes) == 1:
            return np.full(len(sequence), self.sizes[0][0], np.int64)
        of_each_hundred = np.repeat(*np.array(self.sizes, np.int64).T)
        return np.asarray(of_each_hundred[_place(sequence, 1)])

    def null(self, sequence: Int64) -> npt.NDArray[np.bool_]:
        """Which of these messages have no value."""
        return np.asarray(_place(sequence, 2) < self.nulls)

    def key_number(self, sequence: Int64) -> Int64:
        """Which key these messages have: the same number, the same key."""
        if self.keys == UNIQUE_KEYS:
            return sequence
        return _drawn(sequence, 3) % (self.keys if isinstance(self.keys, int) else 1)

    def key(self, sequence: Int64) -> list[bytes]:
        """Of these messages, which are keyed."""
        if self.keys == EMPTY_KEYS:
            return [b""] * len(sequence)
        return [b"key-%d" % number for number in self.key_number(sequence).tolist()]

    def timestamp_off_ms(self, sequence: Int64) -> Int64:
        """How far the timestamps of these messages are from now."""
        return np.where(_place(sequence, 4) < self.off, self.off_ms, 0)


def pairs(sizes: Iterable[Iterable[int]]) -> tuple[tuple[int, int], ...]:
    """Lists from JSON as what they were."""
    return tuple((size, percent) for size, percent in sizes)


def mean_bytes(sizes: Iterable[tuple[int, int]]) -> int:
    return round(sum(size * percent for size, percent in sizes) / _HUNDRED)


def _place(sequence: Int64, salt: int) -> Int64:
    """A place from 0 to 99 for each: in each hundred of sequences every place is taken once, in an order of its own."""
    hundred, within = sequence // _HUNDRED, sequence % _HUNDRED
    drawn = _drawn(hundred, salt)
    step = _UNITS[drawn % len(_UNITS)]
    return np.asarray((within * step + drawn // len(_UNITS)) % _HUNDRED)


def _drawn(number: Int64, salt: int) -> Int64:
    """31 bits for each that look random, the same on every machine (the finalizer of splitmix64)."""
    mixed = (number.astype(np.uint64) + np.uint64(salt << 40)) * _SPREAD
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(33), np.int64)
