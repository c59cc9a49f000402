"""Faults made of faults: one after the other (``lose-ack then kill-leader``), or at once (``... with kill-leader``).

A composition is a fault like any other. Its parameters are its parts', by their names with underscores; what it takes
to have fired is that every part has.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from harness.events import THEN, WITH, FaultEvent, parameters_key, parts_of
from harness.faults.fault import Config, Fault, Script
from harness.faults.parameters import Parameters
from harness.faults.steps import AwaitSent, Part, Send, Step, Together, Wire


class Catalogue(dict[str, Fault]):
    """Faults by name. It iterates over the simple ones, and has every composition of them by its name.

    A name that joins both by ``then`` and by ``with`` is a sequence of parts that run at once.
    """

    def __missing__(self, name: str) -> Fault:
        for word, compose in ((THEN, _in_sequence), (WITH, _at_once)):
            if word in name:
                return compose(name, [self[part] for part in name.split(word)])
        raise KeyError(name)


class _Parts(BaseModel):
    """The parameters of a composition: a field for each part."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def of(self, fault: Fault) -> Any:
        return getattr(self, parameters_key(fault.name))

    @property
    def parts(self) -> list[Parameters]:
        return [getattr(self, name) for name in type(self).model_fields]

    @property
    def warmup(self) -> int:
        return max(part.warmup for part in self.parts)

    @property
    def message_size(self) -> int:
        return max(part.message_size for part in self.parts)


class _Sequence(_Parts):
    @property
    def messages(self) -> int:
        return sum(part.messages for part in self.parts)


class _Together(_Parts):
    @property
    def messages(self) -> int:
        return max(part.messages for part in self.parts)


def _in_sequence(name: str, parts: Sequence[Fault]) -> Fault:
    def script(parameters: _Sequence) -> Script:
        first, *others, last = [part.script(parameters.of(part)) for part in parts]
        between = tuple(step for other in others for step in other.steps)
        # The script itself waits for the last part's load.
        during = (
            *first.during,
            AwaitSent(),
            *first.after,
            *between,
            *last.before,
            last.load,
            *last.during,
        )
        return Script(first.load, first.before, during, last.after)

    def fired(events: Sequence[FaultEvent]) -> bool:
        # What the proxy did is told after the step in which it did it.
        events = sorted(events, key=lambda event: event.at_ns)
        ends = [i + 1 for i, event in enumerate(events) if event.what == "sent"]
        spans = list(pairwise([0, *ends[: len(parts) - 1], len(events)]))
        return len(spans) == len(parts) and all(
            part.fired(events[start:end]) for part, (start, end) in zip(parts, spans, strict=True)
        )

    return _composed(name, parts, _Sequence, " Then: ", script, fired, lasts=sum)


def _at_once(name: str, parts: Sequence[Fault]) -> Fault:
    def script(parameters: _Together) -> Script:
        scripts = [part.script(parameters.of(part)) for part in parts]
        return Script(
            before=_with_all_rules([step for each in scripts for step in each.before]),
            load=_one_load([each.load for each in scripts]),
            during=(Together(tuple(Part(part.name, each.during) for part, each in zip(parts, scripts, strict=True))),),
            after=tuple(step for each in scripts for step in each.after),
        )

    def fired(events: Sequence[FaultEvent]) -> bool:
        # What the proxy did bears no name: it has the rules of all.
        return all(part.fired([e for e in events if e.detail.get("part", part.name) == part.name]) for part in parts)

    return _composed(name, parts, _Together, " At once: ", script, fired, lasts=max)


def _composed(
    name: str, parts: Sequence[Fault], base: type[_Parts], between: str, script: Any, fired: Any, lasts: Any
) -> Fault:
    if len(set(parts_of(name))) < len(parts_of(name)):
        raise ValueError(f"{name} names a fault twice")
    fields: dict[str, Any] = {
        parameters_key(part.name): (part.parameters, Field(default_factory=part.parameters, description=part.summary))
        for part in parts
    }

    def refuses(config: Config) -> str | None:
        return next((reason for part in parts if (reason := part.refuses(config))), None)

    def settings(parameters: _Parts) -> Config:
        return {key: value for part in parts for key, value in part.settings(parameters.of(part)).items()}

    return Fault(
        name=name,
        summary=between.join(part.summary for part in parts),
        parameters=create_model(name, __base__=base, **fields),
        script=script,
        fired=fired,
        refuses=refuses,
        settings=settings,
        estimate_s=lambda parameters, config: lasts(part.seconds(parameters.of(part), config) for part in parts),
    )


def _with_all_rules(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Rules of one part would take the place of another's: all go into the proxy together."""
    rules = tuple(rule for step in steps if isinstance(step, Wire) for rule in step.rules)
    others = tuple(step for step in steps if not isinstance(step, Wire))
    return (Wire(rules), *others) if rules else others


def _one_load(loads: Sequence[Send]) -> Send:
    """As many messages as any part needs, at the pace of the slowest; flushed as one of them is if none is paced."""
    rates = [load.rate for load in loads if load.rate is not None]
    flushes = [load.flush_every for load in loads if load.flush_every is not None]
    return Send(
        max(load.count for load in loads),
        rate=min(rates) if rates else None,
        flush_every=min(flushes) if flushes and not rates else None,
    )
