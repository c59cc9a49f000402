"""Offsets that acks named, and those that librdkafka makes up where one named none."""

from __future__ import annotations

from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from harness.clients.offsets import AckedOffsets

batches = st.lists(
    st.tuples(st.sampled_from("tu"), st.integers(0, 1), st.booleans(), st.integers(1, 5)), max_size=12
)  # topic, partition, whether its ack named an offset, messages


@given(batches, st.data())
def test_only_what_an_ack_named_is_an_offset(batches: list[tuple[str, int, bool, int]], data: st.DataObject) -> None:
    """In whatever portions the reports come; a log begins behind the warm-up, so that no batch begins at 0."""
    ends = {(topic, partition): 50 for topic in "tu" for partition in (0, 1)}
    messages: list[Message] = []
    named: list[int] = []
    for topic, partition, has_offset, count in batches:
        base = ends[topic, partition] if has_offset else -1
        messages += [Message(topic=topic, partition=partition, offset=base + i) for i in range(count)]
        named += [base + i if has_offset else -1 for i in range(count)]
        ends[topic, partition] += count
    offsets, found = AckedOffsets(), []
    while messages:
        portion = data.draw(st.integers(1, len(messages)))
        found += offsets.of(messages[:portion]).tolist()
        del messages[:portion]
    assert found == named
