"""A worker of a pipeline: consumes from one topic, transforms, produces to another, in batches of one size.

A message becomes one with the same producer and sequence, in a partition that follows from its sequence, so that what
became of each input is in the output's log. At every named point (``harness.events.Point``) it may be told to stop, and
then says so and stays there until it is told to go on, or until somebody ends it: it polls nothing and leaves no group.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import clients
from harness.bounds import CLOSING_S
from harness.clients import ClientDead, ClientRefused, TransactionFailed, consumers
from harness.clients.consumers import ConsumerFailed, Polled
from harness.events import GAVE_UP, Guarantee, Point
from harness.journal.mapped import PollJournal
from harness.load.codec import Codec
from harness.process import Message
from harness.roles.heartbeat import Heart
from harness.roles.reading import Reader
from harness.roles.writing import Failed, Reports, Writer
from harness.security import Security
from harness.serving import Answer, Refused, Role, say, serve
from harness.topics import Topics

_POLL_S = 0.2


class PipelineRole(Role):
    """Batch after batch, until it has read to the ends that it is told."""

    look_s = 0.0

    def start(self, spec: Message) -> Message:
        self._guarantee, self._batch_size = Guarantee(spec["guarantee"]), int(spec["batch"])
        patience_s, self._call_s = float(spec["patience_s"]), float(spec["call_s"])
        self._input = str(spec["input"])
        self._stops = [(Point(point), int(batch)) for point, batch in spec["stops"]]
        self._goes_on = threading.Event()
        self._batch: list[Polled] = []
        self._polled_ns = 0
        self._ends: dict[int, int] | None = None
        self._number, self._processed, self._failed, self._finished = 0, 0, "", False
        security = Security.of(spec["security"])
        by_hand = [int(partition) for partition in spec["by_hand"]]
        polls = PollJournal(Path(spec["polls"]), int(spec["worker"]), int(spec["epoch"]))
        try:
            module = clients.load(spec["client"])
            output, reports = Topics((spec["output"],), int(spec["output_partitions"])), Reports()
            self._producer = module.create(spec["bootstrap"], output, spec["config"], reports, security)
            codec = Codec(spec["run_key"], spec["message_size"])
            self._writer = Writer(self._producer, reports, codec, output.partitions, patience_s)
            consumer = consumers.load(spec["client"]).create(
                spec["bootstrap"],
                spec["input"],
                by_hand or range(int(spec["input_partitions"])),
                spec["group"],
                isolation="read_committed",
                mode=spec["mode"],
                config=spec["consumer_config"],
                security=security,
            )
            if self._guarantee is Guarantee.EXACTLY_ONCE:
                self._transactions.init(self._call_s)
            self._reader = Reader(consumer, by_hand, polls, patience_s)
        except (ClientRefused, ConsumerFailed, TransactionFailed) as refusal:
            raise Refused(str(refusal)) from refusal
        self._heart = Heart(lambda since_ns, until_ns: say("stood-still", since_ns=since_ns, until_ns=until_ns))
        return {"version": module.version(), "effective": self._producer.effective}

    @property
    def _transactions(self) -> clients.Transactions:
        assert self._producer.transactions is not None
        return self._producer.transactions

    def heed(self, command: Message) -> None:
        if command.get("do") == "go":
            self._goes_on.set()
        if "call_s" in command:
            self._call_s = float(command["call_s"])

    def idle(self) -> None:
        if self._failed:
            time.sleep(_POLL_S)
            came = False
        else:
            came = self._poll()
        over = self._ends is not None and not came
        if len(self._batch) == self._batch_size or (over and self._batch):
            self._process_or_fail()
        before, self._finished = self._finished, over and not self._batch and self._at_ends()
        if self._finished and not before:
            # What a worker before it had committed and was killed with is behind where this one begins.
            ends = {} if self._failed else dict(self._reader.position)
            self._heart.look()
            say("finished", processed=self._processed, ends=ends, failed=self._failed or None)

    def obey(self, command: Message) -> Answer:
        match command:
            case {"do": "go"}:
                return "gone", {}
            case {"do": "finish", "ends": ends}:
                self._ends = {int(partition): int(end) for partition, end in ends.items()}
                return "finishing", {}
            case {"do": "close", "timeout_s": timeout_s}:
                if not self._failed:
                    self._reader.close(timeout_s / 2)
                self._producer.close(timeout_s / 2)
                self.over = True
                return "closed", {}
        return super().obey(command)

    def _at_ends(self) -> bool:
        """Of all partitions that it has; there is nothing more to come for one that can do nothing."""
        ends = self._ends or {}
        return bool(self._failed) or all(at >= ends[partition] for partition, at in self._reader.position.items())

    def _poll(self) -> bool:
        """Whether anything came. Of a partition that is taken away, what is polled and in no batch yet is dropped."""
        try:
            polled, moved = self._reader.poll(self._batch_size - len(self._batch), _POLL_S)
        except ConsumerFailed as failed:
            self._fails(str(failed))
            return False
        if polled and not self._batch:
            self._polled_ns = time.monotonic_ns()
        if moved:
            say("rebalanced", partitions=sorted(self._reader.position))
        self._batch = [each for each in self._batch if each.partition not in moved] + polled
        return bool(polled or moved)

    def _process_or_fail(self) -> None:
        self._number += 1
        batch, self._batch = self._batch, []
        # Where the batch ends, which is where the next one begins: what is polled meanwhile is in no batch yet.
        offsets = dict(self._reader.position)
        try:
            self._process(batch, offsets)
        except (Failed, ClientDead, ConsumerFailed, TransactionFailed) as failed:
            error = getattr(failed, "error", None)
            if not _gave_up(failed) and not getattr(failed, "fatal", False):
                self._abort()
            self._fails(f"{error}: {failed}" if error else str(failed))
        else:
            self._processed += len(batch)
            # Nothing is polled while a batch is processed.
            times = {"polled_ns": self._polled_ns, "done_ns": time.monotonic_ns()}
            self._heart.look()
            say("processed", batch=self._number, inputs=self._processed, ends=offsets, **times)

    def _abort(self) -> None:
        """As an application does that can do no more with a transaction: others do not wait for its end then."""
        if self._guarantee is Guarantee.EXACTLY_ONCE:
            try:
                self._transactions.abort(lambda: self._call_s)
            except TransactionFailed as failed:
                _gave_up(failed)

    def _fails(self, why: str) -> None:
        """It does nothing any more, and leaves its group, so that others may."""
        self._failed, self._batch = why, []
        self._reader.close(CLOSING_S)
        say("failed", why=why)

    def _process(self, batch: Sequence[Polled], offsets: Mapping[int, int]) -> None:
        # Who it was in the group when it had them: thrown out meanwhile, it is not to commit as whom it is then.
        group = self._reader.group() if self._guarantee is Guarantee.EXACTLY_ONCE else None
        self._stop_at(Point.AFTER_POLL)
        match self._guarantee:
            case Guarantee.AT_MOST_ONCE:
                self._commit(offsets)
                self._send(batch)
            case Guarantee.AT_LEAST_ONCE:
                self._send(batch)
                self._commit(offsets)
            case Guarantee.EXACTLY_ONCE:
                self._in_transaction(batch, offsets, group)

    def _in_transaction(self, batch: Sequence[Polled], offsets: Mapping[int, int], group: Any) -> None:
        self._transactions.begin()
        self._send(batch)
        of_topic = {(self._input, partition): offset for partition, offset in offsets.items()}
        self._transactions.send_offsets(of_topic, group, lambda: self._call_s)
        self._stop_at(Point.AFTER_SEND_OFFSETS)
        self._transactions.commit(lambda: self._call_s)
        self._reader.committed(offsets)
        self._stop_at(Point.AFTER_COMMIT)

    def _commit(self, offsets: Mapping[int, int]) -> None:
        self._reader.commit(offsets, self._call_s)
        self._stop_at(Point.AFTER_COMMIT)

    def _send(self, batch: Sequence[Polled]) -> None:
        """All of it reported, as whoever commits next has to know. The middle is behind the first message of the second
        half.
        """
        outputs = self._writer.outputs(batch)
        middle = len(batch) // 2 + 1
        if self._stops_at(Point.MID_SEND):
            self._writer.write(outputs[:middle])
            self._stop_at(Point.MID_SEND)
            outputs = outputs[middle:]
        self._writer.write(outputs)
        self._stop_at(Point.AFTER_SEND)

    def _stops_at(self, point: Point) -> bool:
        return (point, self._number) in self._stops

    def _stop_at(self, point: Point) -> None:
        if self._stops_at(point):
            self._goes_on.clear()
            say("stopped", point=point.value, batch=self._number)
            self._goes_on.wait()


def _gave_up(failed: Exception) -> bool:
    """Whether a call did not return, which is said then."""
    hung_s = getattr(failed, "hung_s", None)
    if hung_s is not None:
        say(GAVE_UP, call=getattr(failed, "error", ""), seconds=round(hung_s, 3), at_ns=time.monotonic_ns())
    return hung_s is not None


if __name__ == "__main__":
    serve(PipelineRole())
