"""Offsets that acks named, and those that librdkafka makes up where one named none."""

from __future__ import annotations

from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from harness.clients.offsets import AckedOffsets

batches = st.lists(
    st.tuples(st.integers(0, 2), st.booleans(), st.integers(1, 5)), max_size=12
)  # partition, whether its ack named an offset, messages


@given(batches, st.data())
def test_only_what_an_ack_named_is_an_offset(batches: list[tuple[int, bool, int]], data: st.DataObject) -> None:
    """In whatever portions the reports come; a log begins behind the warm-up, so that no batch begins at 0."""
    ends = {0: 50, 1: 50, 2: 50}
    messages: list[Message] = []
    named: list[int] = []
    for partition, has_offset, count in batches:
        base = ends[partition] if has_offset else -1
        messages += [Message(topic="t", partition=partition, offset=base + i) for i in range(count)]
        named += [base + i if has_offset else -1 for i in range(count)]
        ends[partition] += count
    offsets, found = AckedOffsets(), []
    while messages:
        portion = data.draw(st.integers(1, len(messages)))
        found += offsets.of(messages[:portion]).tolist()
        del messages[:portion]
    assert found == named
