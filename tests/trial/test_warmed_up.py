"""The end of a warm-up: every record of it is replicated, and no marker of a transaction passes for one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.trial.produce import stored_all

logs = st.lists(st.lists(st.sampled_from(["message", "marker"]), max_size=12), min_size=1, max_size=4)


@given(logs, st.data())
def test_with_transactions_no_message_is_missing_whatever_markers_there_are(
    logs: list[list[str]], data: st.DataObject
) -> None:
    """Of each partition all messages are acked, each at its own offset; so far some of its log is replicated."""
    ends = {
        partition: max(offset for offset, kind in enumerate(log) if kind == "message") + 1
        for partition, log in enumerate(logs)
        if "message" in log
    }
    watermarks = {partition: data.draw(st.integers(0, len(log))) for partition, log in enumerate(logs)}
    replicated = all("message" not in log[watermarks[partition] :] for partition, log in enumerate(logs))
    assert stored_all(watermarks, ends, None) == replicated


def test_as_many_records_as_there_are_messages_may_be_markers() -> None:
    # Of two partitions with a message each the first has its marker as well, and of the second nothing is replicated.
    assert not stored_all({0: 2, 1: 0}, {0: 1, 1: 1}, None)
    assert stored_all({0: 2, 1: 1}, {0: 1, 1: 1}, None)


def test_without_offsets_all_that_was_sent_is_waited_for() -> None:
    assert not stored_all({0: 3, 1: 1}, {}, 5)
    assert stored_all({0: 3, 1: 2}, {}, 5)
    assert not stored_all({}, {}, 5)
