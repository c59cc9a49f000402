"""A worker of a pipeline: consumes from one topic, transforms, produces to another, in batches of one size.

A message becomes one with the same producer and sequence, in a partition that follows from its sequence, so that what
became of each input is in the output's log. At every named point (``harness.events.Point``) it may be told to stop, and
then says so and stays there until it is told to go on, or until somebody ends it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness import clients
from harness.clients import ClientDead, ClientRefused, TransactionFailed, consumers
from harness.clients.consumers import ConsumerFailed, Polled
from harness.events import GAVE_UP, Guarantee, Outcome, Point
from harness.load.codec import Codec, Decoded
from harness.load.drain import drain
from harness.process import Message
from harness.roles.heartbeat import beat
from harness.serving import Answer, Refused, Role, say, serve
from harness.topics import Topics

_POLL_S = 0.2
_WRITTEN = (Outcome.ACKED, Outcome.UNCONFIRMED)  # the latter with acks=0, which no guarantee has but at-most-once


@dataclass
class Reports:
    """A ``clients.Recorder`` that remembers what went wrong with the messages of one batch."""

    wrong: list[str] = field(default_factory=list)

    def done(self, sequence: int, outcome: Outcome, at_ns: int, offset: int = -1, error: str | None = None) -> None:
        if outcome not in _WRITTEN:
            self.wrong.append(error or outcome.name)

    def done_many(self, sequence: object, outcome: Outcome, at_ns: object, offset: object) -> None:
        if outcome not in _WRITTEN:
            self.wrong.append(outcome.name)


class Failed(Exception):
    """The worker can do nothing any more; the message says why."""


class PipelineRole(Role):
    """Batch after batch, until it has read to the ends that it is told."""

    look_s = 0.0

    def start(self, spec: Message) -> Message:
        self._guarantee = Guarantee(spec["guarantee"])
        self._outputs, self._batch_size = int(spec["output_partitions"]), int(spec["batch"])
        self._patience_s, self._call_s = float(spec["patience_s"]), float(spec["call_s"])
        self._input = str(spec["input"])
        self._stops = [(Point(point), int(batch)) for point, batch in spec["stops"]]
        self._codec = Codec(spec["run_key"], spec["message_size"])
        self._codecs: dict[int, Codec] = {}
        self._reports, self._goes_on = Reports(), threading.Event()
        self._batch: list[Polled] = []
        self._number, self._processed, self._failed = 0, 0, ""
        self._polled_ns = 0
        try:
            module = clients.load(spec["client"])
            outputs = Topics((spec["output"],), self._outputs)
            self._producer = module.create(spec["bootstrap"], outputs, spec["config"], self._reports)
            self._consumer = consumers.load(spec["client"]).create(
                spec["bootstrap"],
                spec["input"],
                int(spec["input_partitions"]),
                spec["group"],
                isolation="read_committed",
                mode=spec["mode"],
                config=spec["consumer_config"],
            )
            if self._guarantee is Guarantee.EXACTLY_ONCE:
                self._transactions.init(self._call_s)
            # By partition the next offset to read: where the one before has left off.
            self._next = dict.fromkeys(range(int(spec["input_partitions"])), 0)
            self._next |= self._left_off()
        except (ClientRefused, ConsumerFailed, TransactionFailed) as refusal:
            raise Refused(str(refusal)) from refusal
        beat(lambda since_ns, until_ns: say("stood-still", since_ns=since_ns, until_ns=until_ns))
        return {"version": module.version(), "effective": self._producer.effective}

    def _left_off(self) -> dict[int, int]:
        """What the group has committed. A coordinator that is new, or was just elected, has to be asked again."""
        until = time.monotonic() + self._patience_s
        while True:
            try:
                return self._consumer.committed(self._patience_s)
            except ConsumerFailed as failed:
                if failed.hung_s is not None or time.monotonic() > until:
                    raise
            time.sleep(_POLL_S)

    @property
    def _transactions(self) -> clients.Transactions:
        assert self._producer.transactions is not None
        return self._producer.transactions

    def heed(self, command: Message) -> None:
        if command.get("do") == "go":
            self._goes_on.set()
        self._call_s = float(command.get("call_s", self._call_s))

    def idle(self) -> None:
        if self._failed:
            time.sleep(_POLL_S)
            return
        self._poll()
        if len(self._batch) == self._batch_size:
            self._process_or_fail()

    def obey(self, command: Message) -> Answer:
        match command:
            case {"do": "go"}:
                return "gone", {}
            case {"do": "finish", "ends": ends}:
                self._finish({int(partition): int(end) for partition, end in ends.items()})
                return "finished", {"processed": self._processed, "failed": self._failed or None}
            case {"do": "close", "timeout_s": timeout_s}:
                self._consumer.close(timeout_s / 2)
                self._producer.close(timeout_s / 2)
                self.over = True
                return "closed", {}
        return super().obey(command)

    def _finish(self, ends: Mapping[int, int]) -> None:
        since, before = time.monotonic(), -1
        while not self._failed and any(self._next[partition] < end for partition, end in ends.items()):
            self._poll()
            read = sum(self._next.values())
            if len(self._batch) == self._batch_size:
                self._process_or_fail()
            elif read != before:
                since, before = time.monotonic(), read
            elif time.monotonic() - since > self._patience_s:
                self._failed = f"nothing was read for {self._patience_s:.1f} s, up to {self._next} of {dict(ends)}"
        if not self._failed and self._batch:
            self._process_or_fail()

    def _poll(self) -> None:
        try:
            for polled in self._consumer.poll(self._batch_size - len(self._batch), _POLL_S):
                if not self._batch:
                    self._polled_ns = time.monotonic_ns()
                self._batch.append(polled)
                self._next[polled.partition] = polled.offset + 1
        except ConsumerFailed as failed:
            self._fails(str(failed))

    def _process_or_fail(self) -> None:
        self._number += 1
        batch, self._batch = self._batch, []
        try:
            self._process(batch)
        except (Failed, ClientDead, ConsumerFailed, TransactionFailed) as failed:
            error = getattr(failed, "error", None)
            if (hung_s := getattr(failed, "hung_s", None)) is not None:
                say(GAVE_UP, call=error, seconds=round(hung_s, 3), at_ns=time.monotonic_ns())
            self._fails(f"{error}: {failed}" if error else str(failed))
        else:
            self._processed += len(batch)
            # Nothing is polled while a batch is processed.
            times = {"polled_ns": self._polled_ns, "done_ns": time.monotonic_ns()}
            say("processed", batch=self._number, inputs=self._processed, ends=self._next, **times)

    def _fails(self, why: str) -> None:
        self._failed = why
        say("failed", why=why)

    def _process(self, batch: Sequence[Polled]) -> None:
        self._stop_at(Point.AFTER_POLL)
        # Where the batch ends, which is where the next one begins: what is polled meanwhile is in no batch yet.
        offsets = dict(self._next)
        match self._guarantee:
            case Guarantee.AT_MOST_ONCE:
                self._commit(offsets)
                self._send(batch)
            case Guarantee.AT_LEAST_ONCE:
                self._send(batch)
                self._commit(offsets)
            case Guarantee.EXACTLY_ONCE:
                self._in_transaction(batch, offsets)

    def _in_transaction(self, batch: Sequence[Polled], offsets: Mapping[int, int]) -> None:
        self._transactions.begin()
        self._send(batch)
        of_topic = {(self._input, partition): offset for partition, offset in offsets.items()}
        self._transactions.send_offsets(of_topic, self._consumer.group(), lambda: self._call_s)
        self._stop_at(Point.AFTER_SEND_OFFSETS)
        self._transactions.commit(lambda: self._call_s)
        self._stop_at(Point.AFTER_COMMIT)

    def _commit(self, offsets: Mapping[int, int]) -> None:
        self._consumer.commit(offsets, self._call_s)
        self._stop_at(Point.AFTER_COMMIT)

    def _send(self, batch: Sequence[Polled]) -> None:
        """All of it reported, as whoever commits next has to know. The middle is behind the first message of the second
        half.
        """
        decoded = self._codec.decode([polled.value for polled in batch])
        middle = len(batch) // 2 + 1
        for place, value in enumerate(self._outputs_of(decoded)):
            sequence = int(decoded.sequence[place])
            until = time.monotonic() + self._patience_s
            while not self._producer.send(sequence, sequence % self._outputs, [value]):
                if time.monotonic() > until:
                    raise Failed(f"the client took no output for {self._patience_s:.1f} s")
                self._producer.poll(_POLL_S)
            if place + 1 == middle and self._stops_at(Point.MID_SEND):
                self._flush()
                self._stop_at(Point.MID_SEND)
        self._flush()
        self._stop_at(Point.AFTER_SEND)

    def _outputs_of(self, inputs: Decoded) -> list[bytes]:
        """An output of each, all made at once: one by one that takes longer than anything a client does with them."""
        outputs = [b""] * len(inputs.sequence)
        for producer in np.unique(inputs.producer).tolist():
            codec = self._codecs.setdefault(producer, Codec(self._codec.run_key, self._codec.message_size, producer))
            own = np.flatnonzero(inputs.producer == producer)
            made = codec.encode(inputs.sequence[own], np.full(len(own), time.monotonic_ns()))
            for place, value in zip(own.tolist(), made, strict=True):
                outputs[place] = value
        return outputs

    def _flush(self) -> None:
        unreported, still_s = drain(self._producer, lambda: self._patience_s)
        if still_s is not None:
            raise Failed(f"{unreported} outputs have no report after {still_s:.1f} s")
        if self._reports.wrong:
            raise Failed(f"{len(self._reports.wrong)} outputs were not written: {self._reports.wrong[0]}")

    def _stops_at(self, point: Point) -> bool:
        return (point, self._number) in self._stops

    def _stop_at(self, point: Point) -> None:
        if self._stops_at(point):
            self._goes_on.clear()
            say("stopped", point=point.value, batch=self._number)
            self._goes_on.wait()


if __name__ == "__main__":
    serve(PipelineRole())
