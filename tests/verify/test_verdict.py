"""Verdicts: which word wins, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from harness.events import Permission, Verdict
from harness.store import Anomalies, Counts, Expectation
from harness.verify import Findings, observed, verdict

JUDGED = ("lost", "duplicate", "reordered", "unknown_landed", "unknown_absent", "failed_landed", "unexpected")


def findings(sent: int = 100, **anomalies: int) -> Findings:
    counts = Counts(sent=sent, acked=sent - 10, failed=0, unknown=10, unconfirmed=0, in_log=2_000)
    return Findings(counts, Anomalies(**{**dict.fromkeys(JUDGED, 0), **anomalies}), {})


def rules(**permissions: str) -> list[Expectation]:
    """Everything is allowed but what is named."""
    return [
        Expectation(
            anomaly=anomaly,
            permission=Permission(permissions.get(anomaly, "allowed")),
            reason=f"the rule on {anomaly}",
            source="test",
        )
        for anomaly in JUDGED
    ]


def judged(found: Findings | None, expectations: list[Expectation], **how: Any) -> tuple[Verdict, str]:
    return verdict(found, expectations, **{"fault": "kill-leader", "fired": True, "problem": None, **how})


@pytest.mark.parametrize(
    ("anomalies", "permissions", "how", "expected"),
    [
        ({}, {"lost": "forbidden"}, {}, "kept"),
        ({"lost": 3}, {"lost": "allowed"}, {}, "allowed"),
        ({"lost": 3}, {"lost": "allowed", "duplicate": "expected"}, {}, "not_exercised"),
        ({"lost": 3, "duplicate": 1}, {"lost": "allowed", "duplicate": "expected"}, {}, "reproduced"),
        ({"lost": 3}, {"lost": "allowed"}, {"fired": False}, "not_exercised"),
        ({"lost": 3}, {"lost": "allowed"}, {"fired": False, "fault": None}, "allowed"),
        ({"unknown_landed": 3, "unknown_absent": 1}, {}, {}, "kept"),
        ({"lost": 3}, {"lost": "forbidden"}, {}, "broken"),
        ({"lost": 3}, {"lost": "expected"}, {}, "reproduced"),
        ({}, {"lost": "expected"}, {}, "not_exercised"),
        ({"lost": 3}, {"lost": "expected", "duplicate": "expected"}, {}, "not_exercised"),
        ({"lost": 3, "duplicate": 1}, {"lost": "expected", "duplicate": "forbidden"}, {}, "broken"),
        ({}, {}, {"fired": False}, "not_exercised"),
        ({}, {}, {"fired": False, "fault": None}, "kept"),
        ({"lost": 3}, {"lost": "expected"}, {"fired": False}, "not_exercised"),
        ({"lost": 3}, {"lost": "forbidden"}, {"fired": False}, "broken"),
        ({}, {}, {"problem": "the client hung"}, "unknown"),
        ({"lost": 3}, {"lost": "expected"}, {"problem": "the client hung"}, "unknown"),
        ({}, {}, {"problem": "the client hung", "fired": False}, "unknown"),
        ({"lost": 3}, {"lost": "forbidden"}, {"problem": "the client hung", "fired": False}, "broken"),
    ],
)
def test_which_word_wins(
    anomalies: dict[str, int], permissions: dict[str, str], how: dict[str, Any], expected: str
) -> None:
    word, reason = judged(findings(**anomalies), rules(**permissions), **how)
    assert word == expected
    assert reason


def test_no_data_is_unknown() -> None:
    assert judged(None, rules()) == (Verdict.UNKNOWN, "there is no data")
    assert judged(None, rules(), problem="the scan stopped") == (Verdict.UNKNOWN, "the scan stopped")


def test_nothing_sent_is_unknown_unless_the_log_holds_what_it_must_not() -> None:
    assert judged(findings(sent=0), rules(), fault=None) == (Verdict.UNKNOWN, "no message was sent")
    assert judged(findings(sent=0, unexpected=1), rules(unexpected="forbidden"))[0] == Verdict.BROKEN


def test_an_anomaly_without_an_expectation_is_no_pass() -> None:
    word, reason = judged(findings(), rules()[1:])
    assert (word, reason) == (Verdict.UNKNOWN, "counts and expectations do not match: lost")


def test_an_expectation_about_what_nobody_counted_is_no_pass() -> None:
    torn = Expectation(anomaly="torn_transaction", permission=Permission.FORBIDDEN, reason="atomic", source="KIP-98")
    word, reason = judged(findings(), [*rules(), torn])
    assert (word, reason) == (Verdict.UNKNOWN, "counts and expectations do not match: torn_transaction")


@pytest.mark.parametrize(
    ("found", "expectations", "how", "reason"),
    [
        (
            findings(1_200, lost=3, reordered=1),
            rules(lost="forbidden", reordered="forbidden"),
            {},
            "lost 3, forbidden: the rule on lost; reordered 1, forbidden: the rule on reordered "
            "(1,200 sent, 1,190 acked, 10 unknown, 2,000 in the log)",
        ),
        (
            findings(lost=90),
            rules(lost="expected"),
            {},
            "lost 90, as expected: the rule on lost (100 sent, 90 acked, 10 unknown, 2,000 in the log)",
        ),
        (
            findings(),
            rules(lost="expected"),
            {},
            "lost 0, though expected: the rule on lost (100 sent, 90 acked, 10 unknown, 2,000 in the log)",
        ),
        (
            findings(),
            rules(),
            {"fired": False},
            "kill-leader did not fire, so it proves nothing (100 sent, 90 acked, 10 unknown, 2,000 in the log)",
        ),
        (
            findings(duplicate=1_000, unknown_landed=4),
            rules(lost="forbidden"),
            {},
            "duplicate 1,000, allowed: the rule on duplicate (100 sent, 90 acked, 10 unknown, 2,000 in the log)",
        ),
        (
            findings(unknown_landed=4),
            rules(lost="forbidden"),
            {},
            "nothing went wrong among 100 sent, 90 acked, 10 unknown, 2,000 in the log; unknown_landed 4",
        ),
    ],
)
def test_the_reason_is_a_sentence_with_the_counts(
    found: Findings, expectations: list[Expectation], how: dict[str, Any], reason: str
) -> None:
    assert judged(found, expectations, **how)[1] == reason


@pytest.mark.parametrize(
    ("lost", "duplicate", "guarantee"),
    [
        (0, 0, "once"),
        (0, 7, "at-least-once"),
        (7, 0, "at-most-once"),
        (7, 7, "none"),
        (None, 0, None),
        (0, None, None),
    ],
)
def test_observed(lost: int | None, duplicate: int | None, guarantee: str | None) -> None:
    assert observed(Anomalies(lost=lost, duplicate=duplicate)) == guarantee
