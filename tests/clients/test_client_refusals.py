"""What is said of a client before anything runs against what its own constructor says. No broker is needed for that."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import patch

import aiokafka
import confluent_kafka
import kafka
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kafka.producer.sender import Sender

from harness import clients
from harness.clients import ClientRefused, Setting, confluent, kafka_python
from harness.clients import aiokafka as aiokafka_module
from harness.clients.librdkafka import client as librdkafka
from harness.clients.librdkafka.library import Handle
from harness.clients.settings import parameters
from harness.workload import complete, contradictions
from harness.workload.allowed import Choice, Flag, Text, Whole, WordOrNumber
from harness.workload.settings import SETTINGS, of_kind

from .sending import ON_LIBRDKAFKA, installed

Config = Mapping[str, Setting]
NOWHERE = "127.0.0.1:1"


def ask_aiokafka(config: Config) -> None:
    async def construct() -> None:
        producer = aiokafka.AIOKafkaProducer(bootstrap_servers=NOWHERE, **parameters(aiokafka_module.SETTINGS, config))
        await producer.stop()

    asyncio.run(construct())


def ask_kafka_python(config: Config) -> None:
    # It asks the brokers for their version before it looks at its configuration, unless it is told.
    arguments = parameters(kafka_python.SETTINGS, config)
    with patch.object(Sender, "start"):  # a thread that looks for brokers, and takes its time to end
        kafka.KafkaProducer(bootstrap_servers=NOWHERE, api_version=(2, 6), **arguments).close(0)


def ask_confluent(config: Config) -> None:
    arguments = parameters(confluent.SETTINGS, config)
    confluent_kafka.Producer({"bootstrap.servers": NOWHERE, "log_level": 0, **arguments})


def ask_librdkafka(config: Config) -> None:
    arguments = parameters(librdkafka.SETTINGS, config)
    Handle({"bootstrap.servers": NOWHERE, "log_level": 0, **arguments}).destroy()


ASK: Mapping[str, Callable[[Config], None]] = {
    "aiokafka": ask_aiokafka,
    "kafka-python": ask_kafka_python,
    "confluent-kafka": ask_confluent,
    "librdkafka": ask_librdkafka,
}


def takes(client: str, config: Config) -> bool:
    """Whether the client's own constructor takes the configuration."""
    try:
        ASK[client](config)
    except (
        ValueError,
        RuntimeError,
        TypeError,
        kafka.errors.KafkaError,
        confluent_kafka.KafkaException,
        ClientRefused,
    ):
        return False
    return True


def takes_as_another(client: str, config: Config) -> bool:
    """Whether librdkafka takes a value for another one: 0 for no delivery timeout, a large one for its last 32 bits."""
    numbers = [value for value in parameters(confluent.SETTINGS, config).values() if isinstance(value, int)]
    return client in ON_LIBRDKAFKA and (
        config.get("delivery.timeout.ms") == 0 or any(number >= 2**31 for number in numbers)
    )


def values(allowed: Flag | Whole | Choice | Text | WordOrNumber) -> st.SearchStrategy[Any]:
    """Values that a workload may have, and more often such as lie at some edge."""
    if isinstance(allowed, Flag):
        return st.booleans()
    if isinstance(allowed, Choice):
        return st.sampled_from(allowed.words)
    if isinstance(allowed, Text):
        return st.text(alphabet=string.printable.strip() + " äß", min_size=1, max_size=allowed.longest)
    assert isinstance(allowed, Whole)
    edges = [0, 1, 5, 9, 10, 11, 25, 500, 30_000, 120_000, 300_000, 300_001, 900_000, 900_001, 1_000_000, 1_000_001]
    edges += [2**31 - 1, 2**31, (2**31 - 1) * 1024, (2**31 - 1) * 1024 + 1, 2**63 - 1]
    return st.sampled_from([edge for edge in edges if allowed.lowest <= edge <= allowed.highest]) | st.integers(
        allowed.lowest, allowed.highest
    )


CONFIGS = st.fixed_dictionaries(
    {}, optional={name: values(setting.allowed) for name, setting in SETTINGS.items() if setting.kind == "producer"}
)
TRANSACTIONAL: Config = {"transactional.id": "mine"}


@pytest.mark.parametrize("transaction_ms", [1_000, 60_000, 300_000, 900_000])
def test_a_linger_is_compared_with_what_a_message_has_in_a_transaction(transaction_ms: int) -> None:
    """Which is the transaction's time, or the default that is shorter; as soon as a setting of the topic is stated."""
    longest = min(transaction_ms, 300_000)
    for linger in (longest - 1, longest, longest + 1):
        for stated in ({}, {"acks": "all"}, {"request.timeout.ms": 1_000}):
            config = {**TRANSACTIONAL, "transaction.timeout.ms": transaction_ms, "linger.ms": linger, **stated}
            assert takes("confluent-kafka", config) == (confluent.refuses(config) is None), config


