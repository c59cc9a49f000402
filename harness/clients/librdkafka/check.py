"""Whether messages come back from librdkafka as they went in, on this machine and with this build of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache

from harness.clients import ClientRefused
from harness.clients.librdkafka.library import DELIVERY_REPORTS, STATUSES, Handle, error_name
from harness.clients.librdkafka.messages import filled, gathered

_FIRST, _MESSAGES = 1 << 40, 64
_BOUND_S = 5.0
_WITHOUT_ARRAYS = "librdkafka cannot be driven through arrays here, choose confluent-kafka"

Said = tuple[int, str, str]
"""A message's sequence, its error, and whether it was written."""


@cache
def check() -> None:
    """Hands over messages that go nowhere and takes them back. Raises ``ClientRefused`` unless each is what it was.

    With another layout, or addresses of another width, reports would be numbers that only look like some.
    """
    try:
        handle = Handle({})
    except ClientRefused as refused:
        raise ClientRefused(f"{_WITHOUT_ARRAYS}: {refused}") from refused
    try:
        said = _taken_back(handle)
    finally:
        handle.destroy()
    expected = {(_FIRST + number, "_PURGE_QUEUE", "NOT_PERSISTED") for number in range(_MESSAGES)}
    if len(said) != _MESSAGES or set(said) != expected:
        came = len(expected.intersection(said))
        raise ClientRefused(f"{_WITHOUT_ARRAYS}: of {_MESSAGES} messages {came} came back as they went in")


def _reported(handle: Handle, event: int) -> Iterator[Said]:
    if handle.calls.rd_kafka_event_type(event) == DELIVERY_REPORTS:
        addresses, _ = handle.messages([event])
        columns = gathered(addresses)
        for address, sequence, error in zip(addresses, columns.sequence, columns.error, strict=True):
            status = handle.calls.rd_kafka_message_status(int(address))
            yield int(sequence), error_name(int(error)), STATUSES[status]


def _taken_back(handle: Handle) -> list[Said]:
    """What all say of themselves that came back in time."""
    said: list[Said] = []
    batch, copied = filled(_FIRST, [b"%d" % number for number in range(_MESSAGES)])
    handle.produce("self-check", 0, batch)
    del copied
    handle.purge()
    until = time.monotonic() + _BOUND_S
    try:
        while len(said) < _MESSAGES and (left_s := until - time.monotonic()) > 0:
            with handle.events(left_s, 1) as events:
                said += [each for event, _ in events for each in _reported(handle, event)]
    except IndexError:  # an address beyond all memory that is looked at
        pass
    return said
