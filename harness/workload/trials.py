"""The sections of a workload file that ask for trials, one for each kind, with what they have in common.

Like the whole ``Workload`` (``model.py``) they are made by ``harness.workload.load`` and ``parse`` alone, since which
faults there are is for their ``Reading`` to know.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from harness.events import NO_FAULT, Guarantee
from harness.load.codec import HEADER_BYTES
from harness.workload import reading
from harness.workload.loads import MAX_MESSAGE_BYTES, MAX_RATE, Load
from harness.workload.reading import Reading
from harness.workload.section import Int, Number, Section


def _one_or_more(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


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
        steps = [[(step.rate, step.sizes) for step in load.steps] for load in loads]
        first = {what: index for index, each in reversed([*enumerate(steps)]) for what in each}
        reading.differ("loads", [min(map(first.__getitem__, each)) for each in steps], "rate and message_size")
        return loads

    @property
    def under(self) -> list[tuple[str, int]]:
        return [(NO_FAULT, self.repeats * sum(len(load.steps) for load in self.loads))]


class Search(_Trials):
    """A search for the highest rate that a configuration sustains, on warm brokers with Kafka's own settings."""

    p99_ms: Number = Field(gt=0, le=3_600_000, description="the most that the 99th percentile of latency may be")
    lowest: Number = Field(gt=0, le=MAX_RATE, description="messages a second below which nothing is sought")
    highest: Number = Field(gt=0, le=MAX_RATE, description="messages a second above which nothing is sought")
    trials: Int = Field(default=8, ge=1, le=30, description="how many a search has at most")
    seconds: Number = Field(default=2, gt=0, le=3600, description="how long each of them is measured")
    message_size: Int = Field(
        default=100, ge=HEADER_BYTES, le=MAX_MESSAGE_BYTES, description="bytes of one message's value"
    )
    partitions: Int = Field(default=3, ge=1, le=1000, description="partitions of each of a trial's topics")

    @model_validator(mode="after")
    def _goes_up(self) -> Search:
        if self.lowest >= self.highest:
            raise ValueError(f"is between {self.lowest:g} and {self.highest:g}, which is not up")
        return self

    @property
    def under(self) -> list[tuple[str, int]]:
        return [(NO_FAULT, self.repeats * self.trials)]


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
        return [
            (
                NO_FAULT,
                self.repeats * sum(len(load.steps) for load in self.loads) * len(self.batches) * len(self.guarantees),
            )
        ]
