"""How long clients wait, by their own words."""

from __future__ import annotations

import math

import pytest

from harness.clients.traits import traits
from harness.verify import report_within_s, tries_s

TIMEOUTS = {"request.timeout.ms": 1_000, "delivery.timeout.ms": 3_000}


@pytest.mark.parametrize("client", ["kafka-python", "confluent-kafka"])
def test_a_report_is_due_when_delivery_timeout_ms_is_over_and_a_margin(client: str) -> None:
    assert report_within_s(traits(client), TIMEOUTS) == 3 + 5
    assert tries_s(traits(client), TIMEOUTS) == 3


@pytest.mark.parametrize("idempotent", [True, False])
def test_aiokafka_never_says_when_a_report_is_due(idempotent: bool) -> None:
    """A batch may wait for its turn, a connection and metadata before anybody looks at its age: 4.9 s were measured."""
    settings = {"request.timeout.ms": 1_000, "enable.idempotence": idempotent}
    assert report_within_s(traits("aiokafka"), settings) is None
    assert tries_s(traits("aiokafka"), settings) == (math.inf if idempotent else 1)


def test_of_a_client_that_nobody_knows_no_report_is_due() -> None:
    assert report_within_s(traits("another"), {"request.timeout.ms": 1_000}) is None
