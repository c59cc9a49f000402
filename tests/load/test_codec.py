"""Messages: what a producer wrote is recognised, and nothing else is."""

import struct

import google_crc32c
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.codec import HEADER_BYTES, Codec

sizes = st.integers(HEADER_BYTES, 400)
keys = st.integers(0, 2**64 - 1)
columns = st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**62)), min_size=1, max_size=30)


@given(sizes, keys, st.integers(0, 2**31 - 1), columns)
def test_what_was_encoded_comes_back(size: int, key: int, producer: int, rows: list[tuple[int, int]]) -> None:
    sequence, due = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    values = Codec(key, size, producer).encode(sequence, due)
    assert [len(value) for value in values] == [size] * len(rows)
    back = Codec(key, size).decode(values)
    assert back.valid.all()
    assert (back.sequence == sequence).all() and (back.due_ns == due).all() and (back.producer == producer).all()


@given(sizes, st.integers(0, 10**6), st.data())
def test_one_changed_bit_is_found(size: int, sequence: int, data: st.DataObject) -> None:
    _assert_damage_is_found(size, sequence, data.draw(st.integers(0, size * 8 - 1)))


def test_any_changed_bit_of_the_head_is_found() -> None:
    for bit in range(36 * 8):
        _assert_damage_is_found(100, 5, bit)


def _assert_damage_is_found(size: int, sequence: int, bit: int) -> None:
    codec = Codec(7, size)
    (value,) = codec.encode(np.array([sequence]), np.array([sequence * 3]))
    damaged = bytearray(value)
    damaged[bit // 8] ^= 1 << bit % 8
    assert not codec.decode([bytes(damaged)]).valid.any()


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_foreign_bytes_are_never_valid(values: list[bytes]) -> None:
    assert not Codec(7, 100).decode(values).valid.any()


def test_the_checksum_is_crc32c_of_all_other_bytes() -> None:
    (value,) = Codec(2**63 + 5, 120, producer=3).encode(np.array([123456]), np.array([987654321]))
    (stored,) = struct.unpack(">I", value[32:36])
    assert stored == google_crc32c.value(value[:32] + value[36:])


@given(st.binary(max_size=200))
def test_a_producer_in_another_language_may_fill_up_with_what_it_likes(filler: bytes) -> None:
    head = struct.pack(">2sBBiQqq", b"KD", 1, 0, 3, 7, 5, 11)
    value = head + struct.pack(">I", google_crc32c.value(head + filler)) + filler
    assert len(value) == HEADER_BYTES + len(filler)
    back = Codec(7, len(value)).decode([value])
    assert (back.valid[0], back.producer[0], back.sequence[0], back.due_ns[0]) == (True, 3, 5, 11)
    assert not Codec(8, len(value)).decode([value]).valid.any()


def test_another_trials_message_is_not_ours() -> None:
    values = Codec(1, 100).encode(np.arange(5), np.arange(5))
    assert not Codec(2, 100).decode(values).valid.any()


def test_valid_and_damaged_messages_mix() -> None:
    codec = Codec(1, 100)
    values = codec.encode(np.arange(4), np.arange(4))
    values[1] = b""
    values[2] = values[2][:-1]
    assert codec.decode(values).valid.tolist() == [True, False, False, True]


def test_a_size_without_room_for_the_header_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 36 bytes"):
        Codec(1, 35)
