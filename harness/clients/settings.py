"""How Kafka's settings are given to a client, as data: one table a client, in Kafka's own dotted names.

Only settings that are given are passed on; everything else is the client's own default. What a client would run as
something else than its name says is not passed at all: it is unsupported, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.clients import Setting
from harness.words import listed

INFINITE = 2**31 - 1
"""How Kafka itself writes retries without end."""

BUFFER_BYTES = 32 * 1024 * 1024
"""Kafka's own default of ``buffer.memory``: so many bytes of values may wait in a client that would take more."""

OFFERED_AGAIN = "the harness offers a refused message again, so that no send ever blocks for it to bound"
"""Why no client is run with ``max.block.ms``."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Given:
    """The client has it. Each of ``parameters`` gets ``give(value)``; ``read`` turns the first one's value back."""

    parameters: tuple[str, ...]
    give: Callable[[Setting], Any] = _same
    read: Callable[[Any], Setting] = _same
    within: tuple[int, int] | None = None
    """The least and the most that it takes, both included, where that is less than Kafka's own client takes."""
    among: tuple[Setting, ...] | None = None
    """All that it takes, where Kafka's own client takes more."""


@dataclass(frozen=True)
class Fixed:
    """The client always behaves as with this value: nothing is passed, and every other value is unsupported."""

    value: Setting
    why: str


@dataclass(frozen=True)
class Missing:
    """The client has nothing that means the same."""

    why: str


Table = Mapping[str, Given | Fixed | Missing]


def unsupported(client: str, table: Table, config: Mapping[str, Setting]) -> list[str]:
    """One sentence for each setting of ``config`` that the client cannot honour."""
    sentences = []
    for name, value in config.items():
        match table.get(name):
            case Given(within=(least, most)) if not least <= int(value) <= most:
                sentences.append(f"{client} takes {name} from {least} to {most}, not {value}.")
            case Given(among=tuple(values)) if value not in values:
                sentences.append(f"{client} takes {listed(map(str, values), 'or')} for {name}, not {value}.")
            case Given():
                continue
            case Fixed(value=fixed, why=why) if value != fixed:
                sentences.append(f"{client} always has {name} {fixed}: {why}.")
            case Missing(why=why):
                sentences.append(f"{client} has no {name}: {why}.")
            case None:
                sentences.append(f"{client} is not known to have {name}.")
    return sentences


def parameters(table: Table, config: Mapping[str, Setting]) -> dict[str, Any]:
    """The client's own parameters for a supported ``config``."""
    given = ((table[name], value) for name, value in config.items())
    return {
        parameter: setting.give(value)
        for setting, value in given
        if isinstance(setting, Given)
        for parameter in setting.parameters
    }


def effective(table: Table, state: Mapping[str, Any]) -> dict[str, Setting]:
    """Dotted names for what a client's own parameters really are; those that ``state`` lacks are left out."""
    found: dict[str, Setting] = {}
    for name, setting in table.items():
        if isinstance(setting, Given) and setting.parameters[0] in state:
            found[name] = setting.read(state[setting.parameters[0]])
        elif isinstance(setting, Fixed):
            found[name] = setting.value
    return found


def give_acks(value: Setting) -> Setting:
    """``"all"`` or a number."""
    return "all" if str(value) in ("all", "-1") else int(value)


def read_acks(value: Any) -> str:
    return "all" if str(value) == "-1" else str(value)


def give_codec(value: Setting) -> Setting | None:
    """None is how the pure Python clients say ``none``."""
    return None if value == "none" else value


def read_codec(value: Any) -> str:
    return "none" if value is None else str(value)
