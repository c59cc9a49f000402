"""A file of claims: what documentation says, the arms of the experiment that tries it, and the checks that decide."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from harness.claims.checks import Check, ClaimOutcome
from harness.words import options, spaced
from harness.workload import Workload, WorkloadError, parse
from harness.workload.explain import Sections, explain
from harness.workload.problems import Place, Problem, quote
from harness.workload.source import Source

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
OF_THE_ARM = ("repeats", "partitions", "recipes")
"""Keys of a workload's pipelines that an arm says itself."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(_Section):
    """One configuration under one load or fault; its trials are those of a workload with nothing else in it."""

    client: str | tuple[str, ...] = Field("confluent-kafka", description="a client, or a list of them")
    config: dict[str, Any] = Field({}, description="settings of client and topic, in Kafka's names")
    fault: str | dict[str, Any] | None = Field(None, description="a fault as in a workload's recipes")
    load: dict[str, Any] | None = Field(None, description="a load as in a workload's performance.loads")
    pipeline: dict[str, Any] | None = Field(
        None, description="a pipeline as in a workload's pipelines, under the arm's fault if it has one"
    )
    repeats: int = Field(1, ge=1, le=1000, description="how often each trial is run")
    partitions: int = Field(
        1, ge=1, le=1000, description="partitions of each of a trial's topics; of a pipeline, of its outputs"
    )
    eligible_leader_replicas: bool = Field(True, description="whether the cluster is formatted with them (KIP-966)")

    @field_validator("pipeline")
    @classmethod
    def _says_no_more(cls, pipeline: dict[str, Any] | None) -> dict[str, Any] | None:
        for key in OF_THE_ARM:
            if key in (pipeline or {}):
                raise ValueError(f"{key} is no key of a pipeline here: the arm says that itself")
        return pipeline

    @property
    def well_asked(self) -> bool:
        """A fault, a load, or a pipeline with or without a fault."""
        if self.pipeline is not None:
            return self.load is None
        return (self.fault is None) != (self.load is None)


class Claim(_Section):
    """What somebody says, and how it is tried."""

    says: str = Field(description="the claim, in a sentence")
    source: str = Field(description="who says so")
    arms: dict[str, Arm] = Field(min_length=1, description="the configurations that are tried, by name")
    checks: tuple[Check, ...] = Field(min_length=1, description="what has to hold for the claim to be reproduced")

    @field_validator("arms")
    @classmethod
    def _named_well(cls, arms: dict[str, Arm]) -> dict[str, Arm]:
        return _named_well(arms)


class Claims(_Section):
    """A whole file."""

    name: str = Field(description="what the results are filed under")
    kafka: str = Field(description="the brokers' version")
    cluster: dict[str, Any] = Field({}, description="how brokers are run, as in a workload's cluster")
    brokers: int = Field(3, ge=1, le=9, description="how many brokers")
    seed: int = Field(1, ge=0, description="of the order of trials and of all that is random in them")
    words: dict[ClaimOutcome, str] = Field({}, description="other words for the outcomes, such as present and absent")
    limits: dict[str, Any] = Field({}, description="as in a workload")
    claims: dict[str, Claim] = Field(min_length=1, description="the claims by name")

    @field_validator("claims")
    @classmethod
    def _named_well(cls, claims: dict[str, Claim]) -> dict[str, Claim]:
        return _named_well(claims)

    def word(self, outcome: ClaimOutcome) -> str:
        return self.words.get(outcome, spaced(outcome.value))

    def workload(self, arm: Arm | None = None) -> Workload:
        """The workload that an arm is; without one, an empty shell around all. Raises ``WorkloadError``."""
        data: dict[str, Any] = {
            "name": self.name,
            "kafka": self.kafka,
            "seed": self.seed,
            "limits": self.limits,
            "cluster": {"brokers": self.brokers, **self.cluster},
            "sweep": {"client": ["confluent-kafka"]},
            "faults": {"recipes": ["lose-ack"]},
        }
        if arm is not None:
            data["cluster"]["eligible_leader_replicas"] = arm.eligible_leader_replicas
            data["sweep"] = {"client": [arm.client] if isinstance(arm.client, str) else list(arm.client)}
            data["config"] = arm.config
            trials = {"repeats": arm.repeats, "partitions": arm.partitions}
            recipes = [] if arm.fault is None else [arm.fault]
            if arm.pipeline is not None:
                data["pipelines"] = {**trials, **arm.pipeline, "recipes": recipes}
            data["faults"] = {**trials, "recipes": recipes} if recipes and arm.pipeline is None else None
            data["performance"] = None if arm.load is None else {**trials, "loads": [arm.load]}
        return parse(data)


def load(path: Path) -> Claims:
    """The claims in a file. Raises ``WorkloadError`` with a line for each mistake."""
    source = Source(path)
    if source.problems:
        raise source.refusal(source.problems)
    claims, problems = _read(source.data)
    if claims is None or problems:
        raise source.refusal(problems)
    return claims


def parse_claims(data: object) -> Claims:
    """Claims from plain data, as stored with a run. Raises ``WorkloadError``."""
    claims, problems = _read(data)
    if claims is None or problems:
        raise WorkloadError(map(str, problems))
    return claims


def _read(data: object) -> tuple[Claims | None, list[Problem]]:
    if not isinstance(data, dict):
        return None, [Problem((), f"{quote(data)} is no file of claims: a mapping with name, kafka and claims")]
    try:
        claims = Claims.model_validate(data)
    except ValidationError as error:
        return None, explain(error, _sections(data))
    return claims, [*_unknown_arms(claims), *_impossible(claims)]


def _unknown_arms(claims: Claims) -> list[Problem]:
    return [
        Problem(("claims", name, "checks", index), f"there is no arm {arm}; there are {options(claim.arms)}")
        for name, claim in claims.claims.items()
        for index, check in enumerate(claim.checks)
        for arm in check.named
        if arm not in claim.arms
    ]


def _impossible(claims: Claims) -> list[Problem]:
    """What is wrong with the arms as workloads."""
    problems = []
    for name, claim in claims.claims.items():
        for arm_name, arm in claim.arms.items():
            place: Place = ("claims", name, "arms", arm_name)
            if not arm.well_asked:
                problems.append(Problem(place, "needs either a fault or a load, or a pipeline with or without a fault"))
                continue
            try:
                claims.workload(arm)
            except WorkloadError as error:
                problems += [Problem(place, line) for line in error.problems]
    return problems


def _sections(data: dict[str, Any]) -> Sections:
    sections: dict[tuple[str, ...], type[BaseModel]] = {(): Claims}
    claims = data.get("claims")
    for name, claim in claims.items() if isinstance(claims, dict) else ():
        sections["claims", str(name)] = Claim
        arms = claim.get("arms") if isinstance(claim, dict) else None
        for arm in arms if isinstance(arms, dict) else ():
            sections["claims", str(name), "arms", str(arm)] = Arm
    return sections


def _named_well(named: dict[str, Any]) -> dict[str, Any]:
    for name in named:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{quote(name)} is not a name: up to 40 lower-case letters, digits and dashes")
    return named
