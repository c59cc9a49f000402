"""What a producer is handed: messages for one partition, as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

Headers = Sequence[tuple[str, bytes]]


class Block(Sequence[bytes]):
    """Values of one size that lie one behind the other, a row each: of whom takes them so, nobody makes ``bytes``."""

    def __init__(self, rows: npt.NDArray[np.uint8]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.rows.view(f"V{self.rows.shape[1]}").ravel().tolist())

    @overload
    def __getitem__(self, which: int) -> bytes: ...
    @overload
    def __getitem__(self, which: slice) -> Block: ...
    def __getitem__(self, which: int | slice) -> bytes | Block:
        return Block(self.rows[which]) if isinstance(which, slice) else self.rows[which].tobytes()


@dataclass(frozen=True)
class Batch:
    """Columns of one length, in order; a column is None where no message has such a thing."""

    values: Sequence[Any]
    """Bytes each, or None."""
    keys: Sequence[bytes] | None = None
    headers: Sequence[Headers] | None = None
    timestamps_ms: Sequence[int] | None = None
    """Since the epoch. None: each has that of when the client takes it."""
    plain: bool = True
    """Values and nothing else, all of one size."""

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, which: slice) -> Batch:
        def part(column: Any) -> Any:
            return None if column is None else column[which]

        return Batch(self.values[which], part(self.keys), part(self.headers), part(self.timestamps_ms), self.plain)

    @property
    def largest(self) -> int:
        """Bytes of the largest value; it has one message at least."""
        return len(self.values[0]) if self.plain else max(len(value or b"") for value in self.values)

    def each(self) -> Sequence[tuple[Any, bytes | None, Headers, int | None]]:
        """Value, key, headers and timestamp of each message."""
        none = [None] * len(self)
        columns = (self.values, self.keys or none, self.headers or [()] * len(self), self.timestamps_ms or none)
        return list(zip(*columns, strict=True))
