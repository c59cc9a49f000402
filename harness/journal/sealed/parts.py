"""Columns that are read some rows at a time: what is made of so few takes little room, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT

ROWS = 1 << 17  # what is made of so many stays in the cache
C = TypeVar("C", bound="Columns")
C_co = TypeVar("C_co", bound="Columns", covariant=True)


def slices(rows: int, most: int | None = None) -> Iterator[slice]:
    """All of so many rows, at most so many at a time; ``ROWS`` where nothing is said."""
    most = most or ROWS
    return (slice(start, min(rows, start + most)) for start in range(0, rows, most))


class Parts(Protocol[C_co]):
    """Columns, wherever they are."""

    def __len__(self) -> int:
        """How many rows there are."""

    def parts(self) -> Iterator[C_co]:
        """All rows in their order, at most ``ROWS`` at a time."""

    def whole(self) -> C_co:
        """All at once."""


@dataclass(frozen=True)
class Columns:
    """In memory: arrays of one length."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def __getitem__(self, rows: Any) -> Self:
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def parts(self) -> Iterator[Self]:
        return (self[part] for part in slices(len(self)))

    def whole(self) -> Self:
        return self


class Stored(Generic[C]):
    """In a Parquet file, which is read again whenever somebody asks for them."""

    def __init__(self, parquet: Path, kind: type[C]) -> None:
        """Raises ``ValueError`` for a file of a newer format."""
        self._parquet, self._kind = parquet, kind
        self._names = [field.name for field in fields(kind)]
        with pq.ParquetFile(parquet) as file:
            self.meta = meta_of(file.schema_arrow)
            self._rows: int = file.metadata.num_rows

    def __len__(self) -> int:
        return self._rows

    def parts(self) -> Iterator[C]:
        with pq.ParquetFile(self._parquet) as file:
            for batch in file.iter_batches(ROWS, columns=self._names):
                yield self._kind(*(batch[name].to_numpy(zero_copy_only=False) for name in self._names))

    def whole(self) -> C:
        table = pq.read_table(self._parquet, columns=self._names)
        return self._kind(*(table[name].to_numpy() for name in self._names))


class Together(Generic[C]):
    """Those of several, one behind the other."""

    def __init__(self, several: Sequence[Stored[C]]) -> None:
        """At least one."""
        self._several = several

    def __len__(self) -> int:
        return sum(map(len, self._several))

    def parts(self) -> Iterator[C]:
        return (part for each in self._several for part in each.parts())

    def whole(self) -> C:
        every = [each.whole() for each in self._several]
        names = [field.name for field in fields(every[0])]
        return type(every[0])(*(np.concatenate([getattr(each, name) for each in every]) for name in names))


def meta_of(schema: pa.Schema) -> dict[str, str]:
    """What a file of a journal says of itself. Raises ``ValueError`` for one of a newer format."""
    meta = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    if int(meta.get("format", 0)) > FORMAT:
        raise ValueError(f"the journal has format {meta['format']}; this harness reads up to {FORMAT}")
    return meta
