"""The producers of a trial with one face: what they are to send is shared out, what is counted is all of theirs."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from harness.bounds import Bounds
from harness.events import TransactionPoint
from harness.process import Message
from harness.workers.movement import Hang
from harness.workers.worker import Worker


@dataclass(frozen=True)
class Share:
    """One producer's part of the load at work."""

    first: int
    """The sequence of its first message."""
    count: int = 0
    rate: float | None = None
    flush_every: int | None = None

    @property
    def end(self) -> int:
        return self.first + self.count


class Fleet:
    """One producer or many, each a process of its own with a journal of its own, all of the same client and settings.

    Methods raise ``WorkerFailed`` as a worker's do.
    """

    def __init__(self, workers: Sequence[Worker]) -> None:
        self.workers = list(workers)
        """Those at work: where others have taken over from those that were killed or fenced, it is the others."""
        self.fenced: list[Worker] = []
        """Those beside which others of their ``transactional.id`` were started: they have journals of their own."""
        self._killed: list[Worker] = []
        """Those whose journals others have taken over."""
        self._standing: list[Worker] = []
        self._shares = [Share(0) for _ in workers]

    def add(self, worker: Worker) -> None:
        """One more, before any load."""
        self.workers.append(worker)
        self._shares.append(Share(0))

    def __len__(self) -> int:
        return len(self.workers)

    @property
    def everyone(self) -> list[Worker]:
        """Whoever has a journal."""
        return [*self.fenced, *self.workers]

    def wait_ready(self) -> None:
        for worker in self.workers:
            worker.wait_ready()

    def start(
        self,
        count: int,
        bounds: Bounds,
        *,
        rate: float | None = None,
        flush_every: int | None = None,
        seconds: float | None = None,
    ) -> None:
        """Starts a load of so many messages in all, at ``rate`` a second in all, and returns at once. Acks count from
        here.
        """
        each, over = divmod(count, len(self))
        own_rate = None if rate is None else rate / len(self)
        for place, worker in enumerate(self.workers):
            share = Share(worker.progress.sent(), each + (place < over), own_rate, flush_every)
            self._shares[place] = share
            worker.start(share.count, bounds, rate=share.rate, flush_every=flush_every, seconds=seconds)

    def finish(self) -> int:
        """Waits for all of it, as ``Worker.finish`` does. Returns how many messages have no report by then."""
        return sum([worker.finish() for worker in self.workers])

    def warmed_up(self) -> None:
        """All that was sent so far warmed the clients up, and is not counted among the acks."""
        for worker in self.workers:
            worker.warmup = worker.total
        self._shares = [Share(worker.total) for worker in self.workers]

    def led_in(self, seconds: float) -> None:
        """Of the load at work what was due in its first so many seconds warmed each client up as well, but at most a
        fifth of it.
        """
        for worker, share in self._each():
            sent = worker.progress.sent() - share.first
            worker.warmup = share.first + min(worker.progress.due_within(seconds, share.first), sent // 5)

    def acks(self) -> int:
        """How many messages of the load at work were acked by now (acks=0: counted as sent)."""
        return sum(worker.progress.acks(share.first) for worker, share in self._each())

    def moved(self) -> tuple[int, int]:
        """How many messages were handed over by now, and how many have a report; warm-up included."""
        moved = [worker.progress.moved() for worker in self.everyone]
        return sum(sent for sent, _ in moved), sum(reported for _, reported in moved)

    def sent(self) -> int:
        """How many messages were handed over by now, warm-up included."""
        return sum(worker.progress.sent() for worker in self.everyone)

    def counted(self) -> int:
        """How many messages were acked by now (acks=0: counted as sent), warm-up included."""
        return sum(worker.progress.acks() for worker in self.everyone)

    def unconfirmed(self) -> int:
        """How many of them since the warm-up the clients merely count as sent (acks=0)."""
        return sum(worker.progress.unconfirmed(worker.warmup) for worker in self.workers)

    def pending(self) -> int:
        """How many of them, the warm-up's too, have no report."""
        return sum(worker.progress.pending() for worker in self.workers)

    @property
    def over(self) -> bool:
        """Whether nothing of the load will move any more: all was handed over and has a report, or the clients are
        gone.
        """
        return all(worker.killed or _done(*worker.progress.moved(), share) for worker, share in self._each())

    @property
    def killed(self) -> bool:
        return all(worker.killed for worker in self.workers)

    @property
    def hangs(self) -> list[Hang]:
        """Of each client with which nothing moved any more."""
        return [worker.hung for worker in self.workers if worker.hung is not None]

    @property
    def stopped(self) -> list[str]:
        """Why each load stopped short that did, unless it is for a call that hung, which says more."""
        return [worker.stopped for worker in self.workers if worker.stopped is not None and not worker.given_up()]

    def given_up(self) -> list[Message]:
        """The clients' calls that did not return."""
        return [call for worker in (*self._killed, *self.everyone) for call in worker.given_up()]

    def stood_still(self) -> list[tuple[int, int]]:
        """Between which times (CLOCK_MONOTONIC, in ns) one of the processes did not run."""
        return [span for worker in (*self._killed, *self.everyone) for span in worker.stood_still()]

    def committed(self, partitions: Collection[int] | None = None) -> int:
        """How many messages a read_committed consumer of these partitions can get by now, if none is lost."""
        return sum(worker.progress.committed(partitions) for worker in self.everyone)

    def committed_at_work(self) -> int:
        """The same of the load at work alone."""
        return sum(max(0, worker.progress.committed() - share.first) for worker, share in self._each())

    def uncommitted(self) -> int:
        """How many messages have a report, and are in a transaction whose end was not confirmed."""
        return sum(worker.progress.uncommitted() for worker in self.workers)

    def acked_ends(self) -> dict[int, int]:
        """Of each partition the offset behind the last message that was acked with one."""
        ends: dict[int, int] = {}
        for worker in self.workers:
            for partition, end in worker.progress.acked_ends().items():
                ends[partition] = max(end, ends.get(partition, 0))
        return ends

    def fail_if_dead(self) -> None:
        """Raises ``WorkerFailed``, with its last words, if one has ended and was not killed."""
        for worker in self.everyone:
            worker.fail_if_dead()

    def pause(self) -> None:
        """SIGSTOP."""
        for worker in self.workers:
            worker.pause()

    def resume(self) -> None:
        """SIGCONT."""
        for worker in self.workers:
            worker.resume()

    def kill(self) -> None:
        """SIGKILL: the clients are gone with all they had in memory; the journals have all that was reported."""
        for worker in self.workers:
            worker.kill()

    def begin_close(self, within_s: float) -> None:
        """Has all end, and returns at once; ``close`` waits for them."""
        for worker in self.everyone:
            worker.begin_close(within_s)

    def close(self, within_s: float) -> None:
        """Ends all at once, each in order if it can within the bound."""
        self.begin_close(within_s)
        for worker in self.everyone:
            worker.close(within_s)

    def succeed(self) -> None:
        """New processes with new clients take over the journals of those that were killed, and are ready."""
        for place, worker in enumerate(self.workers):  # one by one: whoever is there is closed
            self._killed.append(worker)
            self.workers[place] = worker.again()
        self.wait_ready()

    def stop_at(self, point: TransactionPoint, ordinal: int) -> None:
        """Each stops at this point of the so manieth transaction that it begins from now on, from 1."""
        self._standing = list(self.workers)
        for worker in self._standing:
            worker.stop_at(point, ordinal)

    def stand(self) -> bool:
        """Whether all have come to where they were told to stop."""
        return all(worker.stands() for worker in self._standing)

    def release(self) -> None:
        """Those that stopped go on where they are."""
        for worker in self._standing:
            worker.go_on()

    def finish_released(self) -> list[tuple[str | None, str | None]]:
        """Waits until those are done, or dead. Of each why it died, and the error of its last transaction."""
        for worker in self._standing:
            worker.finish()
        return [(worker.stopped, worker.transaction_error()) for worker in self._standing]

    def fence(self) -> None:
        """New processes with new clients of the same ``transactional.id``s are ready; what is left of the load is
        theirs, under numbers of their own.
        """
        before = list(self.workers)
        for place, worker in enumerate(before):  # one by one: whoever is there is closed
            self.workers[place] = worker.successor(len(self.everyone))
            self.fenced.append(worker)
        self.wait_ready()
        for worker in before:
            worker.fenced_ns = time.monotonic_ns()
        # All that a stopped one handed over is reported: one message more is noted, and its client does not have it.
        self._shares = [
            Share(0, share.end - worker.progress.moved()[1], share.rate, share.flush_every)
            for worker, share in zip(before, self._shares, strict=True)
        ]

    def resend(self, bounds: Bounds) -> None:
        """Starts sending again what has no report, and returns at once."""
        for worker in self.workers:
            worker.resend(bounds)

    def go_on(self, bounds: Bounds) -> None:
        """Starts what is left of the load at work, and returns at once."""
        for worker, share in self._each():
            left = max(0, share.end - worker.progress.sent())
            worker.start(left, bounds, rate=share.rate, flush_every=share.flush_every)

    @property
    def effective(self) -> dict[str, Any]:
        """What the clients really run with, as far as they let anybody see."""
        return self.workers[0].effective or {}

    @property
    def version(self) -> str | None:
        return self.workers[0].version

    @property
    def most_waiting_bytes(self) -> int | None:
        """So much is let wait without a report at most; None where it is a batch or two a partition."""
        each = [worker.most_waiting_bytes for worker in self.workers if worker.most_waiting_bytes is not None]
        return sum(each) if len(each) == len(self) else None

    @property
    def cpu_s(self) -> float | None:
        """What it took; None unless all were closed in order."""
        each = [worker.cpu_s for worker in self.workers if worker.cpu_s is not None]
        return sum(each) if len(each) == len(self) else None

    def _each(self) -> zip[tuple[Worker, Share]]:
        return zip(self.workers, self._shares, strict=True)


def _done(sent: int, reported: int, share: Share) -> bool:
    return sent == reported and sent >= share.end
