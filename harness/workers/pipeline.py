"""The harness's side of a pipeline's workers: who works, who is stopped where, and who takes over."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from harness import roles
from harness.bounds import HELD_UP_S, STARTING_S
from harness.clients import Setting
from harness.clients.named import another
from harness.events import GAVE_UP, FaultEvent
from harness.janitor import Janitor
from harness.journal.mapped import PollJournal
from harness.journal.sealed import seal_polls
from harness.process import Message
from harness.workers.pipeline_worker import PipelineSpec, PipelineWorker, Stops
from harness.workers.worker import WorkerFailed

_LOOK_S = 0.05


class Pipeline:
    """The workers at work, and those that are frozen or stalled meanwhile. All are gone after its context, and what
    they read is sealed.
    """

    def __init__(
        self,
        spec: PipelineSpec,
        first_stops: Mapping[int, Stops],
        log: Path,
        janitor: Janitor,
        sealed: Callable[[str], Path],
        events: list[FaultEvent],
    ) -> None:
        """``first_stops`` are of the first of a number; ``sealed`` says where a part of the trial's journal is. Who can
        do nothing any more and is replaced is added to ``events``.
        """
        self.spec = spec
        self.effective: Mapping[str, Setting] = {}
        """What the producers of outputs really run with, as far as the client lets anybody see."""
        self._log, self._janitor, self._sealed = log, janitor, sealed
        self._patience_s = spec.patience_s + HELD_UP_S
        self._at_work: dict[int, PipelineWorker] = {}
        self._aside: list[PipelineWorker] = []
        self._gone: list[PipelineWorker] = []
        self._specs: list[PipelineSpec] = []
        self._finishing: Message | None = None
        self._events = events
        self._failures: list[str] = []
        try:
            for number in range(spec.workers):
                self.start(number, first_stops.get(number, ()))
        except BaseException as failed:
            self.__exit__(type(failed), failed, None)
            raise

    def start(self, number: int = 0, stops: Stops = ()) -> None:
        """A new worker of this number, in the place of the one before if there was one."""
        worker = self._begun(number, stops)
        try:
            self.effective = self._ready(worker)["effective"]
        except BaseException:
            worker.child.kill()
            raise
        self._at_work[number] = worker

    def add(self) -> int:
        """A new worker, whose number it returns: the least that nobody had."""
        number = 1 + max(spec.worker for spec in self._specs)
        self.start(number)
        return number

    @property
    def partitions(self) -> int:
        """Of the inputs."""
        return self.spec.input_partitions

    @property
    def at_most_waiting(self) -> int:
        """So many inputs wait at most for a batch to be full; frozen and stalled workers are not counted."""
        return len(self._at_work) * (self.spec.batch - 1)

    def stopped(self, number: int, point: str, batch: int) -> bool:
        """Whether the worker has stopped there."""
        stops = self._at_work[number].heard("stopped")
        return any((each["point"], each["batch"]) == (point, batch) for each in stops)

    def processed(self, number: int | None = None) -> int:
        """How many inputs the worker of this number that is at work is done with, or all that ever were."""
        whose = self._everybody() if number is None else [self._at_work[number]]
        return sum(max((int(each["inputs"]) for each in one.heard("processed")), default=0) for one in whose)

    def batches(self) -> list[Message]:
        """What those at work said of each batch when it was over (``harness.journal.write_batches``)."""
        return [each for worker in self._at_work.values() for each in worker.heard("processed")]

    def shares(self) -> dict[int, frozenset[int]]:
        """Which partitions its group gave each worker at work, as far as it was told; those of a group alone."""
        told = {number: worker.heard("rebalanced") for number, worker in self._at_work.items()}
        return {number: frozenset(last[-1]["partitions"]) if last else frozenset() for number, last in told.items()}

    def fail_if_dead(self) -> None:
        """Raises ``ChildDied`` if a worker at work has ended, ``WorkerFailed`` if one can do nothing any more."""
        for worker in self._at_work.values():
            if (why := worker.look()) is not None:
                raise WorkerFailed(f"the pipeline's worker failed: {why}")

    def look_after(self) -> None:
        """Whoever runs an application starts another worker where one can do nothing any more, without waiting for it:
        what it needs may be away. Raises ``ChildDied`` if one has ended that nobody ended.
        """
        for number, worker in tuple(self._at_work.items()):
            if (why := worker.look()) is None:
                continue
            self.kill(number)
            reached = {(each["point"], each["batch"]) for each in worker.heard("stopped")}
            self._at_work[number] = self._begun(number, tuple(set(worker.spec.stops) - reached))
            if self._finishing is not None:
                self._at_work[number].finish(self._finishing)
            self._failures.append(why)
            told = {"worker": number, "why": why}
            self._events.append(FaultEvent(time.monotonic_ns(), "replace-failed-worker", told))

    def given_up(self) -> list[Message]:
        """The clients' calls that did not return: each ``call``, for how many ``seconds``, and until ``at_ns``."""
        return [each for worker in self._everybody() for each in worker.heard(GAVE_UP)]

    def kill(self, number: int = 0) -> None:
        """SIGKILL."""
        worker = self._at_work.pop(number)
        worker.child.kill()
        self._gone.append(worker)

    def freeze(self, number: int = 0) -> None:
        """SIGSTOP: it goes on when it is woken."""
        self._at_work[number].child.signal(signal.SIGSTOP)
        self.stall(number)

    def stall(self, number: int = 0) -> None:
        """It stays where it has stopped, alive and silent, until it is woken."""
        worker = self._at_work.pop(number)
        worker.goes_on = False
        self._aside.append(worker)

    def stop(self, number: int) -> None:
        """In order: it leaves its group, and what is in no batch yet is another's."""
        worker = self._at_work.pop(number)
        self._gone.append(worker)
        worker.close()

    def go_on(self) -> None:
        """Those that are frozen or stalled go on, to be waited for by ``wake``. In a group they may be given partitions
        again.
        """
        for worker in self._aside:
            if not worker.goes_on:
                worker.goes_on = True
                worker.child.signal(signal.SIGCONT)
                worker.child.tell({"do": "go"})

    def finish(self, ends: Mapping[int, int], call_s: float) -> str | None:
        """Lets all that go on read up to these offsets, and process what they have read, and looks after those at work.
        Nothing is done to them any more, so that no call may take longer than ``call_s`` from now on. Returns why they
        did not, or None.

        Raises ``ChildDied``.
        """
        self._finishing = {"do": "finish", "ends": ends, "call_s": call_s}
        for worker in (*self._at_work.values(), *(one for one in self._aside if one.goes_on)):
            worker.finish(self._finishing)

        def done() -> bool:
            return all(self._done().get(partition, 0) >= end for partition, end in ends.items())

        try:
            self._wait(done, self.processed, self.look_after)
        except WorkerFailed as failed:
            last = [f"the last that failed: {why}" for why in self._failures[-1:]]
            return "; ".join([f"{failed}, up to {self._done()} of {dict(ends)}", *last])
        return None

    def wait_processed(self, inputs: int) -> None:
        """Until so many inputs are. Raises ``WorkerFailed`` and ``ChildDied``."""
        self._wait(lambda: self.processed() >= inputs, self.processed, self.fail_if_dead)

    def wake(self, ends: Mapping[int, int], call_s: float) -> list[Message]:
        """Wakes those that were frozen or stalled, lets them go on up to these offsets, and says how each ended:
        ``processed``, and why it ``failed`` or None. Raises ``WorkerFailed`` and ``ChildDied``.
        """
        asleep = [worker for worker in self._aside if not worker.goes_on]
        self.go_on()
        for worker in asleep:
            worker.finish({"do": "finish", "ends": ends, "call_s": call_s})
        return [self._finished(worker) for worker in self._aside]

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self._everybody():
            worker.child.signal(signal.SIGCONT)
            if error is None and worker.child.alive:
                worker.close()
            worker.child.__exit__(kind, error, at)
        for spec in self._specs:
            polls = Path(spec.polls)
            if not polls.exists() or not polls.stat().st_size:  # it ended before it wrote any, and has read nothing
                PollJournal(polls, spec.worker, spec.epoch)
            seal_polls(polls, self._sealed(f"polls-{spec.worker}.{spec.epoch}"))

    def _finished(self, worker: PipelineWorker) -> Message:
        """What it says when it has; what it does meanwhile is its own, whatever becomes of those at work."""
        self._wait(
            lambda: bool(worker.heard("finished")), lambda: len(worker.heard("processed")), worker.child.fail_if_dead
        )
        return worker.heard("finished")[-1]

    def _ready(self, worker: PipelineWorker) -> Message:
        said = worker.child.wait("ready", STARTING_S + self.spec.patience_s)
        if (problem := another(roles.driven(asdict(self.spec)), said["version"])) is not None:
            raise WorkerFailed(problem)
        return said

    def _begun(self, number: int, stops: Stops) -> PipelineWorker:
        epoch = sum(spec.worker == number for spec in self._specs)
        spec = self.spec.of(number, epoch, self._log.with_name(f"{number}.{epoch}.polls"), stops)
        self._specs.append(spec)
        child = roles.start("pipeline", asdict(spec), self._log)
        self._janitor.process(child.pid)
        return PipelineWorker(spec, child)

    def _wait(self, done: Callable[[], bool], moved: Callable[[], int], look: Callable[[], None]) -> None:
        """As long as anything moves, and whoever ``look`` looks at is there."""
        since, before = time.monotonic(), -1
        while not done():
            look()
            if (now := moved()) != before:
                since, before = time.monotonic(), now
            elif (still_s := time.monotonic() - since) > self._patience_s:
                raise WorkerFailed(f"the pipeline processed nothing for {still_s:.1f} s")
            time.sleep(_LOOK_S)

    def _everybody(self) -> list[PipelineWorker]:
        return [*self._at_work.values(), *self._aside, *self._gone]

    def _done(self) -> dict[int, int]:
        """By partition the offset up to which inputs are processed, by whomever."""
        done: dict[int, int] = {}
        for each in (said for worker in self._everybody() for said in worker.heard("processed", "finished")):
            for partition, offset in each["ends"].items():
                done[int(partition)] = max(offset, done.get(int(partition), 0))
        return done
