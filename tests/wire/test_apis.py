"""Rules of every API without sockets: what becomes of its requests, and that those of others pass as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.index import load_request_schema, load_response_schema

from harness.wire.apis import ANSWERED, VERSIONS, api_name
from harness.wire.exchange import Reset
from harness.wire.plans import Line
from harness.wire.requests import PRODUCE
from harness.wire.rules import WireRule

from .kafka_bytes import entities, read_response, request_frame, response_frame
from .test_exchange import Connection
from .test_exchange_answers import split
from .test_forge import codes_in
from .test_frames import chunked

ERROR = 51
KEYS = {api_name(key): key for key in VERSIONS}


class Asked(NamedTuple):
    """A request, and what its broker would say to it."""

    api: str
    version: int
    request: bytes
    response: bytes


@st.composite
def asked(draw: Any, correlation_id: int = 1, apis: Sequence[str] = ANSWERED) -> Asked:
    """Of any version, with anything in it but acks=0."""
    api = draw(st.sampled_from(apis))
    key = KEYS[api]
    version = draw(st.sampled_from(sorted(VERSIONS[key])))
    message = draw(entities(load_request_schema(key, version)).filter(lambda one: key != PRODUCE or one.acks))
    said = draw(entities(load_response_schema(key, version)))
    return Asked(api, version, request_frame(message, correlation_id), response_frame(said, correlation_id))


conversations = st.lists(st.sampled_from(ANSWERED), max_size=8).flatmap(
    lambda apis: st.tuples(*(asked(i, [api]) for i, api in enumerate(apis)))
)
rules = st.builds(
    WireRule,
    st.sampled_from(["lose-ack", "lose-request", "inject-error", "delay", "hold", "observe"]),
    api=st.sampled_from(ANSWERED),
    skip=st.integers(0, 2),
    every=st.integers(1, 3),
    times=st.none() | st.integers(1, 2),
    error=st.just(ERROR),
    ms=st.just(7),
    silent=st.just(True),
)
cuts = st.lists(st.integers(0, 3000), max_size=12)


@settings(max_examples=150, deadline=None)
@given(conversations, rules, cuts, cuts)
def test_a_rule_is_about_the_requests_of_its_api_alone(
    sent: Sequence[Asked], rule: WireRule, cuts: list[int], more_cuts: list[int]
) -> None:
    of_api = [i for i, each in enumerate(sent) if each.api == rule.api]
    hit = [i for ordinal, i in enumerate(of_api, 1) if rule.due(ordinal)][: rule.times]
    connection = Connection([rule])
    connection.client(*chunked(b"".join(each.request for each in sent), cuts))
    forwarded = [i for i in range(len(sent)) if not (i in hit and rule.action in ("lose-request", "inject-error"))]
    assert connection.broker_got == b"".join(sent[i].request for i in forwarded)
    assert [(request.correlation_id, request.api, request.version) for _, request, _ in connection.fired] == [
        (i, rule.api, sent[i].version) for i in hit
    ]

    connection.broker(*chunked(b"".join(sent[i].response for i in forwarded), more_cuts))
    got = split(connection.client_got)
    for i, each in enumerate(sent):
        if i in hit and rule.action in ("lose-ack", "lose-request"):
            continue
        answer = got.pop(0)
        if i in hit and rule.action == "inject-error":
            number, message = read_response(KEYS[each.api], each.version, answer)
            assert number == i and {code.value for code in codes_in(message)} <= {ERROR}
        else:
            assert answer == each.response
    assert got == []


@pytest.mark.parametrize("api", ANSWERED)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_what_is_lost_with_its_connection(api: str, data: st.DataObject) -> None:
    one = data.draw(asked(apis=[api]))
    connection = Connection([WireRule("lose-ack", api=api)])
    assert connection.client(one.request) is Reset.NO
    assert connection.broker(one.response) is Reset.NOW
    assert (connection.broker_got, connection.client_got) == (one.request, b"")

    connection = Connection([WireRule("lose-request", api=api)])
    assert connection.client(one.request + one.request) is Reset.NOW
    assert connection.broker_got == b""


@pytest.mark.parametrize("api", ANSWERED)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_what_begins_at_a_request_and_what_is_late(api: str, data: st.DataObject) -> None:
    one = data.draw(asked(apis=[api]))
    held = Connection([WireRule("hold", api=api, times=1)])
    held.client(one.request)
    assert held.broker_got == one.request
    assert [marked.line for marked in held.marked] == [Line(held=True)]

    late = Connection([WireRule("delay", api=api, ms=40)])
    late.client(one.request)
    late.broker(one.response)
    assert (late.broker_got, late.client_got) == (one.request, one.response)
    assert [marked.delay_ms for marked in late.marked] == [40]
