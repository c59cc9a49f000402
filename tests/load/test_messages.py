"""Messages of every shape: what was made is recognised, and what is not as it was made is not."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clients.batch import Batch
from harness.load.messages import Messages
from harness.load.shape import Shape

SHAPES = st.builds(
    Shape,
    sizes=st.sampled_from([((100, 100),), ((40, 99), (5_000, 1)), ((36, 20), (50, 30), (60, 50))]),
    payload=st.sampled_from(["random", "compressible"]),
    keys=st.sampled_from(["none", "empty", "unique"]) | st.integers(1, 50),
    headers=st.integers(0, 3),
    nulls=st.integers(0, 100),
    off_ms=st.sampled_from([0, -1_000, 3_600_000]),
    off=st.integers(1, 100),
)


@dataclass
class Record:
    """As a consumer gives it."""

    its_value: bytes | None
    its_key: bytes | None
    its_headers: list[tuple[str, bytes]] = field(default_factory=list)

    def value(self) -> Any:
        return self.its_value

    def key(self) -> Any:
        return self.its_key

    def headers(self) -> Any:
        return self.its_headers or None


def stored(batch: Batch) -> list[Record]:
    return [Record(value, key, list(headers)) for value, key, headers, _ in batch.each()]


def made(shape: Shape, count: int = 200, producer: int = 3) -> Batch:
    return Messages(7, shape, producer).make(np.arange(count), np.arange(count) * 10)


@given(SHAPES)
def test_what_was_made_comes_back_whoever_reads_it(shape: Shape) -> None:
    back = Messages(7, Shape.of(asdict(shape))).read(stored(made(shape)))
    assert back.valid.all() and set(back.producer.tolist()) == {3}
    assert back.sequence.tolist() == list(range(200))
    assert back.due_ns.tolist() == list(range(0, 2_000, 10))
    assert not Messages(8, shape).read(stored(made(shape))).valid.any(), "of another run"


@given(SHAPES, st.integers(0, 5), st.integers(0, 50))
def test_each_hundred_has_what_was_asked_for(shape: Shape, hundred: int, producer: int) -> None:
    sequence = np.arange(100 * hundred, 100 * hundred + 100)
    batch = Messages(7, shape, producer).make(sequence, sequence)
    assert Counter(shape.size(sequence).tolist()) == dict(shape.sizes)
    assert sum(value is None for value in batch.values) == shape.nulls
    assert all(value is None or len(value) in dict(shape.sizes) for value in batch.values)
    if shape.off_ms:
        assert np.count_nonzero(shape.timestamp_off_ms(sequence)) == shape.off
    assert np.mean(shape.size(np.arange(1_000))) == pytest.approx(shape.mean_bytes, abs=0.5)


def test_a_hundred_is_in_another_order_than_the_next() -> None:
    shape = Shape(((40, 90), (50, 10)))
    places = {tuple(np.flatnonzero(shape.size(np.arange(first, first + 100)) == 50)) for first in range(0, 2_000, 100)}
    assert len(places) > 15


def test_keys_are_as_many_as_were_asked_for_and_all_are_used() -> None:
    few = Shape(keys=5).key(np.arange(1_000))
    assert len(set(few)) == 5 and min(Counter(few).values()) > 100
    assert len(set(Shape(keys="unique").key(np.arange(1_000)))) == 1_000
    assert set(Shape(keys="empty").key(np.arange(10))) == {b""}


@pytest.mark.parametrize("harm", ["key", "no key", "header", "another header", "no value"])
def test_a_message_that_is_not_as_it_was_made_is_none(harm: str) -> None:
    shape = Shape(keys=5, headers=1, nulls=1)
    records = stored(made(shape))
    record = next(record for record in records if record.its_value is not None)
    match harm:
        case "key":
            record.its_key = b"key-9"
        case "no key":
            record.its_key = None
        case "header":
            record.its_headers = [("header-0", b"no")]
        case "another header":
            record.its_headers.append(("more", b""))
        case "no value":
            record.its_value = None
    assert np.count_nonzero(~Messages(7, shape).read(records).valid) == 1


def test_a_value_of_another_size_is_none() -> None:
    small = Messages(7, Shape(((40, 100),)), 3).make(np.arange(100), np.arange(100))
    both = Messages(7, Shape(((40, 50), (50, 50))))
    assert np.count_nonzero(both.read(stored(small)).valid) == 50
    assert not Messages(7, Shape(((50, 100),))).read(stored(small)).valid.any()


def test_a_part_of_a_batch_has_each_column() -> None:
    batch = made(Shape(keys=2, headers=1, off_ms=5))
    part = batch[10:12]
    assert (len(part), part.plain) == (2, False)
    assert part.each() == batch.each()[10:12]
    assert len(batch[:0]) == 0 and not batch[:0]


def test_a_compressible_value_is_compressible_and_a_random_one_is_not() -> None:
    sizes = ((10_000, 100),)
    values = {
        payload: b"".join(made(replace(Shape(sizes), payload=payload), 10).values)
        for payload in ("random", "compressible")
    }
    assert len(zlib.compress(values["random"])) > 95_000
    assert len(zlib.compress(values["compressible"])) < 5_000
