"""The harness's side of a pipeline's workers: who works, who is stopped where, and who takes over."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from harness import roles
from harness.bounds import CLOSING_S, HELD_UP_S, STARTING_S
from harness.clients import Setting
from harness.events import GAVE_UP
from harness.janitor import Janitor
from harness.process import Child, ChildFailed, Message
from harness.workers.worker import WorkerFailed

Stops: TypeAlias = tuple[tuple[str, int], ...]
"""Points at which to stop, each with the number of the batch, from 1, in the life of a worker."""


@dataclass(frozen=True)
class PipelineSpec:
    """All that a worker of a pipeline is told before its first command."""

    client: str
    guarantee: str
    bootstrap: str
    input: str
    input_partitions: int
    output: str
    output_partitions: int
    group: str
    mode: str
    config: dict[str, Setting]
    """The producer's, with its ``transactional.id`` if it has one."""
    consumer_config: dict[str, Setting]
    run_key: int
    message_size: int
    batch: int
    """Inputs that are processed together."""
    patience_s: float
    """For how long nothing may be read, or reported of what was produced."""
    call_s: float
    """How long any one call may take, until it is told otherwise."""
    stops: Stops = ()


class Pipeline:
    """The worker at work, and those that are frozen meanwhile. All are gone after its context."""

    def __init__(self, spec: PipelineSpec, stops: Stops, log: Path, janitor: Janitor) -> None:
        self.spec = spec
        self._log, self._janitor = log, janitor
        self._frozen: list[Child] = []
        self._at_work = self._start(stops)
        self._said: list[Message] = []
        self._before: list[Message] = []
        """What those said that are at work no more."""

    def start(self, stops: Stops = ()) -> None:
        """A new worker, in the place of the one before."""
        self._before += self._heard()
        self._at_work = self._start(stops)
        self._said = []

    def stopped(self, point: str, batch: int) -> bool:
        """Whether the worker has stopped there."""
        return any((e["point"], e["batch"]) == (point, batch) for e in self._heard() if e["event"] == "stopped")

    def processed(self) -> int:
        """How many inputs the worker at work is done with."""
        return max((int(each["inputs"]) for each in self._heard() if each["event"] == "processed"), default=0)

    def batches(self) -> list[Message]:
        """What the worker at work said of each batch when it was over (``harness.journal.write_batches``)."""
        return [each for each in self._heard() if each["event"] == "processed"]

    def fail_if_dead(self) -> None:
        """Raises ``ChildDied`` if the worker at work has ended, ``WorkerFailed`` if it can do nothing any more."""
        self._at_work.fail_if_dead()
        for each in self._heard():
            if each["event"] == "failed":
                raise WorkerFailed(f"the pipeline's worker failed: {each['why']}")

    def given_up(self) -> list[Message]:
        """The clients' calls that did not return: each ``call``, for how many ``seconds``, and until ``at_ns``."""
        return [each for each in (*self._before, *self._heard()) if each["event"] == GAVE_UP]

    def hangs(self) -> bool:
        """Whether one of them is the client's that is at work: it can do nothing any more."""
        return any(each["event"] == GAVE_UP for each in self._heard())

    def kill(self) -> None:
        """SIGKILL."""
        self._at_work.kill()

    def freeze(self) -> None:
        """SIGSTOP: it goes on when it is woken."""
        self._at_work.signal(signal.SIGSTOP)
        self._frozen.append(self._at_work)

    def finish(self, ends: Mapping[int, int], call_s: float) -> Message:
        """Lets the worker at work read up to these offsets, and process what it has read. Nothing is done to it any
        more, so that no call may take longer than ``call_s`` from now on.
        """
        bound_s = STARTING_S + sum(ends.values()) * self.spec.patience_s / max(1, self.spec.batch) + HELD_UP_S
        return self._at_work.ask({"do": "finish", "ends": ends, "call_s": call_s}, "finished", bound_s)

    def wake(self, ends: Mapping[int, int], call_s: float) -> list[Message]:
        """Wakes those that were frozen, lets them go on, and says how each ended."""
        ended = []
        for child in self._frozen:
            child.signal(signal.SIGCONT)
            child.tell({"do": "go"})
            bound_s = STARTING_S + sum(ends.values()) * self.spec.patience_s / max(1, self.spec.batch) + HELD_UP_S
            ended.append(child.ask({"do": "finish", "ends": ends, "call_s": call_s}, "finished", bound_s))
            self._before += child.events()
        return ended

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for child in (self._at_work, *self._frozen):
            child.signal(signal.SIGCONT)
            if error is None and child.alive:
                try:
                    child.ask({"do": "close", "timeout_s": CLOSING_S}, "closed", CLOSING_S + HELD_UP_S)
                except ChildFailed:
                    child.kill()
            child.__exit__(kind, error, at)

    def _start(self, stops: Stops) -> Child:
        child = roles.start("pipeline", asdict(replace(self.spec, stops=stops)), self._log)
        self._janitor.process(child.pid)
        try:
            child.wait("ready", STARTING_S + self.spec.patience_s)
        except BaseException:
            child.kill()
            raise
        return child

    def _heard(self) -> list[Message]:
        self._said += self._at_work.events()
        return self._said
