"""Reads clients, each alone or in a version, and says which are one."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.version import Version

from harness.clients.named import BEHIND, Named
from harness.words import options
from harness.workload.problems import quote, suggestion

Known = Mapping[str, str | None]
"""The version of each client's package that is installed here; None of one that is no Python package."""


def read_client(stated: object, known: Known) -> str:
    """One of those that are known, as it is named (``Named``). Raises ``ValueError`` saying what is allowed."""
    if not isinstance(stated, str):
        raise ValueError(f"{quote(stated)} is not one of {options(known)}")  # noqa: TRY004 - pydantic's way to say no
    named = Named.of(stated)
    if named.name not in known:
        example = next((f", or one in a version, as {name}{BEHIND}{here}" for name, here in known.items() if here), "")
        allowed = options(known) + (example if set("=<>~!") & set(stated) else "")
        raise ValueError(f"{quote(stated)} is not one of {allowed}{suggestion(named.name, known)}")
    if named.version and known[named.name] is None:
        raise ValueError(f"{quote(stated)}: {named.name} is no Python package, and is there in one version alone")
    return str(named)


def identity(stated: str, known: Known) -> tuple[str, Version | None]:
    """The same of two that are one client: 0.12 is 0.12.0, and the installed version is what is named without any."""
    named = Named.of(stated)
    version = named.version or known[named.name]
    return named.name, None if version is None else Version(version)
