"""What an error proves, without a broker."""

from __future__ import annotations

from collections.abc import Collection

import aiokafka.errors
import confluent_kafka
import kafka.errors
import numpy as np
import pytest

from harness.clients import aiokafka as aiokafka_module
from harness.clients import confluent, kafka_python
from harness.clients.errors import ErrorTable, Proof, Rule, proving
from harness.load.codec import Codec

TABLE: ErrorTable = {proof.name: Rule(proof, "because") for proof in Proof}


def test_an_error_means_failed_only_where_it_is_proof() -> None:
    assert proving(TABLE) == {"ONE_ATTEMPT"}


@pytest.mark.parametrize(
    ("table", "known"),
    [
        (aiokafka_module.ERRORS, vars(aiokafka.errors)),
        (kafka_python.ERRORS, vars(kafka.errors)),
        (confluent.ERRORS, dir(confluent_kafka.KafkaError)),
    ],
)
def test_every_row_is_an_error_the_client_has(table: ErrorTable, known: Collection[str]) -> None:
    assert set(table) <= set(known)


TIMEOUTS_AND_DISCONNECTS = {
    "KafkaTimeoutError",
    "RequestTimedOutError",
    "KafkaConnectionError",
    "NodeNotReadyError",
    "NetworkExceptionError",
    "_MSG_TIMED_OUT",
    "_TIMED_OUT",
    "_TRANSPORT",
    "REQUEST_TIMED_OUT",
    "NETWORK_EXCEPTION",
}


@pytest.mark.parametrize("table", [aiokafka_module.ERRORS, kafka_python.ERRORS, confluent.ERRORS])
def test_timeouts_and_disconnects_prove_nothing(table: ErrorTable) -> None:
    assert not proving(table) & TIMEOUTS_AND_DISCONNECTS


def test_the_sequence_of_a_report_is_read_from_its_value() -> None:
    sequence = np.array([7, 2**40, 0])
    values = Codec(run_key=3, message_size=80).encode(sequence, np.array([1, 2, 3]))
    assert confluent._sequences(values).tolist() == sequence.tolist()
