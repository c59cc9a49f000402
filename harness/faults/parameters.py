"""What every fault's parameters have in common: the load it needs to be seen."""

from __future__ import annotations

import random
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.events import TransactionPoint
from harness.faults.steps import (
    AwaitAcks,
    AwaitFired,
    AwaitStopped,
    GoOn,
    Send,
    SetRules,
    Sleep,
    Step,
    StopClient,
)
from harness.load.codec import HEADER_BYTES
from harness.wire.rules import WireRule


class Parameters(BaseModel):
    """Parameters of a fault, as a workload file may give them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    messages: int = Field(ge=1, le=10_000_000, description="messages sent under the fault")
    message_size: int = Field(100, ge=HEADER_BYTES, le=1_000_000, description="bytes of one message's value")
    warmup: int = Field(50, ge=1, le=1_000_000, description="messages sent, and waited for, before the fault")

    def seeded(self, seed: int) -> Self:
        """With a seed for all that is left to chance: here nothing is."""
        return self


class ByChance(Parameters):
    """Parameters of a fault of which something may be left to chance."""

    seed: int | None = Field(
        None,
        ge=0,
        lt=2**63,
        description="of the chance, for the same draw in every trial; without it each trial and repeat has its own",
    )

    def seeded(self, seed: int) -> Self:
        return self if self.seed is not None else self.model_copy(update={"seed": seed})


class UnderLoad(ByChance):
    """Parameters of a fault that strikes while a paced load goes on, and when it strikes."""

    messages: int = Field(9_000, ge=1, le=10_000_000, description="messages sent, before, during and after the fault")
    rate: float = Field(3_000, gt=0, description="messages a second")
    after_acks: int = Field(1_500, ge=0, description="it strikes when so many are acked (acks=0: counted as sent)")
    after_s: float | None = Field(None, ge=0, le=600, description="it strikes at this time of the load instead")
    after_requests: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="it strikes when so many ProduceRequests were sent after the warm-up instead",
    )
    jitter_s: float = Field(0, ge=0, le=60, description="up to so much later, by chance")

    @model_validator(mode="after")
    def _one_trigger(self) -> UnderLoad:
        if self.after_s is not None and self.after_requests is not None:
            raise ValueError("after_s and after_requests exclude each other")
        return self

    @property
    def load(self) -> Send:
        return Send(self.messages, rate=self.rate)

    @property
    def watch(self) -> tuple[Step, ...]:
        """What has to be set up before the load, for ``trigger`` to be told."""
        if self.after_requests is None:
            return ()
        return (SetRules((WireRule("observe", skip=self.after_requests - 1, times=1),)),)

    @property
    def trigger(self) -> tuple[Step, ...]:
        """What is waited for before the fault strikes: without a seed as long as it may be."""
        if not self.jitter_s:
            return (self.first_awaited,)
        late_s = self.jitter_s if self.seed is None else random.Random(self.seed).uniform(0, self.jitter_s)
        return self.first_awaited, Sleep(late_s, drawn=True)

    @property
    def first_awaited(self) -> Step:
        if self.after_requests is not None:
            return AwaitFired("observe")
        if self.after_s is not None:
            return Sleep(self.after_s)
        return AwaitAcks(min(self.after_acks, self.messages))

    @property
    def goes_on(self) -> tuple[Step, ...]:
        """What lets the load go on once it has struck, where it stands still for that."""
        return ()

    @property
    def seconds(self) -> float:
        """How long the load takes."""
        return self.messages / self.rate + self.jitter_s


At = Literal["before-send", "after-send", "at-commit", "at-abort"]


class InTransaction(UnderLoad):
    """Parameters of a fault that can strike at a point of a transaction."""

    point: At | None = Field(
        None,
        description="it strikes at this point of a transaction instead: the producer stops there, and goes on when it "
        "has struck",
    )
    transaction: int = Field(
        5, ge=1, le=100_000, description="which transaction of the load that is, or the first then"
    )

    @model_validator(mode="after")
    def _one_moment(self) -> InTransaction:
        if self.point is not None and (self.after_s is not None or self.after_requests is not None):
            raise ValueError("a point of a transaction excludes after_s and after_requests")
        return self

    @property
    def watch(self) -> tuple[Step, ...]:
        if self.point is None:
            return super().watch
        return (StopClient(TransactionPoint(self.point), self.transaction),)

    @property
    def first_awaited(self) -> Step:
        return super().first_awaited if self.point is None else AwaitStopped()

    @property
    def goes_on(self) -> tuple[Step, ...]:
        return () if self.point is None else (GoOn(),)
