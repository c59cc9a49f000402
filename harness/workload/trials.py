"""The sections of a workload file that ask for trials, one for each kind, with what they have in common.

Like the whole ``Workload`` (``model.py``) they are made by ``harness.workload.load`` and ``parse`` alone, since which
faults there are is for their ``Reading`` to know.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from harness.events import NO_FAULT, Guarantee
from harness.load.codec import HEADER_BYTES
from harness.workload import reading
from harness.workload.problems import quote
from harness.workload.reading import Reading
from harness.workload.section import Int, Number, Section

_MAX_RATE = 100_000_000
_MAX_MESSAGE_BYTES = 50_000_000


def _rate(value: object) -> float | Literal["max"]:
    if value == "max":
        return "max"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MAX_RATE:
        raise ValueError(f"{quote(value)} is neither max nor messages a second: a number above 0, up to {_MAX_RATE}")
    return value


def _sizes(value: object) -> object:
    """Bytes, or a mapping of bytes, which as keys are text, to of how many in each hundred messages."""
    stated = value if isinstance(value, dict) else {value: 100}
    sizes = {int(size) if isinstance(size, str) and size.isdecimal() else size: each for size, each in stated.items()}
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int) or not HEADER_BYTES <= size <= _MAX_MESSAGE_BYTES:
            raise ValueError(f"{quote(size)} is not a whole number from {HEADER_BYTES} to {_MAX_MESSAGE_BYTES}")
    for percent in sizes.values():
        if isinstance(percent, bool) or not isinstance(percent, int) or percent < 1:
            raise ValueError(f"{quote(percent)} is not of how many in a hundred: a whole number above 0")
    if (in_all := sum(sizes.values())) != 100:
        raise ValueError(f"has sizes of {in_all} in a hundred messages, not of 100")
    return sizes if isinstance(value, dict) else value


def _one_or_more(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


class Load(Section):
    """What one kind of performance trial sends."""

    rate: Annotated[Annotated[float, Field(gt=0, le=_MAX_RATE)] | Literal["max"], BeforeValidator(_rate)] = Field(
        description="messages a second, each due at its own time whatever happened before; max: as fast as it goes"
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
    def most_messages(self) -> int:
        """How many messages it sends at most."""
        if self.rate == "max":
            assert self.messages is not None
            return self.messages
        paced = max(1, round(self.rate * self.seconds))
        return paced if self.messages is None else min(paced, self.messages)


class _Trials(Section):
    """Trials that are asked of each configuration."""

    repeats: Int = Field(default=1, ge=1, le=1000, description="how often each trial is run")

    @property
    def under(self) -> list[tuple[str, int]]:
        """The faults they are run under, ``NO_FAULT`` where there is none, with how many each."""
        raise NotImplementedError


class Performance(_Trials):
    """Trials without a fault: throughput and latency, with Kafka's own broker settings."""

    partitions: Int = Field(default=3, ge=1, le=1000, description="partitions of each of a trial's topics")
    loads: tuple[Load, ...] = Field(min_length=1, description="each combination is run under each of these loads")

    @field_validator("loads")
    @classmethod
    def _differ(cls, loads: tuple[Load, ...]) -> tuple[Load, ...]:
        reading.differ("loads", [(load.rate, load.sizes) for load in loads], "rate and message_size")
        return loads

    @property
    def under(self) -> list[tuple[str, int]]:
        return [(NO_FAULT, self.repeats * len(self.loads))]


class Recipe(BaseModel):
    """One fault: its name, and the parameters that differ from its defaults."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str

    @property
    def given(self) -> dict[str, Any]:
        """The parameters that the workload states."""
        return dict(self.model_extra or {})


class FaultTrials(_Trials):
    """Trials with a fault, on brokers set up to fail over fast: what is lost, duplicated or reordered."""

    partitions: Int = Field(default=1, ge=1, le=1000, description="partitions of each of a trial's topics")
    recipes: tuple[Recipe, ...] = Field(min_length=1, description="each combination is run under each of these faults")

    @field_validator("recipes", mode="before")
    @classmethod
    def _known(cls, recipes: object, info: ValidationInfo) -> object:
        return reading.read_recipes(recipes, Reading.of(info).known)

    @property
    def under(self) -> list[tuple[str, int]]:
        return [(recipe.name, self.repeats) for recipe in self.recipes]


class _OfPipelines(_Trials):
    """What every pipeline has, under faults or without."""

    guarantees: tuple[Guarantee, ...] = Field(
        default=tuple(Guarantee), min_length=1, description="what the pipeline is built for; each is a trial"
    )
    input_partitions: Int = Field(default=2, ge=1, le=1000, description="partitions of the topic of the inputs")
    partitions: Int = Field(default=3, ge=1, le=1000, description="partitions of the topic of the outputs")


class PipelineTrials(_OfPipelines):
    """Trials of consume, transform, produce: what becomes of each input, by when its offset is committed."""

    inputs: Int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="messages to process; 1,000, or as many as a fault's own load has",
    )
    batch: Int = Field(default=50, ge=1, le=100_000, description="inputs that are processed together")
    mode: Annotated[tuple[Literal["assign", "subscribe"], ...], BeforeValidator(_one_or_more)] = Field(
        default=("assign",),
        min_length=1,
        description="how workers come to partitions: assign, by hand, or subscribe, in a group; or a list of both",
    )
    workers: Int = Field(default=1, ge=1, le=9, description="how many work at once, each on partitions of its own")
    protocol: Literal["classic", "consumer"] = Field(
        default="classic", description="by which a group shares them out: classic, or consumer (KIP-848)"
    )
    recipes: tuple[Recipe, ...] = Field(
        default=(), description="beside a run without a fault, each guarantee is run under each of these faults"
    )

    @field_validator("mode")
    @classmethod
    def _once(cls, mode: tuple[str, ...]) -> tuple[str, ...]:
        reading.differ("mode", mode, "value")
        return mode

    @field_validator("recipes", mode="before")
    @classmethod
    def _known(cls, recipes: object, info: ValidationInfo) -> object:
        return reading.read_recipes(recipes, Reading.of(info).known)

    @property
    def under(self) -> list[tuple[str, int]]:
        names = [NO_FAULT, *(recipe.name for recipe in self.recipes)]
        return [(name, self.repeats * len(self.guarantees) * len(self.mode)) for name in names]


class PipelinePerformance(_OfPipelines, Performance):
    """Trials of a pipeline without a fault, with Kafka's own broker settings: throughput and latency of its inputs."""

    batches: tuple[Annotated[int, Field(strict=True, ge=1, le=100_000)], ...] = Field(
        min_length=1, description="inputs that are processed together; each is a trial"
    )

    @field_validator("batches", "guarantees")
    @classmethod
    def _each_once(cls, values: tuple[Any, ...], info: ValidationInfo) -> tuple[Any, ...]:
        reading.differ(str(info.field_name), values, "value")
        return values

    @property
    def under(self) -> list[tuple[str, int]]:
        return [(NO_FAULT, self.repeats * len(self.loads) * len(self.batches) * len(self.guarantees))]
