"""Rules against an obvious model, and their JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.plans import OPEN, PASS_ON, Line, Plan
from harness.wire.requests import Request
from harness.wire.rulebook import Rulebook
from harness.wire.rules import ACTIONS, WireRule

T0 = frozenset({("t", 0)})


def produce(client_id: str | None = "me", acks: int = 1, partitions: frozenset[tuple[str, int]] = T0) -> Request:
    return Request(0, 9, 1, client_id, acks, frozenset(partitions))


def decided(book: Rulebook, request: Request) -> list[tuple[int, int]]:
    return [(firing.rule, firing.ordinal) for firing in book.decide(request)]


def ordinals(rule: WireRule, requests: int) -> list[int]:
    book = Rulebook([rule])
    return [ordinal for _ in range(requests) for _, ordinal in decided(book, produce())]


def test_skip_first_then_the_next_then_every_so_many() -> None:
    assert ordinals(WireRule("lose-ack", skip=5, every=12), 65) == [6, 18, 30, 42, 54]


@given(st.integers(0, 20), st.none() | st.integers(1, 9), st.none() | st.integers(1, 5), st.integers(0, 100))
def test_ordinals_are_those_of_a_plain_range(skip: int, every: int | None, times: int | None, requests: int) -> None:
    rule = WireRule("lose-request", skip=skip, every=every, times=times)
    assert ordinals(rule, requests) == list(range(skip + 1, requests + 1, every or 1))[:times]


@given(st.integers(), st.floats(0, 1), st.integers(0, 30))
def test_a_coin_falls_the_same_way_every_time(seed: int, probability: float, skip: int) -> None:
    rule = WireRule("lose-ack", probability=probability, seed=seed, skip=skip)
    due = [ordinal for ordinal in range(1, 200) if rule.due(ordinal)]
    assert ordinals(rule, 199) == due == ordinals(rule, 199)
    assert all(ordinal > skip for ordinal in due)
    surer = WireRule("lose-ack", probability=min(1, probability + 0.1), seed=seed, skip=skip)
    assert set(due) <= set(ordinals(surer, 199))


def test_probability_is_the_share_of_requests_and_seeds_differ() -> None:
    first, second = (ordinals(WireRule("lose-ack", probability=0.25, seed=seed), 10_000) for seed in (1, 2))
    assert 2300 < len(first) < 2700  # more than four standard deviations either way; the coin is a pure function
    assert first != second
    assert ordinals(WireRule("lose-ack", probability=0), 1000) == []
    assert len(ordinals(WireRule("lose-ack", probability=1), 1000)) == 1000


requests = st.builds(
    Request,
    st.sampled_from([0, 1, 3]),
    st.just(9),
    st.just(1),
    st.sampled_from([None, "me", "you"]),
    st.sampled_from([0, 1, -1]),
    st.frozensets(st.tuples(st.sampled_from([None, "t", "u"]), st.integers(0, 1))),
).map(lambda request: request if request.api_key == 0 else Request(request.api_key, 9, 1, request.client_id))


@given(
    st.sampled_from(sorted(ACTIONS)),
    st.sampled_from(["Produce", "Metadata"]),
    st.sampled_from([None, "me"]),
    st.sampled_from([None, "t"]),
    st.sampled_from([None, 0]),
    st.lists(requests, max_size=40),
)
def test_a_rule_matches_what_all_its_conditions_say(
    action: str, api: str, client_id: str | None, topic: str | None, partition: int | None, sent: list[Request]
) -> None:
    if api != "Produce":
        topic = partition = None
    rule = WireRule(
        action,
        api=api,
        client_id=client_id,
        topic=topic,
        partition=partition,
        ms=1,
        bytes_per_s=1,
        error=6,
        silent=True,
    )
    book = Rulebook([rule])
    for request in sent:
        matches = (
            request.api == api
            and client_id in (None, request.client_id)
            and any(
                topic in (None, name) and partition in (None, number)
                for name, number in request.partitions or {(None, 0)}
            )
            and (bool(request.partitions) or (topic is None and partition is None))
            and not (action in ("lose-ack", "delay", "inject-error") and request.acks == 0)
        )
        assert bool(book.decide(request)) == matches
        if matches and (api == "Produce" or action in ("inject-error", "hold", "refuse", "bandwidth")):
            assert book.concerned(request)


def test_every_rule_counts_what_it_matches_and_the_first_that_is_due_fires() -> None:
    rules = [WireRule("lose-ack", every=2), WireRule("lose-request", client_id="me", skip=1, times=1)]
    sent = [produce("me"), produce("me"), produce("you"), produce("me")]
    book = Rulebook(rules)
    assert [decided(book, request) for request in sent] == [[(0, 1)], [(1, 2)], [(0, 3)], []]
    assert (book.matched, book.fired) == ([4, 3], [2, 1])


def test_who_merely_looks_on_stands_in_nobodys_way() -> None:
    watching = [WireRule("observe", skip=1, times=1, part=part) for part in ("kill-leader", "kill-follower")]
    book = Rulebook([watching[0], WireRule("delay", ms=5), WireRule("lose-ack", skip=1), watching[1]])
    assert [decided(book, produce()) for _ in range(3)] == [[(1, 1)], [(0, 2), (1, 2), (3, 2)], [(1, 3)]]
    assert [firing.part for firing in book.replaced_by(watching).decide(produce())] == []


def test_a_rule_that_stays_goes_on_counting_and_holding_the_line() -> None:
    kept, gone = WireRule("bandwidth", bytes_per_s=9, times=1, part="b"), WireRule("hold", skip=1, times=1, part="h")
    lost = WireRule("lose-ack", skip=3, times=2)
    first = Rulebook([kept, gone, lost])
    assert first.line is OPEN
    for _ in range(3):
        first.decide(produce())
    assert first.line == Line(held=True, bytes_per_s=9)
    second = first.replaced_by([lost, kept])
    assert (second.matched, second.fired, second.line) == ([3, 3], [0, 1], Line(bytes_per_s=9))
    assert [decided(second, produce()) for _ in range(3)] == [[(0, 4)], [(0, 5)], []]
    assert Rulebook().replaced_by([kept]).line is OPEN


def test_a_cut_is_of_a_moment() -> None:
    cut = Rulebook([WireRule("refuse", cut=True, times=1)])
    cut.decide(produce())
    assert cut.line == Line(refused=True)
    assert Line(refused=True, cut=True) | Line(bytes_per_s=3) == Line(refused=True, bytes_per_s=3)
    assert Line(bytes_per_s=3) | Line(cut=True, bytes_per_s=9) == Line(cut=True, bytes_per_s=3)


def test_plans() -> None:
    def plan(rule: WireRule) -> tuple[bool, bool, bool]:
        return rule.plan.forward, rule.plan.deliver, rule.plan.cut

    assert plan(WireRule("lose-ack")) == (True, False, True)
    assert plan(WireRule("lose-ack", silent=True)) == (True, False, False)
    assert plan(WireRule("lose-request")) == (False, False, True)
    assert plan(WireRule("lose-request", silent=True)) == (False, False, False)
    assert WireRule("observe").plan == PASS_ON
    assert WireRule("delay", ms=5).plan == Plan(response_delay_ms=5)
    assert WireRule("delay", ms=5, of_request=True).plan == Plan(request_delay_ms=5)
    assert WireRule("inject-error", error=6).plan == Plan(forward=False, deliver=False, error=6)
    assert WireRule("inject-error", error=6, forward=True, ms=3).plan == Plan(
        deliver=False, error=6, response_delay_ms=3
    )
    assert WireRule("hold").plan == Plan(line=Line(held=True))
    assert WireRule("bandwidth", bytes_per_s=9).plan == Plan(line=Line(bytes_per_s=9))
    assert WireRule("refuse").plan == Plan(line=Line(refused=True))
    assert WireRule("refuse", cut=True).plan == Plan(forward=False, deliver=False, line=Line(refused=True, cut=True))


@given(
    st.integers(0, 99), st.none() | st.integers(1, 9), st.none() | st.integers(1, 9), st.none() | st.text(max_size=5)
)
def test_json_and_back(skip: int, every: int | None, times: int | None, topic: str | None) -> None:
    rule = WireRule("lose-ack", skip=skip, every=every, times=times, topic=topic, silent=True, seed=3)
    assert WireRule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


BAD_RULES: list[tuple[Any, str]] = [
    ({}, "needs an action"),
    ({"action": "lose"}, "action 'lose' is none of observe, lose-ack"),
    ({"action": "lose-ack", "evry": 3}, "has no evry; it has action, api"),
    ({"action": "lose-ack", "api": "produce"}, "api 'produce' is none of Kafka's"),
    ({"action": "lose-ack", "api": "Fetch", "topic": "t"}, "topic is only for Produce"),
    ({"action": "lose-ack", "api": "Fetch", "partition": 0}, "partition is only for Produce"),
    ({"action": "lose-ack", "partition": -1}, "partition is -1"),
    ({"action": "delay"}, "delay needs ms"),
    ({"action": "delay", "ms": -1}, "ms is -1"),
    ({"action": "bandwidth"}, "bandwidth needs bytes_per_s"),
    ({"action": "bandwidth", "bytes_per_s": 0}, "bytes_per_s is 0"),
    ({"action": "inject-error"}, "inject-error needs error"),
    ({"action": "inject-error", "error": 0}, "error is 0; it is no error code"),
    ({"action": "inject-error", "error": 6, "api": "ApiVersions"}, "into Produce, .*, not into ApiVersions"),
    ({"action": "lose-ack", "skip": "5"}, "skip is '5'; it is a whole number"),
    ({"action": "lose-ack", "skip": True}, "skip is True; it is a whole number"),
    ({"action": "lose-ack", "skip": -1}, "skip is -1"),
    ({"action": "lose-ack", "every": 0}, "every is 0"),
    ({"action": "lose-ack", "times": 0}, "times is 0"),
    ({"action": "lose-ack", "silent": 1}, "silent is 1; it is true or false"),
    ({"action": "lose-ack", "probability": 1.5}, "probability is 1.5"),
    ({"action": "lose-ack", "probability": 0.5, "every": 2}, "exclude each other"),
    (["lose-ack"], "a rule is an object"),
]


@pytest.mark.parametrize(("value", "says"), BAD_RULES)
def test_a_rule_that_makes_no_sense_says_why(value: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        WireRule.from_json(value)
