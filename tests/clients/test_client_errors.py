"""What an error proves, without a broker."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection

import aiokafka.errors
import confluent_kafka
import kafka.errors
import numpy as np
import pytest

from harness.clients import CLIENTS
from harness.clients.delivery_reports import sequences
from harness.clients.errors import TABLES, ErrorRow, Proof, proved
from harness.clients.librdkafka.library import STATUSES
from harness.events import Outcome
from harness.load.codec import Codec

KNOWN: dict[str, Collection[str]] = {
    "aiokafka": vars(aiokafka.errors),
    "kafka-python": vars(kafka.errors),
    "confluent-kafka": dir(confluent_kafka.KafkaError),
    "confluent-kafka-aio": dir(confluent_kafka.KafkaError),
    "librdkafka": [f"{error} {status}" for error in dir(confluent_kafka.KafkaError) for status in STATUSES],
}


@pytest.mark.parametrize(("retries", "meaning"), [(0, Outcome.FAILED), (1, Outcome.UNKNOWN), (None, Outcome.UNKNOWN)])
def test_an_error_means_failed_only_where_it_is_proof(
    retries: int | None, meaning: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLES, "of-tomorrow", {proof.name: ErrorRow(proof, "because") for proof in Proof})
    settings = {} if retries is None else {"retries": retries}
    assert proved("of-tomorrow", settings) == {
        "NEVER_SENT": Outcome.FAILED,
        "NOT_WRITTEN": Outcome.FAILED,
        "ONE_ATTEMPT": meaning,
        "NEVER": Outcome.UNKNOWN,
    }
    assert proved("of-the-day-after", settings) == {}


@pytest.mark.parametrize("client", CLIENTS)
def test_every_row_is_an_error_the_client_has(client: str) -> None:
    assert TABLES[client].keys() <= set(KNOWN[client])


def test_judging_needs_no_clients_library() -> None:
    program = "import sys, harness.judge; print({'aiokafka', 'kafka', 'confluent_kafka'} & sys.modules.keys())"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"


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


@pytest.mark.parametrize("client", CLIENTS)
def test_timeouts_and_disconnects_prove_nothing(client: str) -> None:
    proofs = {error for error, outcome in proved(client, {"retries": 0}).items() if outcome is Outcome.FAILED}
    assert not proofs & TIMEOUTS_AND_DISCONNECTS
    assert not {error for error in proofs if error.endswith(" POSSIBLY_PERSISTED")}


def test_the_sequence_of_a_report_is_read_from_its_value() -> None:
    sequence = np.array([7, 2**40, 0])
    values = Codec(run_key=3, message_size=80).encode(sequence, np.array([1, 2, 3]))
    assert sequences(values).tolist() == sequence.tolist()
