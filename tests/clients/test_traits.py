"""What is known of a version of a client is known of that version as it says itself which it is."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from harness import clients
from harness.clients.named import Named
from harness.clients.traits import traits

_TABLE = tomllib.loads(resources.files("harness.clients").joinpath("traits.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("client", clients.CLIENTS)
def test_what_was_run_with_the_version_that_is_here_is_known_of_it(client: str) -> None:
    here = clients.version(Named(client))
    own = {each["quirk"] for each in _TABLE["quirks"] if client in each["clients"] and each["run"] in here}
    assert own and own <= traits(client, here).quirks


def test_a_defect_of_one_version_is_not_held_against_another_or_against_one_that_is_not_on_record() -> None:
    defects = {each["quirk"] for each in _TABLE["quirks"] if "versions" in each}
    for client in clients.CLIENTS:
        assert not traits(client, "0.0.1").quirks & defects
        assert not traits(client).quirks & defects


@pytest.mark.parametrize(("version", "idempotent"), [("2.3.0", False), ("3.0.0", True), ("3.0.12", True), (None, True)])
def test_an_older_version_has_its_own_defaults(version: str | None, idempotent: bool) -> None:
    assert traits("kafka-python", version).idempotent is idempotent
