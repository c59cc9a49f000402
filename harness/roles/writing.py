"""What a worker of a pipeline writes: an output of each input, all of it reported before anything else is done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.clients import Producer
from harness.clients.batch import Batch
from harness.clients.consumers import Polled
from harness.events import Outcome
from harness.load.codec import Codec, Decoded
from harness.load.drain import drain

_POLL_S = 0.2
_WRITTEN = (Outcome.ACKED, Outcome.UNCONFIRMED)  # the latter with acks=0, which no guarantee has but at-most-once


class Failed(Exception):
    """The worker can do nothing any more; the message says why."""


@dataclass
class Reports:
    """A ``clients.Recorder`` that remembers what went wrong with the messages of one batch."""

    wrong: list[str] = field(default_factory=list)

    def done(self, sequence: int, outcome: Outcome, at_ns: int, offset: int = -1, error: str | None = None) -> None:
        if outcome not in _WRITTEN:
            self.wrong.append(error or outcome.name)

    def done_many(
        self, sequence: object, outcome: Outcome, at_ns: object, offset: object, error: str | None = None
    ) -> None:
        if outcome not in _WRITTEN:
            self.wrong.append(error or outcome.name)


class Writer:
    """Makes outputs with the producers and sequences of their inputs, in partitions that follow from the sequence."""

    def __init__(self, producer: Producer, reports: Reports, codec: Codec, partitions: int, patience_s: float) -> None:
        """Nothing is waited for longer than ``patience_s`` in which nothing moves; ``reports`` are the producer's."""
        self._producer, self._reports, self._partitions = producer, reports, partitions
        self._codec, self._patience_s = codec, patience_s
        self._codecs: dict[int, Codec] = {}

    def outputs(self, batch: Sequence[Polled]) -> list[tuple[int, bytes]]:
        """Each with its sequence."""
        inputs = self._codec.decode([polled.value for polled in batch])
        return list(zip(inputs.sequence.tolist(), self._encoded(inputs), strict=True))

    def write(self, outputs: Sequence[tuple[int, bytes]]) -> None:
        """Returns when all are reported. Raises ``Failed`` if one was not written."""
        for sequence, value in outputs:
            until = time.monotonic() + self._patience_s
            while not self._producer.send(sequence, sequence % self._partitions, Batch([value])):
                if time.monotonic() > until:
                    raise Failed(f"the client took no output for {self._patience_s:.1f} s")
                self._producer.poll(_POLL_S)
        unreported, still_s = drain(self._producer, lambda: self._patience_s)
        if still_s is not None:
            raise Failed(f"{unreported} outputs have no report after {still_s:.1f} s")
        if self._reports.wrong:
            raise Failed(f"{len(self._reports.wrong)} outputs were not written: {self._reports.wrong[0]}")

    def _encoded(self, inputs: Decoded) -> list[bytes]:
        """All made at once: one by one that takes longer than anything a client does with them."""
        outputs = [b""] * len(inputs.sequence)
        for producer in np.unique(inputs.producer).tolist():
            codec = self._codecs.setdefault(producer, Codec(self._codec.run_key, self._codec.message_size, producer))
            own = np.flatnonzero(inputs.producer == producer)
            made = codec.encode(inputs.sequence[own], np.full(len(own), time.monotonic_ns()))
            for place, value in zip(own.tolist(), made, strict=True):
                outputs[place] = value
        return outputs
