"""Reads what depends on names: versions, axes, settings, recipes and exclusions. Every mistake of each at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError, ValidationInfo

from harness.clients import Setting as Value
from harness.events import parts_of
from harness.words import options
from harness.workload.allowed import Choice
from harness.workload.explain import explain, refuse, unknown_key
from harness.workload.known import Known
from harness.workload.problems import Place, Problem, quote, suggestion
from harness.workload.settings import SETTINGS

T = TypeVar("T", bound=BaseModel)
_VERSION = re.compile(r"(\d+\.\d+)\.\d+")
TRIALS: Mapping[str, str] = {
    "performance": "performance",
    "search": "search",
    "pipeline_performance": "pipeline-performance",
    "faults": "fault",
    "pipelines": "pipeline",
}
"""The top-level keys that ask for trials, each a section of them (``harness.workload.trials``), with their kind."""


def key_of(kind: str) -> str:
    """The key that asks for trials of a kind; one without keys of its own is called what it is."""
    return next((key for key, its in TRIALS.items() if its == kind), kind)


@dataclass
class Reading:
    """One reading of a workload: what can be named, and ``parts``, the top-level keys that could be read so far."""

    known: Known
    parts: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(info: ValidationInfo) -> Reading:
        assert isinstance(info.context, Reading), "a Workload is made by harness.workload.load or parse"
        return info.context


def read_versions(versions: object, known: Known) -> object:
    """One Kafka version or several, as a tuple."""
    stated = versions if isinstance(versions, list | tuple) else [versions]
    problems: list[Problem] = []
    read = read_each(lambda version: _read_version(version, known.kafka), stated, (), problems)
    refuse(problems)
    return read


def _read_version(stated: object, known: Sequence[str]) -> Value:
    """One that is known, or of a release that is."""
    found = _VERSION.fullmatch(stated) if isinstance(stated, str) else None
    return found[0] if found and found[1] in known else Choice(tuple(known)).read(stated)


def read_cluster(stated: object, section: type[T], read: Callable[[Any], T], reading: Reading) -> T:
    """A section ``cluster`` with the keys that every kind has, which ``read`` reads, and those that its own has."""
    if not isinstance(stated, dict):
        return read(stated)
    problems: list[Problem] = []
    kind = reading.known.clusters.get(str(stated.get("kind", section.model_fields["kind"].default)))
    common = {key: value for key, value in stated.items() if key in section.model_fields}
    own: dict[str, Any] = {}
    if kind is not None:
        given = {key: value for key, value in stated.items() if key not in common}
        known = [*section.model_fields, *kind.keys.model_fields]
        problems += [Problem((key,), unknown_key(key, known)) for key in given if key not in known]
        try:
            model = kind.keys.model_validate({key: value for key, value in given.items() if key in known})
            own = model.model_dump(mode="json")
        except ValidationError as error:
            problems += explain(error, {(): kind.keys})
    try:
        made = read({**common, **own})
    except ValidationError as error:
        problems += explain(error, {(): section})
    refuse(problems)
    return made


def read_config(config: object, reading: Reading) -> dict[str, Value]:
    """Settings with one value each. What is right of it is in the reading's parts, as of a sweep."""
    if not isinstance(config, dict):
        raise ValueError(f"{quote(config)} is not a mapping of settings to values")  # noqa: TRY004 - to pydantic
    problems: list[Problem] = []
    settings = {}
    for name, value in config.items():
        if name not in SETTINGS:
            problems.append(Problem((name,), unknown_key(name, SETTINGS)))
        elif isinstance(value, list | tuple):
            problems.append(Problem((name,), "has one value here; a list of values belongs in sweep"))
        else:
            try:
                settings[name] = SETTINGS[name].read(value)
            except ValueError as error:
                problems.append(Problem((name,), str(error)))
    reading.parts["config"] = settings
    refuse(problems)
    return settings


def read_recipes(recipes: object, known: Known) -> object:
    """Recipes as mappings of a fault's name and its checked parameters."""
    if not isinstance(recipes, list | tuple):
        return recipes
    problems: list[Problem] = []
    read: list[dict[str, Any]] = []
    places: list[int] = []
    seen: list[object] = []
    for index, recipe in enumerate(recipes):
        stated = recipe if isinstance(recipe, dict) else {"name": recipe}
        if "name" not in stated:
            problems.append(Problem((index, "name"), f"is missing: one of {options(known.faults)}"))
            continue
        try:
            name = _read_fault(stated["name"], known)
            model = known.faults[name].parameters
            parameters = model.model_validate({key: value for key, value in stated.items() if key != "name"})
        except ValidationError as error:
            found = explain(error, dict(_models(model)))
            problems += [Problem((index, *problem.place), problem.message) for problem in found]
        except ValueError as error:
            problems.append(Problem((index, "name") if stated is recipe else (index,), str(error)))
        else:
            if (name, parameters) in seen:
                first = places[seen.index((name, parameters))]
                problems.append(Problem((index,), f"is the same as recipes[{first}]"))
            places.append(index)
            seen.append((name, parameters))
            read.append({"name": name, **parameters.model_dump(exclude_unset=True)})
    refuse(problems)
    return read


