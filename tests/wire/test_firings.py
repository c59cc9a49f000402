"""What is told of firings: bounded by the number of rules, and nothing of it is lost count of."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from harness.process import Message
from harness.wire.firings import LISTED, Firings
from harness.wire.plans import PASS_ON
from harness.wire.requests import Request
from harness.wire.rulebook import Firing, Rulebook
from harness.wire.rules import WireRule

REQUEST = Request(0, 9, 7, "me", 1, records=50)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3 * LISTED)), max_size=8))
def test_the_first_are_listed_and_the_rest_are_counted(bursts: list[tuple[int, int]]) -> None:
    told: list[Message] = []
    firings, ordinals = Firings(told.append), Counter[int]()
    for rule, times in bursts:
        for _ in range(times):
            ordinals[rule] += 1
            firings.fired(1, REQUEST, Firing(rule, ordinals[rule], "delay", PASS_ON))
    assert len(told) <= LISTED * len(ordinals)
    firings.tell_rest()
    for rule, fired in ordinals.items():
        own = [message for message in told if message["rule"] == rule]
        assert [message["ordinal"] for message in own[:LISTED]] == list(range(1, min(fired, LISTED) + 1))
        assert own[-1]["ordinal"] == fired
        assert sum(message.get("times", 1) for message in own) == fired
        assert [message["at_ns"] for message in own] == sorted(message["at_ns"] for message in own)
    assert len(told) <= (LISTED + 1) * len(ordinals)
    before = len(told)
    firings.tell_rest()
    assert len(told) == before


def test_rules_that_are_replaced_are_told_of_and_the_new_ones_listed_again() -> None:
    told: list[Message] = []
    firings = Firings(told.append)
    for round_ in (1, 2):
        for ordinal in range(LISTED + 2):
            firings.fired(1, REQUEST, Firing(0, ordinal + 1, "delay", PASS_ON))
        firings.start_again()
        assert len(told) == round_ * (LISTED + 1)
        assert (told[-1]["ordinal"], told[-1]["times"]) == (LISTED + 2, 2)


def test_a_firing_says_whose_rule_it_was() -> None:
    told: list[Message] = []
    firings, book = (
        Firings(told.append),
        Rulebook([WireRule("lose-ack", times=1, part="lose-ack"), WireRule("observe")]),
    )
    for _ in range(2):
        for firing in book.decide(REQUEST):
            firings.fired(1, REQUEST, firing)
    assert [(message["rule"], message.get("part")) for message in told] == [(0, "lose-ack"), (1, None), (1, None)]
