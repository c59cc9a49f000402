"""Names that many rows share: a number a row, and each name once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Names:
    code: npt.NDArray[np.unsignedinteger]
    """Of each row the place of its name."""
    names: tuple[str | None, ...]
    """The first is None, of rows that have none."""

    @classmethod
    def of(cls, each: Sequence[str | None]) -> Self:
        names = (None, *dict.fromkeys(name for name in each if name is not None))
        place = {name: code for code, name in enumerate(names)}
        return cls(np.array([place[name] for name in each], np.min_scalar_type(len(names))), names)

    def __getitem__(self, row: int) -> str | None:
        return self.names[int(self.code[row])]

    def count(self, rows: Any) -> Counter[str | None]:
        """How often each name is in these rows."""
        numbers = np.bincount(self.code[rows], minlength=len(self.names)).tolist()
        return Counter({name: number for name, number in zip(self.names, numbers, strict=True) if number})