def _models(model: type[BaseModel], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    """A model and those within it, by where they are."""
    yield place, model
    for name, part in model.model_fields.items():
        if isinstance(part.annotation, type) and issubclass(part.annotation, BaseModel):
            yield from _models(part.annotation, (*place, name))


def _read_fault(stated: object, known: Known) -> str:
    """The name of a fault, or of several joined to one. Raises ``ValueError`` for one that is not there."""
    simple = Choice(tuple(known.faults))
    if not isinstance(stated, str) or len(parts_of(stated)) == 1:
        return str(simple.read(stated))
    parts = [str(simple.read(part)) for part in parts_of(stated)]
    if twice := next((part for part in parts if parts.count(part) > 1), None):
        raise ValueError(f"{quote(stated)} has {twice} twice")
    return stated


def read_exclusions(exclude: object, reading: Reading) -> object:
    """Exclusions with the values of each axis as a tuple, checked against what the workload sweeps."""
    if not isinstance(exclude, list | tuple):
        return exclude
    problems: list[Problem] = []
    read: list[dict[str, Any]] = []
    swept = _swept(reading.parts)
    for index, stated in enumerate(exclude):
        if not isinstance(stated, dict):
            problems.append(Problem((index,), f"{quote(stated)} is not a mapping of axes to values"))
            continue
        because = stated.get("because")
        if because is None:
            problems.append(Problem((index, "because"), "is missing: the reason, which the report gives"))
        elif not isinstance(because, str) or not because.strip():
            message = f"is {quote(because)}; it is a text: the reason, which the report gives"
            problems.append(Problem((index, "because"), message))
        if not stated.keys() - {"because"}:
            problems.append(Problem((index,), f"names no axis; there are {options(swept)}"))
        exclusion: dict[str, Any] = {"because": because}
        for axis, values in stated.items():
            if axis not in swept and axis != "because":
                message = f"is no axis of this sweep{suggestion(axis, swept) or f'; there are {options(swept)}'}"
                problems.append(Problem((index, axis), message))
            elif axis != "because":
                several = values if isinstance(values, list | tuple) else [values]
                exclusion[axis] = read_each(_on_axis(axis, swept[axis]), several, (index, axis), problems)
        read.append(exclusion)
    refuse(problems)
    return read


def differ(name: str, keys: Sequence[object], what: str) -> None:
    """For a validator: refuses items of the list ``name`` whose key is an earlier one's."""
    refuse(
        [
            Problem((index,), f"has the same {what} as {name}[{keys.index(key)}]")
            for index, key in enumerate(keys)
            if keys.index(key) < index
        ]
    )


def read_each(
    read: Callable[[object], Value], values: Sequence[object], place: Place, problems: list[Problem]
) -> tuple[Value, ...]:
    """The values that can be read, each once; the rest becomes problems."""
    if not values:
        problems.append(Problem(place, "needs at least one value"))
    good: list[Value] = []
    for index, value in enumerate(values):
        try:
            item = read(value)
        except ValueError as error:
            problems.append(Problem((*place, index), str(error)))
            continue
        if item in good:
            problems.append(Problem((*place, index), f"{quote(value)} is here twice"))
        else:
            good.append(item)
    return tuple(good)


def _swept(parts: Mapping[str, Any]) -> dict[str, tuple[Value, ...] | None]:
    """Everything an exclusion can match, with its values; None where they could not be read."""
    faults: tuple[Value, ...] | None = None
    if all(key in parts for key in TRIALS):
        sections = [parts[key] for key in TRIALS if parts[key] is not None]
        faults = tuple(dict.fromkeys(fault for section in sections for fault, _ in section.under))
    axes: dict[str, tuple[Value, ...] | None] = {}
    for grid in parts.get("sweep", ()):
        for axis, values in grid.axes.items():
            axes[axis] = tuple(dict.fromkeys((*(axes.get(axis) or ()), *values)))
    asked_for = tuple(key for key in TRIALS if parts.get(key) is not None) if faults is not None else None
    return {**axes, "kafka": parts.get("kafka"), "fault": faults, "trials": asked_for}


def _on_axis(axis: str, swept: tuple[Value, ...] | None) -> Callable[[object], Value]:
    def read(value: object) -> Value:
        item = SETTINGS[axis].read(value) if axis in SETTINGS else str(value)
        if swept is not None and item not in swept:
            raise ValueError(f"{quote(value)} is not a value that the sweep has: {options(swept)}")
        return item

    return read
