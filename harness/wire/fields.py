"""The primitive types of Kafka's protocol, read from bytes that nobody has checked.

Only what must be found in a message is read, and the rest is stepped over, so that a message is never taken apart and
put together again. That is why this is not ``kio``: its reader allocates what an array's length claims before it has
looked whether so much is there, which ends the process on a damaged frame, and it refuses tags and error codes that
it does not know. The tests hold every layout of this room against ``kio``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_INT16 = struct.Struct(">h")
_INT32 = struct.Struct(">i")


class Malformed(Exception):
    """These bytes cannot be Kafka's protocol; only the connection they came on is lost."""


class Truncated(Malformed):
    """The bytes end within the message."""


class Fields:
    """Goes over the fields of one message, from ``at`` on. Every step raises ``Truncated`` at the end of the bytes.

    ``flexible`` messages have compact strings and arrays and end each structure with tagged fields (KIP-482).
    """

    def __init__(self, data: bytes | memoryview, at: int, flexible: bool) -> None:
        self.data = data
        self.at = at
        self.flexible = flexible

    def skip(self, size: int) -> None:
        self.at += size
        if self.at > len(self.data):
            raise Truncated(f"the message ends after {len(self.data)} bytes, within a field")

    def uint8(self) -> int:
        self.skip(1)
        return self.data[self.at - 1]

    def int16(self) -> int:
        self.skip(2)
        return int(_INT16.unpack_from(self.data, self.at - 2)[0])

    def int32(self) -> int:
        self.skip(4)
        return int(_INT32.unpack_from(self.data, self.at - 4)[0])

    def varint(self) -> int:
        value = 0
        for shift in range(0, 35, 7):
            byte = self.uint8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise Malformed("a varint of more than five bytes")

    def string(self) -> str | None:
        length = self.varint() - 1 if self.flexible else self.int16()
        start = self.at
        self.skip(max(length, 0))
        return str(self.data[start : self.at], "utf-8", "replace") if length >= 0 else None

    def skip_string(self) -> None:
        self.skip(max(self.varint() - 1 if self.flexible else self.int16(), 0))

    def skip_bytes(self) -> int:
        """Bytes or records; says how many."""
        size = max(self.varint() - 1 if self.flexible else self.int32(), 0)
        self.skip(size)
        return size

    def array(self) -> range:
        """The elements by number, whose fields are the caller's to read; a null array has none."""
        return range(self.varint() - 1 if self.flexible else self.int32())

    def tags(self) -> Iterator[int]:
        """The number of each tagged field here, standing at its size; whatever is read of it, the next one follows."""
        if not self.flexible:
            return
        for _ in range(self.varint()):
            tag, at = self.varint(), self.at
            yield tag
            self.at = at
            self.skip(self.varint())

    def skip_tags(self) -> None:
        if self.flexible:
            for _ in range(self.varint()):
                self.skip_tag()

    def skip_tag(self) -> None:
        """One tagged field."""
        self.varint()
        self.skip(self.varint())


def varint(value: int) -> bytes:
    """An unsigned varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
