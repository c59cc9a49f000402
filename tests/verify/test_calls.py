"""Calls of a client that did not return, by hand: what is found, and what a trial's verdict is then."""

from __future__ import annotations

import numpy as np
import pytest

from harness.events import Ending, Verdict
from harness.verify import GivenUp, ReadCommitted, Readings, find, verdict

from .asking import ALLOWED, EXPECTED, FORBIDDEN, expectations
from .histories import ACKED, found, log, producer
from .test_transactions import two_messages

COMMIT = GivenUp("commit_transaction", 71.5)
TRANSACTIONAL = {"acks": "all", "enable.idempotence": True, "transactional": True, "replication.factor": 3}
AT_COMMIT = {"point": "at-commit"}


def readings(*given_up: GivenUp) -> Readings:
    """One transaction whose commit was asked for, and did not happen."""
    sent = two_messages(0, 0, ended=[Ending.OPEN], asked=[Ending.COMMITTED])
    return Readings([sent], log((0, 0, 0, 0), (1, 0, 0, 1)), ReadCommitted(log(), np.array([9, 9])), given_up=given_up)


def test_its_witness_is_the_call_and_how_long_it_was_waited_for() -> None:
    findings = find(readings(COMMIT, COMMIT))
    assert found(findings) == {"hung_call": 2}
    assert findings.witnesses["hung_call"] == [{"call": "commit_transaction", "seconds": 71.5}] * 2


def test_where_no_call_has_a_bound_nobody_counts_any() -> None:
    assert find(Readings([producer((0, ACKED))], log((0, 0, 0, 0)))).anomalies.hung_call is None
    assert find(readings()).anomalies.hung_call == 0


@pytest.mark.parametrize(
    ("client", "version", "fault", "parameters", "permission"),
    [
        ("kafka-python", "3.0.12", "kill-coordinator", AT_COMMIT, EXPECTED),
        ("kafka-python", "3.0.12", "kill-coordinator", {}, ALLOWED),
        ("kafka-python", "3.0.12", "kill-leader", {}, ALLOWED),
        ("kafka-python", "3.0.12", "pause-coordinator", AT_COMMIT, FORBIDDEN),
        ("kafka-python", "3.0.13", "kill-coordinator", AT_COMMIT, FORBIDDEN),
        ("aiokafka", "0.14.0", "kill-coordinator", AT_COMMIT, FORBIDDEN),
        ("confluent-kafka", "2.16.1", "kill-coordinator", AT_COMMIT, FORBIDDEN),
    ],
)
def test_it_is_forbidden_but_to_the_version_that_is_known_to_do_so(
    client: str, version: str, fault: str, parameters: dict[str, str], permission: str
) -> None:
    asked = expectations(client, TRANSACTIONAL, fault, parameters, version=version)
    assert [each.permission for each in asked if each.anomaly == "hung_call"] == [permission]
    rules = [each for each in asked if each.anomaly != "unreported"]
    word, reason = verdict(find(readings(COMMIT)), rules, fault=fault, fired=True, problem=None)
    words = {FORBIDDEN: Verdict.BROKEN, ALLOWED: Verdict.ALLOWED, EXPECTED: Verdict.REPRODUCED}
    assert word is words[asked[0].permission.__class__(permission)] and "hung_call 1" in reason
    word, _ = verdict(find(readings()), rules, fault=fault, fired=True, problem=None)
    assert word is (Verdict.NOT_EXERCISED if permission == EXPECTED else Verdict.KEPT)
