"""Which consumers there are, and which settings each of them has."""

from __future__ import annotations

import pytest

from harness import clients
from harness.clients import ClientRefused, consumers

from .consuming import CONSUMERS
from .sending import Config

pytestmark = [pytest.mark.long, pytest.mark.timeout(60)]


@pytest.mark.parametrize("client", CONSUMERS)
def test_every_client_says_which_settings_it_has(client: str) -> None:
    module = consumers.load(client)
    given: Config = {
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 500,
        "max.poll.interval.ms": 60_000,
        "auto.offset.reset": "none",
        "group.protocol": "classic",
        "partition.assignment.strategy": "range",
    }
    assert module.unsupported(given) == []
    for name, value in {"partition.assignment.strategy": "mine", "auto.offset.reset": "never", "acks": "1"}.items():
        (sentence,) = module.unsupported({**given, name: value})
        assert sentence.startswith(client)
        assert name in sentence


def test_only_librdkafka_has_the_new_protocol_and_there_the_session_is_the_brokers(nobody: str) -> None:
    new: Config = {"group.protocol": "consumer"}
    assert {client for client in CONSUMERS if not consumers.load(client).unsupported(new)} == {"confluent-kafka"}
    module = consumers.load("confluent-kafka")
    for name, value in {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}.items():
        assert module.unsupported({**new, name: value}) == [
            f"confluent-kafka takes no {name} with group.protocol consumer, where it is the broker's."
        ]
        with pytest.raises(ClientRefused, match=name):
            module.create(nobody, "t", [0], "g", isolation="read_committed", mode="assign", config={**new, name: value})


def test_a_client_has_a_consumer_or_none() -> None:
    assert consumers.CONSUMERS.keys() <= clients.CLIENTS.keys()
