"""What a workload says of a cluster of this kind: where it is, how it is reached, and how its nodes are ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from harness.clusters import Keys
from harness.security import PLAINTEXT, Security
from harness.security.properties import read

ACTIONS = ("kill", "stop", "start", "pause", "resume")
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})")
_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,40}")


def _command(stated: object) -> object:
    """As what is started: a text is for a shell."""
    if isinstance(stated, str) and stated.strip():
        return ("sh", "-c", stated)
    if isinstance(stated, list | tuple) and stated and all(isinstance(word, str) for word in stated):
        return tuple(stated)
    raise ValueError("is neither a command, which sh -c runs, nor a list of a program and its arguments")


_TEXTS = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]})
Command = Annotated[tuple[str, ...], BeforeValidator(_command), _TEXTS]


class Node(Keys):
    """The owner's commands for one broker. Each ends by itself, with status 0 where it did what it is for."""

    kill: Command | None = Field(default=None, description="ends it without a word, as SIGKILL does")
    stop: Command | None = Field(default=None, description="ends it in order, as SIGTERM does")
    start: Command | None = Field(default=None, description="starts it again, and returns; it is up or will be")
    pause: Command | None = Field(default=None, description="freezes it with its connections open, as SIGSTOP does")
    resume: Command | None = Field(default=None, description="lets it go on, as SIGCONT does")


class External(Keys):
    """Of the section ``cluster`` what is of this kind alone."""

    bootstrap: Annotated[tuple[str, ...], _TEXTS] = Field(
        min_length=1, description="addresses of some of its brokers, each HOST:PORT"
    )
    properties: str | None = Field(default=None, description="a Java client's properties file: TLS, SASL, and as whom")
    prefix: str = Field(default="delivery-harness.", description="what all names begin with that are made there")
    nodes: Mapping[int, Node] = Field(default={}, description="by node id the commands that end, freeze and start it")

    controller: int | None = Field(
        default=None, ge=0, description="the id in nodes of its controller, if it has one, which is no broker"
    )

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> External:
        """Of a whole section that was read before."""
        return cls(**{name: stated[name] for name in cls.model_fields if name in stated})

    @property
    def security(self) -> Security:
        """What its file says now. Raises ``PropertiesWrong``."""
        return PLAINTEXT if self.properties is None else read(Path(self.properties))

    @field_validator("bootstrap", mode="before")
    @classmethod
    def _addresses(cls, stated: object) -> object:
        addresses = [each.strip() for each in stated.split(",")] if isinstance(stated, str) else stated
        for address in addresses if isinstance(addresses, list | tuple) else ():
            found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
            if found is None or not 0 < int(found[2]) < 1 << 16:
                raise ValueError(f"{address!r} is no address: HOST:PORT")
        return addresses

    @field_validator("properties")
    @classmethod
    def _readable(cls, path: str | None) -> str | None:
        if path is not None:
            read(Path(path))
        return path

    @field_validator("prefix")
    @classmethod
    def _in_names(cls, prefix: str) -> str:
        if not _PREFIX.fullmatch(prefix):
            raise ValueError(f"{prefix!r} begins no name: up to 40 letters, digits, dots, dashes and underscores")
        return prefix
