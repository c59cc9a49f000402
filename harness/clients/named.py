"""A client as it is named: by its name alone, or with the version of the package that it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

BEHIND = "=="
"""Between a name and a version, as pip has it."""
PACKAGES = {"confluent-kafka-aio": "confluent-kafka", "librdkafka": "confluent-kafka"}
"""The packages of clients that are not called as theirs is."""


@dataclass(frozen=True)
class Named:
    """One of the clients that are here."""

    name: str
    version: str | None = None
    """Of its package; None is the one that is installed."""

    @classmethod
    def of(cls, text: str) -> Named:
        """``aiokafka``, or ``aiokafka==0.12.0`` with a version as PEP 440 has them. Raises ``ValueError``."""
        name, behind, version = text.partition(BEHIND)
        if not behind:
            return cls(name)
        try:
            return cls(name, str(Version(version)))
        except InvalidVersion:
            raise ValueError(f"{version!r} is no version of a Python package (PEP 440), such as 0.14.0") from None

    @property
    def package(self) -> str:
        return PACKAGES.get(self.name, self.name)

    def among(self, installed: str | None) -> Named:
        """The same, without its version if that is the installed one."""
        return Named(self.name) if self.version and installed and same(self.version, installed) else self

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}{BEHIND}{self.version}"


def installed(name: str) -> str | None:
    """The version of the client's package that is installed here; None of a client that is no Python package."""
    from importlib import metadata

    try:
        return metadata.version(Named(name).package)
    except metadata.PackageNotFoundError:
        return None


def same(one: str, other: str) -> bool:
    """Whether these are one version: 0.12 is 0.12.0."""
    return Version(one) == Version(other)


def older(said: str, than: str) -> bool:
    """Whether a client that says this of itself is of a version before that one; not if it says none."""
    try:
        return Version(said.partition(" ")[0]) < Version(than)
    except InvalidVersion:
        return False


def another(client: Named, said: str) -> str | None:
    """That a client which says this of itself (``ClientModule.version``) is not the one that was asked for; None if it
    is. It names its package's version behind that name, or its own, which is the package's, comes first.
    """
    stated = re.search(rf"{re.escape(client.package)} ([^\s)]+)", said)
    try:
        if client.version is None or same(client.version, stated[1] if stated else said.partition(" ")[0]):
            return None
    except InvalidVersion:
        pass
    return f"{client} was asked for, and the client says that it is {said}"
