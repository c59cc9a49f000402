"""Cuts one direction of a Kafka connection into frames, without sockets.

A frame is a signed 32-bit size, big-endian, and so many bytes of payload (https://kafka.apache.org/protocol#protocol_common).
Whoever owns a ``Walker`` decides about a frame as soon as enough of its head has arrived, and what is passed on is the
chunk itself or a view on it, never a copy.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple

from harness.wire.fields import Malformed
from harness.wire.plans import Line

Piece = bytes | memoryview


class Marked(NamedTuple):
    """A frame, when it may go on, and what becomes of the line behind it."""

    piece: Piece
    delay_ms: int = 0
    line: Line | None = None


MAX_HELD_BYTES = 100 << 20
"""The largest frame that is ever held in memory: the default of a broker's ``socket.request.max.bytes``."""
MAX_HEAD_BYTES = 72 << 10
"""The longest head that is waited for: a client id and a transactional id of 32 KiB each, and some tags."""

SIZE = struct.Struct(">i")


class Fate(Enum):
    """What a walker does with a frame."""

    PASS = "pass"
    DROP = "drop"
    HOLD = "hold"
    """Buffer it whole, then ask again."""


# An enum's member takes a while to be looked up, and this is done for each chunk.
_PASS, _HOLD = Fate.PASS, Fate.HOLD


class Walker:
    """Goes along one direction of one connection, in time linear in its bytes whatever the chunks.

    ``head`` is asked about each frame with as much of its payload as is there: a ``Fate``, or None for more bytes. It
    is asked again after every chunk, so that it should go on where it stopped; it keeps nothing of the payload.
    ``whole`` is asked about each frame that was held, its size included: the frame to pass on instead, or None to
    drop it. Whatever the chunks, both decide about the same frames in the same order. ``ahead`` has what ``head`` wants
    to go before the frame it decides about.
    """

    def __init__(
        self, head: Callable[[memoryview], Fate | None], whole: Callable[[memoryview], Piece | Marked | None]
    ) -> None:
        self.ahead: list[Marked] = []
        self._head = head
        self._whole = whole
        self._fate = _PASS
        self._left = 0  # bytes of the current frame that are still to come
        self._partial = bytearray()  # the start of a frame whose head is incomplete; it grows in place
        self._held = bytearray()

    @property
    def between_frames(self) -> bool:
        return not self._left and not self._partial

    def feed(self, chunk: bytes) -> Iterator[Piece | Marked]:
        """What to pass on. Raises ``Malformed`` after everything before the malformed frame has been given out."""
        if self._fate is _PASS and self._left >= len(chunk):
            self._left -= len(chunk)
            yield chunk
            return
        if self._partial:
            self._partial += chunk
            yield from self._walk(self._partial)
        else:
            yield from self._walk(chunk)

    def _walk(self, data: bytes | bytearray) -> Iterator[Piece | Marked]:
        """Goes along what begins between two frames or within one; ``data`` is the partial frame, or comes after it."""
        view = memoryview(data).toreadonly()
        passed = at = 0  # view[passed:at] is to be passed on as one piece
        while at < len(view):
            if not self._left:
                try:
                    complete = self._begin(view, at)
                except Malformed:
                    yield view[passed:at]
                    yield from self.ahead
                    raise
                if not complete:
                    if data is not self._partial:
                        self._partial = bytearray(view[at:])
                    break
                if data is self._partial:
                    self._partial = bytearray()  # what has grown is passed on as it is
                if self.ahead:
                    if passed < at:
                        yield view[passed:at]
                    passed = at
                    yield from self.ahead
                    self.ahead = []
            size = min(self._left, len(view) - at)
            self._left -= size
            if self._fate is not _PASS:
                if passed < at:
                    yield view[passed:at]
                passed = at + size
                frame = self._hold(view[at:passed]) if self._fate is _HOLD else None
                if frame is not None:
                    yield frame
            at += size
        if passed < at:
            yield view[passed:at]

    def _begin(self, view: memoryview, at: int) -> bool:
        """Decides about the frame that starts there, if enough of it is there."""
        if len(view) - at < SIZE.size:
            return False
        (size,) = SIZE.unpack_from(view, at)
        if size < 0:
            raise Malformed(f"a frame of {size} bytes")
        at += SIZE.size
        payload = view[at : at + size]
        fate = self._head(payload)
        if fate is None:
            if len(payload) == size or len(payload) > MAX_HEAD_BYTES:
                raise Malformed(f"no head within the first {len(payload)} of {size} bytes")
            return False
        if fate is _HOLD and size > MAX_HELD_BYTES:
            raise Malformed(f"a frame of {size} bytes, too large to be held")
        self._fate = fate
        self._left = SIZE.size + size
        return True

    def _hold(self, part: memoryview) -> Piece | Marked | None:
        """Adds a part to the held frame; when that makes it whole, what to pass on."""
        if self._left or self._held:
            self._held += part
        if self._left:
            return None
        if self._held:
            part, self._held = memoryview(self._held).toreadonly(), bytearray()
        return self._whole(part)
