"""What trials send: a load of one rate, or a ladder of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator

from harness.load.codec import HEADER_BYTES
from harness.workload.explain import explain, refuse
from harness.workload.problems import quote
from harness.workload.section import Int, Number, Section

MAX_RATE = 100_000_000
MAX_MESSAGE_BYTES = 50_000_000


def _rate(value: object) -> object:
    if value == "max" or isinstance(value, Ladder):
        return value
    if isinstance(value, dict):
        try:
            return Ladder.model_validate(value)
        except ValidationError as error:
            refuse(explain(error, {(): Ladder}))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_RATE:
        raise ValueError(f"{quote(value)} is neither max nor messages a second: a number above 0, up to {MAX_RATE}")
    return value


def _sizes(value: object) -> object:
    """Bytes, or a mapping of bytes, which as keys are text, to of how many in each hundred messages."""
    stated = value.items() if isinstance(value, dict) else [(value, 100)]
    sizes = [
        (int(size) if isinstance(size, str) and size.replace("_", "").isdecimal() else size, percent)
        for size, percent in stated
    ]
    for size, percent in sizes:
        if isinstance(size, bool) or not isinstance(size, int) or not HEADER_BYTES <= size <= MAX_MESSAGE_BYTES:
            raise ValueError(f"{quote(size)} is not a whole number from {HEADER_BYTES} to {MAX_MESSAGE_BYTES}")
        if isinstance(percent, bool) or not isinstance(percent, int) or percent < 1:
            raise ValueError(f"{quote(percent)} is not of how many in a hundred: a whole number above 0")
    if (in_all := sum(percent for _, percent in sizes)) != 100:
        raise ValueError(f"has sizes of {in_all} in a hundred messages, not of 100")
    return dict(sizes) if isinstance(value, dict) else value


class Ladder(Section):
    """Rates that are each so many times the one before."""

    lowest: Number = Field(gt=0, le=MAX_RATE, description="the first")
    highest: Number = Field(gt=0, le=MAX_RATE, description="the last")
    steps: Int = Field(ge=2, le=50, description="how many there are")

    @model_validator(mode="after")
    def _goes_up(self) -> Ladder:
        if self.lowest >= self.highest:
            raise ValueError(f"goes from {self.lowest:g} to {self.highest:g}, which is not up")
        if len(set(self.rates)) < self.steps:
            raise ValueError(f"has {self.steps} steps that three digits do not tell apart")
        return self

    @property
    def rates(self) -> list[float]:
        """Of three digits each."""
        between = (self.highest / self.lowest) ** (1 / (self.steps - 1))
        return [float(f"{self.lowest * between**step:.3g}") for step in range(self.steps)]


class Load(Section):
    """What one kind of performance trial sends."""

    rate: Annotated[Annotated[float, Field(gt=0, le=MAX_RATE)] | Literal["max"] | Ladder, BeforeValidator(_rate)] = (
        Field(
            description="messages a second, each due at its own time whatever happened before; max: as fast as it "
            "goes; or a ladder of rates, each of which is a load"
        )
    )
    seconds: Number = Field(gt=0, le=3600, description="how long it sends")
    messages: Int | None = Field(
        default=None,
        ge=1,
        le=100_000_000,
        description="at most so many messages; whichever bound comes first ends the load; rate: max needs one",
    )
    message_size: Annotated[int | dict[int, int], BeforeValidator(_sizes)] = Field(
        default=100,
        description="bytes of one message's value, the harness's header included; or a mapping of sizes to how many in "
        "a hundred messages have each",
    )

    @field_validator("messages")
    @classmethod
    def _bounds(cls, messages: int | None, info: ValidationInfo) -> int | None:
        if messages is None and info.data.get("rate") == "max":
            raise ValueError("is missing: rate: max needs it, or nobody knows what is written to the disk")
        return messages

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Bytes, and of how many in each hundred messages."""
        sizes = self.message_size if isinstance(self.message_size, dict) else {self.message_size: 100}
        return tuple(sorted(sizes.items()))

    @property
    def steps(self) -> list[Load]:
        """Each of one rate: a load is what it is, and a ladder as many as it has."""
        if not isinstance(self.rate, Ladder):
            return [self]
        return [self.model_copy(update={"rate": rate}) for rate in self.rate.rates]

    @property
    def one_rate(self) -> float | Literal["max"]:
        """That of a step."""
        assert not isinstance(self.rate, Ladder)
        return self.rate

    @property
    def most_messages(self) -> int:
        """How many messages a step sends at most."""
        if (rate := self.one_rate) == "max":
            assert self.messages is not None
            return self.messages
        paced = max(1, round(rate * self.seconds))
        return paced if self.messages is None else min(paced, self.messages)
