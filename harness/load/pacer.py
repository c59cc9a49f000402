"""When messages are due. Open loop: message i is due at start + i / rate, whatever happened before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Pacer:
    """A schedule; pure. Latency counts from what it says, so a stall delays no message's clock."""

    start_ns: int
    rate: float
    """Messages a second."""

    def due_ns(self, first: int, count: int) -> npt.NDArray[np.int64]:
        """Due times of messages ``first`` to ``first + count - 1`` of the schedule."""
        return self.start_ns + ((first + np.arange(count)) * (1e9 / self.rate)).astype(np.int64)

    def due_by(self, now_ns: int) -> int:
        """How many messages are due at ``now_ns``."""
        return max(0, int((now_ns - self.start_ns) * self.rate / 1e9) + 1) if now_ns >= self.start_ns else 0

    def until_ns(self, number: int) -> int:
        """When message ``number`` is due."""
        return self.start_ns + int(number * (1e9 / self.rate))
