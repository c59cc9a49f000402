"""A single worker of a pipeline: what it is told before its first command, and what it has said since."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from harness.bounds import CLOSING_S, HELD_UP_S
from harness.clients import Setting
from harness.process import Child, ChildDied, ChildFailed, Message
from harness.security import PLAINTEXT, Security

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
    security: Security = PLAINTEXT
    workers: int = 1
    """How many begin."""
    by_hand: tuple[int, ...] = ()
    """The partitions of the inputs that it is assigned; none if it subscribes."""
    worker: int = 0
    """Its number."""
    epoch: int = 0
    """How many had that number before."""
    polls: str = ""
    """The path of the journal of what it reads, to create."""
    stops: Stops = ()
    client_version: str | None = None
    """That of the client's package that it has to run; None: the one that is installed."""

    def of(self, number: int, epoch: int, polls: Path, stops: Stops) -> PipelineSpec:
        """What the next worker of this number is told, which ``epoch`` others had before."""
        return replace(
            self,
            config=_own(self.config, number),
            by_hand=() if self.mode == "subscribe" else tuple(range(number, self.input_partitions, self.workers)),
            worker=number,
            epoch=epoch,
            polls=str(polls),
            stops=stops,
        )


@dataclass
class PipelineWorker:
    """Its process, and all that it has said."""

    spec: PipelineSpec
    child: Child
    said: list[Message] = field(default_factory=list)
    goes_on: bool = True
    """Not while it is frozen or stalled."""

    def heard(self, *events: str) -> list[Message]:
        """Of all that it has said by now, what is of these events."""
        self.said += self.child.events()
        return [each for each in self.said if each["event"] in events]

    def look(self) -> str | None:
        """Why it can do nothing any more, or never could; None if it can. Raises ``ChildDied`` if it ended without a
        word.
        """
        if not (alive := self.child.alive):
            self.child.end()  # all that it said is here then
        if said := self.heard("failed", "refused"):
            return str(said[0].get("why") or said[0].get("reason"))
        if not alive:
            self.child.fail_if_dead()
        return None

    def finish(self, command: Message) -> None:
        """Tells it that no more is to come; of one that has ended by then ``look`` knows why."""
        with contextlib.suppress(ChildDied):
            self.child.tell(command)

    def close(self) -> None:
        """Ends it, in order if it can be."""
        try:
            self.child.ask({"do": "close", "timeout_s": CLOSING_S}, "closed", CLOSING_S + HELD_UP_S)
        except ChildFailed:
            self.child.kill()


def _own(config: Mapping[str, Setting], number: int) -> dict[str, Setting]:
    """With a ``transactional.id`` of its own, if there is one, so that whoever takes over fences the one before."""
    shared = config.get("transactional.id")
    return {**config, **({"transactional.id": f"{shared}.{number}"} if shared and number else {})}
