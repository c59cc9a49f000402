"""Faults made of faults: one after the other (``lose-ack then kill-leader``), or at once (``... with kill-leader``).

A composition is a fault like any other. Its parameters are its parts', by their names with underscores; what it takes
to have fired is that every part has, by its own deeds. What a part waits for counts from its own load on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from harness.events import THEN, WITH, FaultEvent, parameters_key, parts_of
from harness.faults.fault import Config, Fault, InTurn, Script
from harness.faults.fits import conflict_at_once, conflict_in_turn, conflict_of_settings
from harness.faults.parameters import Parameters
from harness.faults.steps import Part, Send, Together


class Catalogue(dict[str, Fault]):
    """Faults by name. It iterates over the simple ones, and has every composition of them by its name.

    A name that joins both by ``then`` and by ``with`` is a sequence of parts that run at once.
    """

    def __init__(self, simple: dict[str, Fault]) -> None:
        super().__init__(simple)
        self._composed: dict[str, Fault] = {}

    def __missing__(self, name: str) -> Fault:
        """Made once: parameters are equal only if they are of one class."""
        if name not in self._composed:
            self._composed[name] = self._compose(name)
        return self._composed[name]

    def _compose(self, name: str) -> Fault:
        for word, compose in ((THEN, _in_sequence), (WITH, _at_once)):
            if word in name:
                return compose(name, [self[part] for part in name.split(word)])
        raise KeyError(name)


class _Parts(BaseModel):
    """The parameters of a composition: a field for each part."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def of(self, fault: Fault) -> Any:
        return getattr(self, parameters_key(fault.name))

    def seeded(self, seed: int) -> Self:
        """Each part with a seed of its own, so that what one draws says nothing of what another does."""
        own = {name: random.Random(f"{seed} {name}").getrandbits(48) for name in type(self).model_fields}
        return self.model_copy(update={name: getattr(self, name).seeded(own[name]) for name in own})

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
    def script(parameters: _Sequence) -> InTurn:
        return InTurn(tuple((part.name, _one(part, parameters)) for part in parts))

    def conflict(parameters: _Sequence) -> str | None:
        return conflict_in_turn(script(parameters))

    def estimate_s(parameters: _Sequence, config: Config) -> float:
        return sum(part.seconds(parameters.of(part), config) for part in parts)

    return _composed(name, parts, _Sequence, " Then: ", script, conflict, estimate_s)


def _at_once(name: str, parts: Sequence[Fault]) -> Fault:
    def scripts(parameters: _Together) -> list[tuple[str, Script]]:
        return [(part.name, _one(part, parameters)) for part in parts]

    def script(parameters: _Together) -> Script:
        each = scripts(parameters)
        return Script(
            before=tuple(Part(name, script.before) for name, script in each if script.before),
            load=_one_load([script.load for _, script in each]),
            during=(Together(tuple(Part(name, script.during) for name, script in each)),),
            after=tuple(Part(name, script.after) for name, script in each if script.after),
        )

    def conflict(parameters: _Together) -> str | None:
        return conflict_at_once(scripts(parameters))

    def estimate_s(parameters: _Together, config: Config) -> float:
        """Each part's own, with the load that they really share in place of its own."""
        shared_s = _seconds(script(parameters).load)
        return max(
            part.seconds(parameters.of(part), config) - _seconds(own.load) + shared_s
            for part, (_, own) in zip(parts, scripts(parameters), strict=True)
        )

    return _composed(name, parts, _Together, " At once: ", script, conflict, estimate_s)


def _one(part: Fault, parameters: _Parts) -> Script:
    """The script of a part, which is never a sequence: those are the outermost."""
    script = part.script(parameters.of(part))
    assert isinstance(script, Script)
    return script


def _composed(
    name: str,
    parts: Sequence[Fault],
    base: type[_Parts],
    between: str,
    script: Callable[[Any], Script | InTurn],
    conflict: Callable[[Any], str | None],
    estimate_s: Callable[[Any, Config], float],
) -> Fault:
    if len(set(parts_of(name))) < len(parts_of(name)):
        raise ValueError(f"{name} names a fault twice")
    fields: dict[str, Any] = {
        parameters_key(part.name): (part.parameters, Field(default_factory=part.parameters, description=part.summary))
        for part in parts
    }

    def can_run(parameters: _Parts) -> _Parts:
        settings_of = {part.name: part.settings(parameters.of(part)) for part in parts}
        if reason := conflict(parameters) or conflict_of_settings(settings_of):
            raise ValueError(reason)
        return parameters

    validators: dict[str, Any] = {"can_run": model_validator(mode="after")(can_run)}

    def fired(events: Sequence[FaultEvent]) -> bool:
        return all(part.fired(_of(part.name, events)) for part in parts)

    def refuses(parameters: _Parts, config: Config) -> str | None:
        return next((reason for part in parts if (reason := part.refuses(parameters.of(part), config))), None)

    def settings(parameters: _Parts) -> Config:
        return {key: value for part in parts for key, value in part.settings(parameters.of(part)).items()}

    return Fault(
        name=name,
        summary=between.join(part.summary for part in parts),
        parameters=create_model(name, __base__=base, __validators__=validators, **fields),
        script=script,
        fired=fired,
        refuses=refuses,
        settings=settings,
        estimate_s=estimate_s,
    )


def _of(part: str, events: Sequence[FaultEvent]) -> list[FaultEvent]:
    """What a part did; what bears no name may be of any."""
    names = {None, part, *parts_of(part)}
    return [event for event in events if event.detail.get("part") in names]


def _one_load(loads: Sequence[Send]) -> Send:
    """As many messages as any part needs, at the pace of the slowest; flushed as one of them is if none is paced."""
    rates = [load.rate for load in loads if load.rate is not None]
    flushes = [load.flush_every for load in loads if load.flush_every is not None]
    return Send(
        max(load.count for load in loads),
        rate=min(rates) if rates else None,
        flush_every=min(flushes) if flushes and not rates else None,
    )


def _seconds(load: Send) -> float:
    return load.count / load.rate if load.rate else 0.0
