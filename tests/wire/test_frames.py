"""The walker: whatever the chunks, the same frames meet the same fate; what is no frame costs only its connection."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.fields import Malformed
from harness.wire.frames import MAX_HEAD_BYTES, MAX_HELD_BYTES, Fate, Marked, Piece, Walker

HEAD_BYTES = 3
FATES = {0: Fate.PASS, 1: Fate.DROP, 2: Fate.HOLD}


@dataclass
class Owner:
    """Reads a frame's fate from the third byte of its payload; answers held ones with something of another length."""

    heads: list[int] = field(default_factory=list)

    def head(self, payload: memoryview) -> Fate | None:
        if len(payload) < HEAD_BYTES:
            return None
        self.heads.append(payload[1])
        return FATES[payload[2]]

    def whole(self, frame: memoryview) -> Piece | None:
        assert len(frame) == 4 + struct.unpack_from(">i", frame)[0]
        return None if frame[5] % 2 else b"<" + bytes(frame[4:]) + b">"

    def walker(self) -> Walker:
        return Walker(self.head, self.whole)


def frame(number: int, fate: int, filler: bytes = b"") -> bytes:
    payload = bytes((0, number, fate)) + filler
    return struct.pack(">i", len(payload)) + payload


def expected(frames: Iterable[bytes]) -> bytes:
    """The obvious model."""

    def passed(frame: bytes) -> bytes:
        fate = FATES[frame[6]]
        if fate is Fate.PASS:
            return frame
        return b"<" + frame[4:] + b">" if fate is Fate.HOLD and not frame[5] % 2 else b""

    return b"".join(map(passed, frames))


def plain(piece: Piece | Marked) -> bytes:
    """The bytes of a piece, whatever it is marked with."""
    return bytes(piece.piece if isinstance(piece, Marked) else piece)


def chunked(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places) if a < b]


frames = st.lists(st.builds(frame, st.integers(0, 255), st.integers(0, 2), st.binary(max_size=60)), max_size=8)
cuts = st.lists(st.integers(0, 1000), max_size=30)


@given(frames, cuts)
def test_any_chunking_gives_the_same_frames(sent: list[bytes], cuts: list[int]) -> None:
    owner = Owner()
    walker = owner.walker()
    out = b"".join(plain(piece) for chunk in chunked(b"".join(sent), cuts) for piece in walker.feed(chunk))
    assert out == expected(sent)
    assert owner.heads == [frame[5] for frame in sent]
    assert walker.between_frames


@given(frames, cuts, st.sampled_from([b"\xff\xff\xff\xff", b"\x80\0\0\0", struct.pack(">i", 2) + b"xx", bytes(4)]))
def test_what_precedes_a_malformed_frame_is_passed_on(sent: list[bytes], cuts: list[int], malformed: bytes) -> None:
    walker = Owner().walker()
    out = b""
    with pytest.raises(Malformed):
        for chunk in chunked(b"".join(sent) + malformed + b"after", cuts):
            for piece in walker.feed(chunk):
                out += plain(piece)
    assert out == expected(sent)


@given(frames, cuts)
def test_what_goes_ahead_of_a_frame_does_so_whatever_the_chunks(sent: list[bytes], cuts: list[int]) -> None:
    owner = Owner()

    def head(payload: memoryview) -> Fate | None:
        fate = owner.head(payload)
        if fate is not None and payload[1] % 3 == 0:
            walker.ahead += [Marked(b"ahead"), Marked(b"of")]
        return fate

    walker = Walker(head, owner.whole)
    out = b"".join(plain(piece) for chunk in chunked(b"".join(sent), cuts) for piece in walker.feed(chunk))
    assert out == b"".join((b"" if each[5] % 3 else b"aheadof") + expected([each]) for each in sent)


@given(st.binary(max_size=200), cuts)
def test_any_bytes_are_frames_or_malformed(data: bytes, cuts: list[int]) -> None:
    walker = Walker(lambda payload: FATES[payload[0] % 3] if len(payload) else None, lambda frame: frame)
    passed = 0
    try:
        for chunk in chunked(data, cuts):
            passed += sum(map(len, walker.feed(chunk)))
    except Malformed:
        pass
    assert passed <= len(data)


def test_passing_on_copies_nothing() -> None:
    whole = frame(1, 0, bytes(1000))
    walker = Owner().walker()
    first, rest = whole[:100], whole[100:]
    (piece,) = walker.feed(first)
    assert isinstance(piece, memoryview) and piece.obj is first
    (piece,) = walker.feed(rest)
    assert piece is rest


@given(st.lists(st.integers(1, 40), min_size=1, max_size=300))
def test_a_head_that_comes_in_pieces_is_copied_once(sizes: list[int]) -> None:
    """Bytes are copied into each new buffer; one that only grows moves its bytes a bounded number of times."""
    size, copies = sum(sizes), dict[int, tuple[object, int]]()

    def head(payload: memoryview) -> Fate | None:
        if payload.obj is not fed:
            copies[id(payload.obj)] = payload.obj, len(payload)  # kept, so that no other has its place
        return Fate.PASS if len(payload) == size else None

    walker = Walker(head, lambda frame: frame)
    given_out = []
    for fed in (struct.pack(">i", size), *map(bytes, sizes)):
        given_out += [plain(piece) for piece in walker.feed(fed)]
    assert given_out == [struct.pack(">i", size) + bytes(size)]
    assert sum(copied for _, copied in copies.values()) <= size


def test_a_frame_that_is_passed_on_may_be_of_any_size() -> None:
    start = struct.pack(">i", 2**31 - 1) + bytes((0, 1, 0))
    assert list(Owner().walker().feed(start)) == [start]


def test_a_frame_too_large_to_be_held_is_malformed() -> None:
    with pytest.raises(Malformed, match="too large"):
        list(Owner().walker().feed(struct.pack(">i", MAX_HELD_BYTES + 1) + bytes((0, 1, 2))))


def test_a_head_that_never_ends_is_malformed() -> None:
    walker = Walker(lambda payload: None, lambda frame: frame)
    assert list(walker.feed(struct.pack(">i", 1 << 30) + bytes(MAX_HEAD_BYTES))) == []
    with pytest.raises(Malformed, match="no head"):
        list(walker.feed(b"x"))
