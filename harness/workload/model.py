"""The shape of a workload file: what each key means and what it may be.

Only ``harness.workload.load`` and ``parse`` make a ``Workload``: its validators need to know what this installation
has (``Reading``), and what one key says of another is checked there, in ``check.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from harness.clients import Setting as Value
from harness.events import GATING, Metric
from harness.workload import reading
from harness.workload.allowed import Choice
from harness.workload.explain import Sections, refuse
from harness.workload.grid import Grid, read_sweep
from harness.workload.loads import Ladder, Load
from harness.workload.problems import Problem, quote
from harness.workload.reading import Reading
from harness.workload.section import Int, Number, Section
from harness.workload.trials import FaultTrials, Performance, PipelinePerformance, PipelineTrials, Search

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


class Cluster(Section):
    """The brokers that a run starts. Other keys are those of its kind (``ClusterKind.keys``)."""

    model_config = ConfigDict(frozen=True, extra="allow", validate_default=True)

    kind: str = Field(default="local", description="how brokers are run")
    brokers: Int = Field(default=3, ge=1, le=9, description="how many brokers; the controller is a node of its own")

    eligible_leader_replicas: bool = Field(
        default=True,
        strict=True,
        description="format it with them (KIP-966, Kafka 4.1 and up): who may lead when nobody in sync is left",
    )

    @field_validator("kind", mode="before")
    @classmethod
    def _known(cls, kind: object, info: ValidationInfo) -> object:
        return Choice(tuple(Reading.of(info).known.clusters)).read(kind) if info.context else kind

    @field_validator("brokers")
    @classmethod
    def _keep(cls, brokers: int, info: ValidationInfo) -> int:
        """The rest is checked against it, also when ``kind`` is wrong."""
        if isinstance(info.context, Reading):
            info.context.parts["brokers"] = brokers
        return brokers


class Exclusion(BaseModel):
    """Combinations that are left out: all that have these values. Its other keys are axes, kafka, fault or
    trials.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    because: str

    def matches(self, axes: Mapping[str, Value]) -> bool:
        """Whether a combination is left out, with its ``kafka``, its ``fault`` (``none``: it has none) and the key that
        asks for its ``trials``.
        """
        return all(axes.get(axis) in values for axis, values in (self.model_extra or {}).items())


class Limits(Section):
    """What a run may take; one that would take more is refused before it starts."""

    disk_gb: Number = Field(default=20, gt=0, le=100_000, description="gigabytes (10^9) on the disk at once")
    minutes: Number = Field(default=60, gt=0, le=100_000, description="minutes of the whole run, as estimated")


class Gate(Section):
    """What a comparison with another run is decided by, beside guarantees."""

    figures: tuple[Metric, ...] = Field(
        default=GATING, min_length=1, description="the figures that gate; what is measured beside them is listed"
    )

    @field_validator("figures", mode="before")
    @classmethod
    def _known(cls, figures: object) -> object:
        if not isinstance(figures, list):
            return figures
        problems: list[Problem] = []
        read = reading.read_each(Choice(tuple(Metric)).read, figures, (), problems)
        refuse(problems)
        return read


class Workload(Section):
    """What to run: every combination of a sweep, under every load and every fault."""

    name: str = Field(description="what the results are filed under: lower-case letters, digits and dashes")
    kafka: tuple[str, ...] = Field(description="the broker's version, or a list of versions to compare")
    cluster: Cluster = Field(default=Cluster(), description="the brokers that a run starts")
    seed: Int = Field(default=1, ge=0, lt=2**63, description="of the order of trials and of all that is random in them")
    sweep: tuple[Grid, ...] = Field(
        description="the axes; every combination of their values is a trial; or a list of such mappings"
    )
    config: dict[str, Value] = Field(default={}, description="settings that are the same in every trial")
    performance: Performance | None = Field(default=None, description="trials without a fault; leave it out for none")
    search: Search | None = Field(
        default=None, description="a search for the highest rate that is sustained; leave it out for none"
    )
    pipeline_performance: PipelinePerformance | None = Field(
        default=None, description="trials of a pipeline without a fault; leave it out for none"
    )
    faults: FaultTrials | None = Field(default=None, description="trials with a fault; leave it out for none")
    pipelines: PipelineTrials | None = Field(default=None, description="trials of a pipeline; leave it out for none")
    exclude: tuple[Exclusion, ...] = Field(default=(), description="combinations to leave out, each with the reason")
    gate: Gate = Field(default=Gate(), description="what a comparison with another run is decided by")
    limits: Limits = Field(default=Limits(), description="what a run may take; one that would take more does not start")

    @field_validator("name")
    @classmethod
    def _can_be_a_file_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{quote(name)} is not a name: up to 60 lower-case letters, digits and dashes")
        return name

    @field_validator("kafka", mode="before")
    @classmethod
    def _one_or_more(cls, versions: object, info: ValidationInfo) -> object:
        return reading.read_versions(versions, Reading.of(info).known)

    @field_validator("cluster", mode="wrap")
    @classmethod
    def _of_its_kind(cls, stated: object, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Cluster:
        if isinstance(stated, Cluster):
            return stated
        return reading.read_cluster(stated, Cluster, read, Reading.of(info))

    @field_validator("sweep", mode="before")
    @classmethod
    def _axes(cls, sweep: object, info: ValidationInfo) -> list[dict[str, Any]]:
        return read_sweep(sweep, Reading.of(info))

    @field_validator("config", mode="before")
    @classmethod
    def _settings(cls, config: object, info: ValidationInfo) -> dict[str, Value]:
        return reading.read_config(config, Reading.of(info))

    @field_validator("exclude", mode="before")
    @classmethod
    def _exclusions(cls, exclude: object, info: ValidationInfo) -> object:
        return reading.read_exclusions(exclude, Reading.of(info))

    @field_validator("*")
    @classmethod
    def _keep(cls, value: Any, info: ValidationInfo) -> Any:
        """What could be read is checked against the rest, whatever is wrong elsewhere."""
        if info.field_name is not None:
            Reading.of(info).parts[info.field_name] = value
        return value


SECTIONS: Sections = {
    (): Workload,
    ("cluster",): Cluster,
    ("performance",): Performance,
    ("performance", "loads"): Load,
    ("performance", "loads", "rate"): Ladder,
    ("search",): Search,
    ("pipeline_performance",): PipelinePerformance,
    ("pipeline_performance", "loads"): Load,
    ("faults",): FaultTrials,
    ("pipelines",): PipelineTrials,
    ("gate",): Gate,
    ("limits",): Limits,
}
