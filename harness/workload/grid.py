"""Grids of a sweep: axes whose values are all combined, and the trials that are made of the combinations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from harness.clients import Setting as Value
from harness.words import options
from harness.workload.allowed import Choice
from harness.workload.clients import read_client
from harness.workload.combinations import combinations
from harness.workload.explain import refuse, unknown_key
from harness.workload.problems import Place, Problem, quote
from harness.workload.reading import TRIALS, Reading, read_each
from harness.workload.settings import SETTINGS

Axes = Mapping[str, tuple[Value, ...]]


class Grid(BaseModel):
    """Every combination of the values of its axes, which are its other keys. Of several grids each is of its own, so
    that what would say nothing is never asked for.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    trials: tuple[str, ...] | None = None
    """The keys of the workload whose trials are made of it; all of them unless they are named."""

    @property
    def axes(self) -> Axes:
        return self.model_extra or {}

    def asks(self, kind: str) -> bool:
        """Whether it is for trials of this kind."""
        return self.trials is None or kind in [TRIALS[key] for key in self.trials]

    def combinations(self) -> Iterator[dict[str, Value]]:
        """Every one; the last axis varies fastest."""
        return combinations(self.axes)


def read_sweep(sweep: object, reading: Reading) -> list[dict[str, Any]]:
    """One grid, or a list of them, each with its values read. What is right of it is in the reading's parts, also when
    something else is wrong; and as ``places`` where each is in the file.
    """
    problems: list[Problem] = []
    grids, places = [], []
    every: list[tuple[Place, Any]] = [((), sweep)]
    if isinstance(sweep, list | tuple):
        every = [((index,), stated) for index, stated in enumerate(sweep)]
    for place, stated in every:
        if isinstance(stated, dict):
            grids.append(_read_grid(stated, reading, place, problems))
            places.append(("sweep", *place))
        else:
            message = f"{quote(stated)} is not a mapping of axes to lists of values"
            problems.append(Problem(place, message))
    if not grids and not problems:
        problems.append(Problem((), "needs at least one mapping of axes to lists of values"))
    reading.parts["places"] = tuple(places)
    reading.parts["sweep"] = tuple(Grid.model_validate(grid) for grid in grids)
    refuse(problems)
    return grids


def _read_grid(stated: dict[str, Any], reading: Reading, place: Place, problems: list[Problem]) -> dict[str, Any]:
    readers: dict[str, Callable[[object], Value]] = {"client": partial(read_client, known=reading.known.clients)}
    readers |= {name: setting.read for name, setting in SETTINGS.items()}
    if "client" not in stated:
        problems.append(Problem((*place, "client"), f"is missing: a list of {options(reading.known.clients)}"))
    readers["trials"] = Choice(tuple(TRIALS)).read
    grid: dict[str, Any] = {}
    for axis, values in stated.items():
        if axis not in readers:
            problems.append(Problem((*place, axis), unknown_key(axis, readers)))
        elif not isinstance(values, list | tuple):
            problems.append(Problem((*place, axis), f"{quote(values)} is not a list of values, such as [a, b]"))
        else:
            grid[axis] = read_each(readers[axis], values, (*place, axis), problems)
    return grid
