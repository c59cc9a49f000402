"""One connection without sockets: what the broker gets, what the client gets, and when it ends."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.addresses import AddressBook
from harness.wire.exchange import Exchange, Reset, Wire
from harness.wire.fields import Malformed
from harness.wire.frames import Marked
from harness.wire.requests import PRODUCE, Request
from harness.wire.rulebook import Firing, Rulebook
from harness.wire.rules import WireRule

from .kafka_bytes import TOPIC_ID, produce_frame
from .test_frames import chunked, plain


def response(correlation_id: int, filler: bytes = b"") -> bytes:
    """Of a Produce version 9, of which nothing but the correlation id is looked at."""
    return struct.pack(">ii", 4 + len(filler), correlation_id) + filler


@dataclass
class Connection:
    """An exchange, and what came out of it."""

    rules: Sequence[WireRule] = ()
    broker_got: bytes = b""
    client_got: bytes = b""
    fired: list[tuple[int, Request, Firing]] = field(default_factory=list)
    marked: list[Marked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = AddressBook({}, lambda node: None)
        wire = Wire(self.book, lambda node, request, firing: self.fired.append((node, request, firing)))
        wire.rules = Rulebook(self.rules)
        self.wire = wire
        self.exchange = Exchange(1, wire)

    def client(self, *sent: bytes) -> Reset:
        for data in sent:
            for piece in self.exchange.from_client(data):
                self.broker_got += plain(piece)
                self.marked += [piece] if isinstance(piece, Marked) else []
            self._answer()
        return self.exchange.reset

    def broker(self, *sent: bytes) -> Reset:
        for data in sent:
            for piece in self.exchange.from_broker(data):
                self.client_got += plain(piece)
                self.marked += [piece] if isinstance(piece, Marked) else []
            self._answer()
        return self.exchange.reset

    def _answer(self) -> None:
        for answer in self.exchange.answers():
            self.client_got += answer.piece
            self.marked.append(answer)


def test_without_rules_everything_passes() -> None:
    connection = Connection()
    requests, responses = [produce_frame(i) for i in range(5)], [response(i) for i in range(5)]
    assert connection.client(*requests) is connection.broker(*responses) is Reset.NO
    assert (connection.broker_got, connection.client_got) == (b"".join(requests), b"".join(responses))
    assert connection.wire.requests == {PRODUCE: 5}


def test_lose_ack_swallows_the_response_and_cuts_when_it_arrives() -> None:
    connection = Connection([WireRule("lose-ack", skip=1, times=1)])
    requests = [produce_frame(i, client_id="me") for i in (10, 11, 12)]
    assert connection.client(*requests) is Reset.NO
    assert connection.broker_got == b"".join(requests)
    [(node, request, firing)] = connection.fired
    assert (node, request.correlation_id, request.client_id, firing.rule, firing.ordinal) == (1, 11, "me", 0, 2)
    assert connection.broker(response(10)) is Reset.NO
    assert connection.broker(response(11)[:8]) is Reset.NOW
    connection.broker(response(11)[8:] + response(12))
    assert connection.client_got == response(10)


def test_a_cut_in_the_middle_of_a_chunk_delivers_what_came_before() -> None:
    connection = Connection([WireRule("lose-ack", skip=1, times=1)])
    connection.client(*(produce_frame(i) for i in (10, 11, 12)))
    assert connection.broker(response(10, b"x") + response(11, b"y") + response(12, b"z")) is Reset.NOW
    assert connection.client_got == response(10, b"x")


def test_a_silent_lose_ack_loses_that_response_only() -> None:
    connection = Connection([WireRule("lose-ack", skip=1, times=1, silent=True)])
    connection.client(*(produce_frame(i) for i in (10, 11, 12)))
    assert connection.broker(response(10) + response(11, b"lost") + response(12)) is Reset.NO
    assert connection.client_got == response(10) + response(12)


def test_acks_0_has_no_response_to_lose_and_none_is_waited_for() -> None:
    connection = Connection([WireRule("lose-ack", times=1)])
    connection.client(produce_frame(1, acks=0), produce_frame(2, acks=0), produce_frame(3), produce_frame(4, acks=0))
    assert [request.correlation_id for _, request, _ in connection.fired] == [3]
    connection = Connection()
    connection.client(*(produce_frame(i, acks=i % 2) for i in range(8)))
    assert connection.broker(*(response(i) for i in (1, 3, 5, 7))) is Reset.NO


def test_lose_request_waits_for_earlier_responses_and_forwards_nothing_behind_it() -> None:
    connection = Connection([WireRule("lose-request", skip=2, times=1)])
    first, second, lost, behind = (produce_frame(i) for i in range(4))
    assert connection.client(first + second + lost + behind, behind) is Reset.SOON
    assert connection.broker_got == first + second
    assert connection.wire.rules.matched == [3]
    assert connection.broker(response(0, b"abc"), response(1, b"abc")[:9]) is Reset.SOON
    assert connection.broker(response(1, b"abc")[9:]) is Reset.NOW
    assert connection.client_got == response(0, b"abc") + response(1, b"abc")


@pytest.mark.parametrize("acks", [0, 1])
def test_lose_request_cuts_at_once_when_nothing_is_owed(acks: int) -> None:
    connection = Connection([WireRule("lose-request")])
    assert connection.client(produce_frame(1, acks=acks)) is Reset.NOW
    assert connection.broker_got == b""


@pytest.mark.parametrize("acks", [0, 1])
def test_a_silent_lose_request_is_as_if_it_had_never_been_sent(acks: int) -> None:
    connection = Connection([WireRule("lose-request", skip=1, times=1, silent=True)])
    requests = [produce_frame(1), produce_frame(2, acks=acks), produce_frame(3)]
    assert connection.client(*requests) is Reset.NO
    assert connection.broker_got == requests[0] + requests[2]
    assert connection.broker(response(1), response(3)) is Reset.NO
    assert connection.client_got == response(1) + response(3)


def test_a_rule_for_a_topic_finds_it_by_name_and_by_id() -> None:
    connection = Connection([WireRule("lose-request", topic="wanted", silent=True)])
    wanted, other = produce_frame(1, topic="wanted"), produce_frame(2, topic="other")
    connection.client((wanted + other)[:30], (wanted + other)[30:])
    assert connection.broker_got == other
    by_id = produce_frame(3, version=13, topic="wanted")
    connection.client(by_id)
    assert connection.broker_got == other + by_id  # nobody has told the name of that id
    connection.book.topic_names[TOPIC_ID.bytes] = "wanted"
    connection.client(by_id)
    assert connection.broker_got == other + by_id


@pytest.mark.parametrize("sent", [response(9), response(1) + response(1)])
def test_a_response_nobody_waits_for_is_malformed(sent: bytes) -> None:
    connection = Connection()
    connection.client(produce_frame(1))
    with pytest.raises(Malformed, match="correlation id"):
        connection.broker(sent)


def test_rules_that_are_replaced_hold_for_the_next_request() -> None:
    connection = Connection()
    connection.client(produce_frame(1))
    connection.wire.rules = Rulebook([WireRule("lose-ack")])
    connection.client(produce_frame(2))
    assert connection.broker(response(1)) is Reset.NO
    assert connection.broker(response(2)) is Reset.NOW


rules = st.lists(
    st.builds(
        WireRule,
        st.sampled_from(["lose-ack", "lose-request", "inject-error", "delay", "hold", "refuse", "observe"]),
        error=st.just(6),
        ms=st.sampled_from([0, 7]),
        forward=st.booleans(),
        of_request=st.booleans(),
        cut=st.booleans(),
        skip=st.integers(0, 6),
        every=st.integers(1, 6),
        topic=st.sampled_from([None, "t", "u"]),
        silent=st.booleans(),
    ),
    max_size=3,
)
sent = st.lists(
    st.tuples(st.sampled_from([0, 1, -1]), st.sampled_from(["t", "u"]), st.binary(max_size=40)), max_size=12
)
cuts = st.lists(st.integers(0, 2000), max_size=20)


@given(rules, sent, cuts, cuts)
def test_any_chunking_ends_the_same(
    rules: list[WireRule], sent: list[tuple[int, str, bytes]], cuts: list[int], more_cuts: list[int]
) -> None:
    requests = [produce_frame(i, acks, topic=topic, records=records) for i, (acks, topic, records) in enumerate(sent)]

    def run(cuts: list[int], more_cuts: list[int]) -> tuple[object, ...]:
        connection = Connection(rules)
        connection.client(*chunked(b"".join(requests), cuts))
        answered = [i for i, (acks, _, _) in enumerate(sent) if acks and requests[i] in connection.broker_got]
        connection.broker(*chunked(b"".join(response(i, b"r" * i) for i in answered), more_cuts))
        # A forged answer may be given out earlier or later than a chunk from the other side, but never out of turn.
        marked = sorted((plain(each), each.delay_ms, str(each.line)) for each in connection.marked)
        return connection.broker_got, connection.client_got, connection.exchange.reset, connection.fired, marked

    assert run(cuts, more_cuts) == run([], [])
