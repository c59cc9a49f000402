"""Names of clients, alone and with a version: which are one, and which one a client says that it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import clients
from harness.clients.named import Named, another, installed

VERSIONS = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(st.sampled_from(list(clients.CLIENTS)), VERSIONS | st.none())
def test_a_client_is_read_as_it_is_written(name: str, version: str | None) -> None:
    assert Named.of(str(Named(name, version))) == Named(name, version)


@pytest.mark.parametrize("version", ["", "newest", "1.0 or so", "=1", "../1"])
def test_what_is_no_version_is_said(version: str) -> None:
    with pytest.raises(ValueError, match="is no version of a Python package"):
        Named.of(f"aiokafka=={version}")


@pytest.mark.parametrize("name", clients.CLIENTS)
def test_the_installed_version_of_a_client_is_what_it_is_without_one(name: str) -> None:
    assert clients.named(f"{name}=={installed(name)}") == Named(name) == clients.named(name)
    assert clients.named(f"{name}==0.0.1") == Named(name, "0.0.1")


def test_a_client_that_is_no_package_has_no_version() -> None:
    assert installed("by-hand") is None


@pytest.mark.parametrize("name", clients.CLIENTS)
def test_a_client_says_in_which_version_its_package_is(name: str) -> None:
    said = clients.load(name).version()
    here = installed(name)
    assert another(Named(name, here), said) is None
    assert another(Named(name, "0.0.1"), said) == f"{name}==0.0.1 was asked for, and the client says that it is {said}"


@pytest.mark.parametrize("said", ["", "of late", "2.16.1 (librdkafka 2.11.0)"])
def test_what_a_client_says_that_is_not_that_version_is_another(said: str) -> None:
    assert another(Named("confluent-kafka", "2.11.0"), said) is not None
