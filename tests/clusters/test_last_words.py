"""Which line of what a node said tells why it ended."""

from __future__ import annotations

import pytest

from harness.clusters.last_words import last_words

_REPORTER = """\
[main] ERROR org.apache.kafka.server.fault.ProcessTerminatingFaultHandler - Encountered fatal fault: caught exception
org.apache.kafka.common.KafkaException: Class nowhere.Reporter cannot be found
\tat org.apache.kafka.common.utils.Utils.newInstance(Utils.java:400)
Caused by: java.lang.ClassNotFoundException: nowhere.Reporter
\tat java.base/java.lang.Class.forName0(Native Method)
"""
_AFTER_IT = """\
[main] ERROR org.apache.kafka.server.fault.ProcessTerminatingFaultHandler - Encountered fatal fault: at shutdown
Caused by: org.apache.kafka.server.fault.FaultHandlerException: Attempted to remove publisher X, which is not installed.
"""


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "it said nothing"),
        ("up\n\nand away\n", "and away"),
        ("java.io.IOException: one\n[main] INFO well\njava.io.IOException: two\n", "java.io.IOException: two"),
        (_REPORTER, "Caused by: java.lang.ClassNotFoundException: nowhere.Reporter"),
        (_REPORTER + "[main] INFO shutting down\n", "Caused by: java.lang.ClassNotFoundException: nowhere.Reporter"),
        (_REPORTER + _AFTER_IT, "Caused by: java.lang.ClassNotFoundException: nowhere.Reporter"),
        (
            "[main] ERROR - a fatal error, without a trace\n[main] INFO bye\n",
            "[main] ERROR - a fatal error, without a trace",
        ),
    ],
)
def test_it_is_the_first_fatal_fault_else_the_last_that_tells_of_any(said: str, why: str) -> None:
    assert last_words(said.encode()) == why


def test_it_is_short_whatever_it_was() -> None:
    assert len(last_words(b"ERROR " + b"\xff" * 1_000)) == 300
