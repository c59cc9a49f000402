"""The traits of clients, from ``traits.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from harness.clients.named import older
from harness.traits import Traits


@cache
def traits(client: str, version: str | None = None) -> Traits:
    """Those of this version of a client; of a client that is not in the table, and of defects of a version that is not
    on record, nothing is known.
    """
    table = _table()
    quirks = frozenset(
        each["quirk"]
        for each in table["quirks"]
        if client in each["clients"] and (version or "") in each.get("versions", [version or ""])
    )
    known = dict(table["clients"].get(client, {}))
    for each in table["older"]:
        if each["client"] == client and older(version or "", each["before"]):
            known |= each["traits"]
    return Traits(client, version or "", quirks=quirks, **known)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("harness.clients").joinpath("traits.toml").read_text(encoding="utf-8"))