@pytest.mark.parametrize("client", ASK)
def test_a_client_takes_what_it_is_not_said_to_refuse_and_nothing_else(client: str) -> None:
    module = clients.load(client)

    @settings(max_examples=150, deadline=None)
    @given(CONFIGS, st.booleans())
    def check(given: dict[str, Any], transactional: bool) -> None:
        if transactional:
            given["enable.idempotence"] = True  # which it implies
        # What no client has, or a client has always the same, is never given to it.
        lacking = [name for name, value in given.items() if any("has" in s for s in module.unsupported({name: value}))]
        config = of_kind(complete({name: given[name] for name in given if name not in lacking}, 3), "producer")
        assume(not contradictions(complete(config, 3), "4.4.0"))
        config |= TRANSACTIONAL if transactional else {}
        said = module.unsupported(config) or module.refuses(config)
        if not takes_as_another(client, config):
            assert takes(client, config) == (not said), said
        else:
            assert said

    check()


@pytest.mark.parametrize(
    ("client", "config", "said"),
    [
        (
            "kafka-python",
            {"delivery.timeout.ms": 29_999},
            "kafka-python 3.0.12 refuses delivery.timeout.ms=29999, which is less than linger.ms=0 (its default) and "
            "request.timeout.ms=30000 (its default) together.",
        ),
        (
            "kafka-python",
            {"request.timeout.ms": 119_990, "linger.ms": 11},
            "kafka-python 3.0.12 refuses delivery.timeout.ms=120000 (its default), which is less than linger.ms=11 and "
            "request.timeout.ms=119990 together.",
        ),
        ("kafka-python", {"delivery.timeout.ms": 500, "request.timeout.ms": 400, "linger.ms": 100}, None),
        (
            "confluent-kafka",
            {"delivery.timeout.ms": 5, "linger.ms": 5},
            "confluent-kafka 2.16.1 refuses delivery.timeout.ms=5, which is not more than linger.ms=5.",
        ),
        (
            "confluent-kafka",
            {"acks": "all", "linger.ms": 300_000},
            "confluent-kafka 2.16.1 refuses delivery.timeout.ms=300000 (its default), which is not more than "
            "linger.ms=300000.",
        ),
        (
            "librdkafka",
            {"delivery.timeout.ms": 5, "linger.ms": 5},
            "librdkafka 2.16.0 refuses delivery.timeout.ms=5, which is not more than linger.ms=5.",
        ),
        ("confluent-kafka", {"delivery.timeout.ms": 5}, None),
        (
            "confluent-kafka",
            {**TRANSACTIONAL, "delivery.timeout.ms": 60_001},
            "confluent-kafka 2.16.1 refuses delivery.timeout.ms=60001, which is more than transaction.timeout.ms=60000 "
            "(its default).",
        ),
        (
            "confluent-kafka",
            {**TRANSACTIONAL, "transaction.timeout.ms": 2_000, "request.timeout.ms": 2_101},
            "confluent-kafka 2.16.1 refuses request.timeout.ms=2101, which is more than transaction.timeout.ms=2000 by "
            "more than 100.",
        ),
        ("confluent-kafka", {**TRANSACTIONAL, "transaction.timeout.ms": 2_000, "request.timeout.ms": 2_100}, None),
        ("confluent-kafka", {**TRANSACTIONAL, "linger.ms": 300_000}, None),
        ("confluent-kafka", {"delivery.timeout.ms": 500, "request.timeout.ms": 1_000, "linger.ms": 25}, None),
        ("aiokafka", {"request.timeout.ms": 10, "linger.ms": 5_000}, None),
    ],
)
def test_what_is_refused_together(client: str, config: Config, said: str | None) -> None:
    assert clients.refuses(client, config) == said
    assert clients.unsupported(client, config) == []
    assert takes(client, config) == (said is None)
    assert said is None or f"{client} {installed(client)} " in said, "asked of another version: ask this one"


def test_a_value_that_is_out_of_a_client_s_range_is_said_with_the_range() -> None:
    config: Config = {"linger.ms": 900_001, "request.timeout.ms": 9, "batch.size": 0, "delivery.timeout.ms": 0}
    assert clients.unsupported("confluent-kafka", config) == [
        "confluent-kafka takes linger.ms from 0 to 900000, not 900001.",
        "confluent-kafka takes request.timeout.ms from 10 to 300000, not 9.",
        "confluent-kafka takes batch.size from 1 to 2147483647, not 0.",
        "confluent-kafka takes delivery.timeout.ms from 1 to 2147483647, not 0.",
    ]


def test_a_version_that_takes_no_batches_says_so_before_it_is_driven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confluent_kafka, "Producer", object)
    with pytest.raises(ClientRefused, match=r"takes no batch of messages, as it is given them; 2\.12 does"):
        confluent.version()
