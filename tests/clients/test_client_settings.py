"""What the clients' tables say, without a broker."""

from __future__ import annotations

import pytest

from harness import clients
from harness.clients import aiokafka, confluent, settings
from harness.clients.settings import Fixed, Given, Missing
from harness.workload.settings import SETTINGS

from .sending import CLIENTS, TABLES, installed

EVERY_SETTING = {
    "acks",
    "enable.idempotence",
    "retries",
    "delivery.timeout.ms",
    "request.timeout.ms",
    "max.in.flight.requests.per.connection",
    "linger.ms",
    "batch.size",
    "compression.type",
    "buffer.memory",
    "max.block.ms",
    "retry.backoff.ms",
    "client.id",
    "transactional.id",
    "transaction.timeout.ms",
    "max.request.size",
    "connections.max.idle.ms",
}
OF_WORKERS = {"transactional.id"}
"""What no workload can state: a worker gives it."""
NAMED_BY_ITSELF = {"client.id"}
"""What has no default that says anything."""


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_says_something_of_every_setting(client: str) -> None:
    assert TABLES[client].keys() == EVERY_SETTING


@pytest.mark.parametrize("client", CLIENTS)
def test_defaults_are_told_for_what_a_sweep_can_vary(client: str) -> None:
    told = {name for name, setting in TABLES[client].items() if not isinstance(setting, Missing)}
    assert clients.load(client).DEFAULTS.keys() == told - OF_WORKERS - NAMED_BY_ITSELF


def test_every_setting_that_is_the_producers_is_in_the_tables() -> None:
    assert {name for name, each in SETTINGS.items() if each.kind == "producer"} == EVERY_SETTING - OF_WORKERS


@pytest.mark.parametrize("client", CLIENTS)
def test_the_version_is_the_installed_one(client: str) -> None:
    assert clients.load(client).version().split()[0] == installed(client)


@pytest.mark.parametrize("client", CLIENTS)
def test_each_unsupported_setting_has_its_sentence(client: str) -> None:
    module = clients.load(client)
    missing = [name for name, setting in TABLES[client].items() if isinstance(setting, Missing)]
    assert module.unsupported({"acks": "all", "linger.ms": 5}) == []
    for name in [*missing, "queue.buffering.max.messages", "sticky.partitioning.linger.ms"]:
        (sentence,) = module.unsupported({"acks": "all", name: 1})
        assert sentence.startswith(client)
        assert name in sentence
        assert sentence.endswith(".")


def test_aiokafka_has_one_request_in_flight() -> None:
    assert aiokafka.unsupported({"max.in.flight.requests.per.connection": 1}) == []
    assert aiokafka.unsupported({"max.in.flight.requests.per.connection": 5}) == [
        "aiokafka always has max.in.flight.requests.per.connection 1: "
        "its sender waits for a broker's response before the next request."
    ]


def test_only_what_is_given_is_passed_on_and_under_the_clients_own_names() -> None:
    table: settings.Table = {
        "a.ms": Given(("a_ms", "also_a"), lambda value: int(value) + 1),
        "b.ms": Given(("b_ms",)),
        "c": Fixed(1, "it is so"),
    }
    assert settings.parameters(table, {"a.ms": 1, "c": 1}) == {"a_ms": 2, "also_a": 2}


def test_what_a_client_runs_with_is_read_back_in_dotted_names() -> None:
    table: settings.Table = {
        "a.ms": Given(("a_ms", "also_a"), read=lambda value: value - 1),
        "b.ms": Given(("b_ms",)),
        "c": Fixed(1, "it is so"),
        "d": Missing("it is not so"),
    }
    assert settings.effective(table, {"a_ms": 2, "also_a": 9, "e": 3}) == {"a.ms": 1, "c": 1}


@pytest.mark.parametrize(
    ("written", "given", "read"), [("0", 0, "0"), (0, 0, "0"), ("1", 1, "1"), ("all", "all", "all"), (-1, "all", "all")]
)
def test_acks_in_every_spelling(written: str | int, given: str | int, read: str) -> None:
    assert settings.give_acks(written) == given
    assert settings.read_acks(-1 if given == "all" else given) == read


def test_librdkafka_gets_its_own_units_and_both_halves_of_the_request_timeout() -> None:
    config: dict[str, clients.Setting] = {"buffer.memory": 1025, "request.timeout.ms": 700}
    assert settings.parameters(confluent.SETTINGS, config) == {
        "queue.buffering.max.kbytes": 2,
        "request.timeout.ms": 700,
        "socket.timeout.ms": 700,
    }
