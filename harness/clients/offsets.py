"""The offsets that librdkafka's acks name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import confluent_kafka
import numpy as np

from harness.clients import Int64


class AckedOffsets:
    """Reads them off delivered messages, of one client, in the order of their reports.

    An ack that names none, as that of a batch which the broker had before may not, has -1 for its first message, and
    librdkafka counts on from there (``rd_kafka_msgq_set_metadata``): 0, 1, 2, of messages that are anywhere but there.
    """

    def __init__(self) -> None:
        self._nameless: dict[tuple[str | None, int | None], int] = {}
        """Of partitions whose last ack named none: what the next message of that batch would be said to have."""

    def of(self, delivered: Sequence[Any]) -> Int64:
        """One offset a message, -1 where there is none."""
        if not self._nameless:
            try:
                return np.fromiter(map(confluent_kafka.Message.offset, delivered), np.int64, len(delivered))
            except TypeError:  # one of them is None
                pass
        return np.fromiter(self._one_by_one(delivered), np.int64, len(delivered))

    def _one_by_one(self, delivered: Sequence[Any]) -> Iterator[int]:
        for message in delivered:
            place, offset = (message.topic(), message.partition()), message.offset()
            if offset is None or offset == self._nameless.get(place):
                self._nameless[place] = 0 if offset is None else offset + 1
                yield -1
            else:
                self._nameless.pop(place, None)
                yield offset
