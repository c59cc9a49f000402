"""One client connection and the broker connection behind it, as a state machine without sockets.

Kafka answers the requests of a connection in order, so what is still to come for the client is a queue: the responses
the broker owes, each with what shall become of it, those made here, and at most one place at which the connection
ends. A request that is not forwarded leaves nothing in the queue, or one of the latter.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from harness.wire.addresses import AddressBook
from harness.wire.fields import Malformed
from harness.wire.forge import forge
from harness.wire.frames import SIZE, Fate, Marked, Piece, Walker
from harness.wire.plans import OPEN, PASS_ON, Line, Plan
from harness.wire.requests import PRODUCE, Heads, Request, count_records, read_partitions, read_request
from harness.wire.rulebook import Firing, Rulebook


@dataclass
class Wire:
    """What all connections of a proxy share."""

    addresses: AddressBook
    fired: Callable[[int, Request, Firing], None]
    """Told of each firing at once, with the broker's node id."""
    rules: Rulebook = field(default_factory=Rulebook)
    requests: Counter[int] = field(default_factory=Counter)
    """Requests that clients sent, by API key."""
    line: Line = OPEN
    """What rules have made of all connections."""


class Reset(Enum):
    """Whether the connection is to end by a rule."""

    NO = "no"
    SOON = "soon"
    """Nothing more is forwarded; responses to earlier requests are still to be delivered."""
    NOW = "now"


class _Owed(NamedTuple):
    """A response the broker owes, and the one that the client gets in its place."""

    request: Request
    plan: Plan
    forged: Marked | None = None


class Exchange:
    """The two directions of one connection. Feed it what arrives and pass on what it gives; then ask for ``answers``,
    and look at ``reset``.

    Both feeds raise ``Malformed`` after they have given out everything before the malformed frame.
    """

    def __init__(self, node: int, wire: Wire) -> None:
        self.reset = Reset.NO
        self._node = node
        self._wire = wire
        self._owed: deque[_Owed | Marked | None] = deque()  # None: here the connection ends
        self._heads = Heads()
        self._requests = Walker(self._request_head, self._whole_request)
        self._responses = Walker(self._response_head, self._whole_response)
        self._response: _Owed | None = None  # the one that is arriving

    def from_client(self, chunk: bytes) -> Iterator[Piece | Marked]:
        """What the broker gets."""
        return self._requests.feed(chunk)

    def from_broker(self, chunk: bytes) -> Iterator[Piece | Marked]:
        """What the client gets."""
        return self._responses.feed(chunk)

    def answers(self) -> Sequence[Marked]:
        """What the client gets now although no broker said it, once each. Brings ``reset`` up to date."""
        if not self._owed or isinstance(self._owed[0], _Owed) or not self._responses.between_frames:
            return ()
        answers = self._next_answers()
        if self._owed and self._owed[0] is None:
            self.reset = Reset.NOW
        return answers

    def _next_answers(self) -> list[Marked]:
        answers = []
        while self._owed and isinstance(answer := self._owed[0], Marked):
            answers.append(answer)
            self._owed.popleft()
        return answers

    def _request_head(self, payload: memoryview) -> Fate | None:
        if self.reset is not Reset.NO:
            return Fate.DROP
        request = self._heads.read(payload)
        if request is None:
            return None
        if self._wire.rules.concerned(request):
            return Fate.HOLD
        return Fate.PASS if self._decide(request, payload).forward else Fate.DROP

    def _whole_request(self, frame: memoryview) -> Piece | Marked | None:
        payload = frame[SIZE.size :]
        request = read_request(payload)
        assert request is not None  # it was, when the head was read
        if request.api_key == PRODUCE:
            partitions = read_partitions(payload, self._wire.addresses.topic_names)
            request = request._replace(partitions=partitions, records=count_records(payload))
        plan = self._decide(request, frame)
        if plan.line is not None or plan.request_delay_ms:
            return Marked(frame if plan.forward else b"", plan.request_delay_ms, plan.line)
        return frame if plan.forward else None

    def _decide(self, request: Request, frame: Piece) -> Plan:
        """Decides about a request; ``frame`` is all of it if a rule needs that."""
        self._wire.requests[request.api_key] += 1
        firings = self._wire.rules.decide(request)
        plan = next((firing.plan for firing in firings if firing.plan is not PASS_ON), PASS_ON)
        forged = None
        if plan.error is not None:
            forged = Marked(forge(request, frame, plan.error, self._wire.addresses.brokers), plan.response_delay_ms)
        for firing in firings:
            self._wire.fired(self._node, request, firing)
        if plan.forward:
            if request.answered:
                self._owed.append(_Owed(request, plan, forged))
        elif forged is not None:
            self._owed.append(forged)
        elif plan.cut:
            self._owed.append(None)
            self.reset = Reset.SOON
        return plan

    def _response_head(self, payload: memoryview) -> Fate | None:
        if self.reset is Reset.NOW:
            return Fate.DROP
        if len(payload) < SIZE.size:
            return None
        if self._owed and isinstance(self._owed[0], Marked):
            self._responses.ahead += self._next_answers()
        owed = self._owed.popleft() if self._owed else None
        (correlation_id,) = SIZE.unpack_from(payload)
        if not isinstance(owed, _Owed) or owed.request.correlation_id != correlation_id:
            raise Malformed(f"a response with correlation id {correlation_id}, which is not the next that is owed")
        self._response = owed
        if not owed.plan.deliver:
            if owed.plan.cut:
                self.reset = Reset.NOW
            if owed.forged is not None:
                self._responses.ahead.append(owed.forged)
            return Fate.DROP
        concerned = self._wire.addresses.concerns(owed.request.api_key, owed.request.version)
        return Fate.HOLD if concerned or owed.plan.response_delay_ms else Fate.PASS

    def _whole_response(self, frame: memoryview) -> Piece | Marked:
        assert self._response is not None  # its head has been read
        request, plan, _ = self._response
        if self._wire.addresses.concerns(request.api_key, request.version):
            piece = self._wire.addresses.rewrite(request.api_key, request.version, frame)
        else:
            piece = frame
        return Marked(piece, plan.response_delay_ms) if plan.response_delay_ms else piece
