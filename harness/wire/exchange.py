"""One client connection and the broker connection behind it, as a state machine without sockets.

Kafka answers the requests of a connection in order, so what is still to come for the client is a queue: the responses
the broker owes, each with what shall become of it, and at most one place at which the connection ends. A request that
is not forwarded leaves nothing in the queue, or that place.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from harness.wire.addresses import AddressBook
from harness.wire.fields import Malformed
from harness.wire.frames import SIZE, Fate, Piece, Walker
from harness.wire.requests import PRODUCE, Request, count_records, read_request, read_topics
from harness.wire.rules import PASS_ON, Firing, Plan, Rulebook


@dataclass
class Wire:
    """What all connections of a proxy share."""

    addresses: AddressBook
    fired: Callable[[int, Request, Firing], None]
    """Told of each firing at once, with the broker's node id."""
    rules: Rulebook = field(default_factory=Rulebook)
    requests: Counter[str] = field(default_factory=Counter)
    """Requests that clients sent, by API."""


class Cut(Enum):
    """Whether the connection is to end by a rule."""

    NO = "no"
    SOON = "soon"
    """Nothing more is forwarded; responses to earlier requests are still to be delivered."""
    NOW = "now"


class _Owed(NamedTuple):
    """A response the broker owes."""

    request: Request
    plan: Plan


class Exchange:
    """The two directions of one connection. Feed it what arrives; pass on what it gives, then look at ``cut``.

    Both feeds raise ``Malformed`` after they have given out everything before the malformed frame.
    """

    def __init__(self, node: int, wire: Wire) -> None:
        self.cut = Cut.NO
        self._node = node
        self._wire = wire
        self._owed: deque[_Owed | None] = deque()  # None: here the connection ends
        self._requests = Walker(self._request_head, self._whole_request)
        self._responses = Walker(self._response_head, self._whole_response)
        self._response: _Owed | None = None  # the one that is arriving

    def from_client(self, chunk: bytes) -> Iterator[Piece]:
        """What the broker gets."""
        yield from self._requests.feed(chunk)
        self._end_if_due()

    def from_broker(self, chunk: bytes) -> Iterator[Piece]:
        """What the client gets."""
        yield from self._responses.feed(chunk)
        self._end_if_due()

    def _end_if_due(self) -> None:
        if self._owed and self._owed[0] is None and self._responses.between_frames:
            self.cut = Cut.NOW

    def _request_head(self, payload: memoryview) -> Fate | None:
        if self.cut is not Cut.NO:
            return Fate.DROP
        request = read_request(payload)
        if request is None:
            return None
        if request.api_key == PRODUCE and self._wire.rules.concerned(request):
            return Fate.HOLD
        return Fate.PASS if self._forwards(request) else Fate.DROP

    def _whole_request(self, frame: memoryview) -> Piece | None:
        payload = frame[SIZE.size :]
        request = read_request(payload)
        assert request is not None  # it was, when the head was read
        topics = read_topics(payload, self._wire.addresses.topic_names)
        request = dataclasses.replace(request, topics=topics, records=count_records(payload))
        return frame if self._forwards(request) else None

    def _forwards(self, request: Request) -> bool:
        """Decides about a request: whether the broker gets it."""
        self._wire.requests[request.api] += 1
        firing = self._wire.rules.decide(request)
        plan = PASS_ON
        if firing is not None:
            plan = firing.plan
            self._wire.fired(self._node, request, firing)
        if not plan.forward:
            if plan.cut:
                self._owed.append(None)
                self.cut = Cut.SOON
        elif request.answered:
            self._owed.append(_Owed(request, plan))
        return plan.forward

    def _response_head(self, payload: memoryview) -> Fate | None:
        if self.cut is Cut.NOW:
            return Fate.DROP
        if len(payload) < SIZE.size:
            return None
        owed = self._owed.popleft() if self._owed else None
        (correlation_id,) = SIZE.unpack_from(payload)
        if owed is None or owed.request.correlation_id != correlation_id:
            raise Malformed(f"a response with correlation id {correlation_id}, which is not the next that is owed")
        self._response = owed
        if not owed.plan.deliver:
            if owed.plan.cut:
                self.cut = Cut.NOW
            return Fate.DROP
        concerned = self._wire.addresses.concerns(owed.request.api_key, owed.request.version)
        return Fate.HOLD if concerned else Fate.PASS

    def _whole_response(self, frame: memoryview) -> Piece:
        assert self._response is not None  # its head has been read
        request = self._response.request
        return self._wire.addresses.rewrite(request.api_key, request.version, frame)
