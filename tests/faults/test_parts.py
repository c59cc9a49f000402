"""Faults made of faults, played through: from where each counts, whose deeds are whose, and what cannot be composed."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.events import FaultEvent
from harness.faults import FAULTS, Script, evidence
from harness.faults.stage import RecipeFailed
from harness.faults.steps import AwaitHealthy, Part, Send
from harness.wire import WireRule

from .played import Played

SMALL = {"messages": 3_000, "after_acks": 500}


def played(fault: str, **parameters: Any) -> Played:
    return Played(FAULTS[fault].drawn(FAULTS[fault].parameters(**parameters), seed=1).steps)


def test_what_comes_later_counts_from_its_own_load_on() -> None:
    fault = "kill-leader then lose-ack then kill-follower"
    play = played(fault, kill_leader=SMALL, lose_ack={"messages": 1_000}, kill_follower={**SMALL, "down_s": 0})
    kills = {event.detail["part"]: event.detail["acks"] for event in play.stage.events if event.what == "kill"}
    assert kills == {"kill-leader": 500, "kill-follower": 500}
    assert evidence(fault, play.stored())


def test_what_is_at_once_in_a_later_part_counts_from_its_own_load_on_too() -> None:
    fault = "lose-ack then kill-leader with kill-follower"
    play = played(
        fault,
        lose_ack={"messages": 2_000},
        kill_leader_with_kill_follower={
            "kill_leader": {"messages": 3_000, "after_requests": 20},
            "kill_follower": {**SMALL, "after_acks": 2_000, "down_s": 0},
        },
    )
    assert play.deeds("observe", "kill", "sent") == [
        ("lose-ack", "sent"),
        ("kill-leader", "observe"),
        ("kill-leader", "kill"),
        ("kill-follower", "kill"),
        ("kill-leader with kill-follower", "sent"),
    ]
    assert play.of("kill", "kill-leader")["acks"] == 1_000  # twenty requests of fifty
    assert play.of("kill", "kill-follower")["acks"] == 2_000
    assert evidence(fault, play.stored())


def test_each_of_two_that_wait_for_a_request_has_its_own() -> None:
    fault = "kill-leader with reorder with kill-follower"
    struck = {"messages": 3_000, "after_requests": 20}
    later = {"messages": 3_000, "after_requests": 30, "down_s": 0}
    play = played(fault, kill_leader=struck, kill_follower=later, reorder={"messages": 3_000})
    seen = [(e.detail["part"], e.detail["ordinal"]) for e in play.stage.events if e.what == "observe"]
    assert seen == [("kill-leader", 20), ("kill-follower", 30)]


def test_the_end_of_one_takes_only_its_own_rules_away() -> None:
    lose_ack = {"messages": 3_000, "skip": 7, "every": 12, "times": 5}
    play = played("hold with lose-ack", hold={"messages": 3_000}, lose_ack=lose_ack)
    lost = [event.detail["ordinal"] for event in play.stage.events if event.what == "lose-ack"]
    assert lost == [8, 20, 32, 44, 56], "as if it were alone"
    assert play.proxy.book.rules == ()
    assert evidence("hold with lose-ack", play.stored())


def test_what_lasts_has_an_end() -> None:
    play = played("hold with lose-ack", hold={"messages": 3_000, "hold_s": 25}, lose_ack={"messages": 3_000})
    assert play.deeds("hold", "restored", "sent") == [("hold", "hold"), ("hold", "restored"), (None, "sent")]
    assert play.of("restored")["action"] == "hold"
    for fault, ends in {
        "refuse": 1,
        "bandwidth": 1,
        "delay": 1,
        "reorder": 1,
        "lose-ack": 0,
        "inject-error": 0,
    }.items():
        assert len(played(fault).deeds("restored")) == ends, fault
    assert played("delay", times=3).deeds("delay", "restored") == 3 * [(None, "delay")], "it ended with the last"
    assert played("hold then lose-ack").deeds("restored", "sent") == [
        ("hold", "restored"),
        ("hold", "sent"),
        ("lose-ack", "sent"),
    ]


def test_each_has_to_have_fired_itself() -> None:
    """Both ``inject-error`` and ``reorder`` inject errors, and only one of them met a request."""
    play = played("inject-error with reorder", inject_error={"messages": 100, "skip": 50}, reorder={"messages": 100})
    events = play.stored()
    assert {event["part"] for event in events if event["what"] == "inject-error"} == set()
    play = played(
        "inject-error with reorder", inject_error={"messages": 1_000, "skip": 50}, reorder={"messages": 1_000}
    )
    events = play.stored()
    assert {event["part"] for event in events if event["what"] == "inject-error"} == {"reorder"}
    assert not evidence("inject-error with reorder", events)
    other = [{**event, "part": "inject-error"} for event in events if event["what"] == "inject-error"]
    assert evidence("inject-error with reorder", [*events, *other])


def test_what_bears_no_name_may_be_of_any() -> None:
    """Records from before every deed bore one."""
    events = [{"at_ns": i, "what": what} for i, what in enumerate(("lose-ack", "sent", "kill", "failover", "sent"))]
    assert evidence("lose-ack then kill-leader", events)
    assert not evidence("lose-ack then kill-leader", events[1:])


def test_two_that_take_one_node_from_each_other_end_in_a_line_that_says_so() -> None:
    early, late = {"messages": 3_000, "after_acks": 500}, {"messages": 3_000, "after_acks": 600}
    with pytest.raises(RecipeFailed, match="kill-all found node 2 taken by kill-follower: at once"):
        played("kill-follower with kill-all", kill_follower={**early, "down_s": 5}, kill_all=late)
    play = played("kill-follower with kill-all", kill_follower={**early, "down_s": 0}, kill_all={**late, "down_s": 0})
    assert [node["node"] for node in play.stored() if node["what"] == "kill"] == [2, 1, 2, 3]


@pytest.mark.parametrize(
    ("fault", "parameters", "why"),
    [
        (
            "kill-producer with kill-leader",
            {"kill_leader": {"after_acks": 2_000}},
            "kill-leader waits for 2000 acks, and kill-producer ends the load at 1500",
        ),
        ("kill-producer then lose-ack", {}, "kill-producer leaves no producer that could send for lose-ack: let it"),
        (
            "lose-ack then kill-producer with kill-leader then hold",
            {},
            "kill-producer with kill-leader leaves no producer that could send for hold",
        ),
        ("kill-producer with restart-producer", {}, "are both of the producer's process"),
        ("partition-leader with partition-followers", {}, "both cut what one of them mends"),
        ("kill-leader with kill-all", {}, "hit the leader at the same moment"),
        (
            "kill-leader with kill-all",
            {"kill_all": {"after_requests": 9, "rate": 50}, "kill_leader": {"after_requests": 9}},
            "hit the leader at the same moment",
        ),
        ("kill-coordinator with pause-coordinator", {}, "hit the txn-coordinator at the same moment"),
        ("kill-all with kill-coordinator", {}, "hit the txn-coordinator at the same moment"),
        ("restart-producer with kill-in-transaction", {}, "are both of the producer's process"),
        (
            "kill-in-transaction then lose-ack",
            {"kill_in_transaction": {"restart": False}},
            "kill-in-transaction leaves no producer that could send for lose-ack",
        ),
        ("zombie-leader with frozen-leader", {}, "hit the leader at the same moment"),
        ("slow-follower with hold", {}, "slow-follower brings request.timeout.ms=300 and hold brings request.timeout"),
        ("hold then slow-follower", {}, "hold brings request.timeout.ms=1000 and slow-follower brings"),
    ],
)
def test_what_could_only_fail_is_refused(fault: str, parameters: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        FAULTS[fault].parameters(**parameters)


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [
        ("lose-ack then kill-producer", {}),
        ("restart-producer then kill-producer", {}),
        ("kill-leader with last-in-sync-dies", {}),
        ("kill-leader with kill-all", {"kill_all": {"after_acks": 2_000}}),
        ("kill-leader with kill-all", {"kill_all": {"jitter_s": 1.0}, "kill_leader": {"jitter_s": 1.0}}),
        ("kill-leader with kill-all", {"kill_all": {"after_requests": 9}, "kill_leader": {"after_requests": 90}}),
        ("slow-follower with hold", {"hold": {"request_timeout_ms": 300}}),
        ("kill-controller with kill-follower", {}),
        ("partition-followers with disk-lost", {}),
        ("kill-coordinator with kill-in-transaction", {}),
        ("kill-coordinator with kill-leader", {}),  # it may be another broker
    ],
)
def test_what_can_run_is_not(fault: str, parameters: dict[str, Any]) -> None:
    assert FAULTS[fault].parameters(**parameters)


def test_equal_compositions_are_equal() -> None:
    one, other = (
        FAULTS["lose-ack with kill-leader"].parameters(kill_leader=given) for given in ({}, {"rate": 3_000.0})
    )
    assert one == other and FAULTS["lose-ack with kill-leader"] is FAULTS["lose-ack with kill-leader"]
    assert one != FAULTS["lose-ack with kill-leader"].parameters(kill_leader={"rate": 2_999})
    assert set(FAULTS) == {fault for fault in FAULTS if " " not in fault}


def test_the_loads_are_those_that_run() -> None:
    paced = {"kill_leader": {"rate": 20_000, "messages": 600}, "pause_controller": {"rate": 100, "messages": 500}}
    loads = FAULTS["kill-leader with pause-controller"].loads(
        FAULTS["kill-leader with pause-controller"].parameters(**paced)
    )
    assert loads == dict.fromkeys(("kill-leader", "pause-controller"), Send(600, rate=100))
    fault = FAULTS["lose-ack then kill-leader with lose-request"]
    assert fault.loads(fault.parameters()) == {
        "lose-ack": Send(3_000, flush_every=50),
        "kill-leader": Send(9_000, rate=3_000),
        "lose-request": Send(9_000, rate=3_000),
    }
    assert FAULTS["zombie-leader"].loads(FAULTS["zombie-leader"].parameters()) == {"zombie-leader": Send(300)}


COMPOSED = [f"{one} {word} {other}" for one, other in combinations(FAULTS, 2) for word in ("then", "with")]


def _default(fault: str) -> Any:
    try:
        return FAULTS[fault].parameters()
    except ValueError:
        return None  # it cannot run


@given(st.sampled_from(COMPOSED))
def test_a_trial_is_reckoned_to_take_at_least_its_load(fault: str) -> None:
    """And there is a journal's row for each of its messages."""
    if (parameters := _default(fault)) is None:
        return
    sends = [step for step in FAULTS[fault].script(parameters).every_step if isinstance(step, Send)]
    assert len(sends) == 1 + fault.count(" then ")
    assert FAULTS[fault].messages(parameters) == parameters.warmup + sum(send.count for send in sends)
    config = {"request.timeout.ms": 1_000}
    at_least_s = sum(send.count / send.rate for send in sends if send.rate)
    assert FAULTS[fault].seconds(parameters, config) >= at_least_s or "kill-producer" in fault


def test_deeds_are_told_apart_by_whose_they_are() -> None:
    fired = FAULTS["kill-controller with kill-leader"].fired

    def did(part: str, *whats: str) -> list[FaultEvent]:
        return [FaultEvent(0, what, {"part": part}) for what in whats]

    controller, leader = did("kill-controller", "kill", "restart", "healthy"), did("kill-leader", "kill", "failover")
    assert fired([*leader, *controller]) and fired([*controller[:1], *leader, *controller[1:]])
    assert not fired([*controller, *did("kill-controller", "kill", "failover")])
    assert not fired(leader)


def test_rules_of_parts_are_in_the_proxy_together() -> None:
    fault = FAULTS["lose-ack with lose-request"]
    parameters = fault.parameters(lose_ack={"partition": 0, "rate": 300}, lose_request={"partition": 1, "rate": 200})
    script = fault.script(parameters)
    assert isinstance(script, Script)
    before = Played(script.before)
    assert [(rule.part, rule.partition) for rule in before.proxy.book.rules] == [("lose-ack", 0), ("lose-request", 1)]
    assert before.proxy.book.rules[0] == WireRule("lose-ack", partition=0, skip=5, every=12, times=5, part="lose-ack")
    assert fault.loads(parameters)["lose-ack"] == Send(3_000, rate=200)


def test_each_later_one_begins_on_a_cluster_that_is_whole() -> None:
    name = "kill-leader then lose-ack then kill-follower"
    steps = FAULTS[name].drawn(_default(name), seed=1).steps
    assert [type(step) for step in steps] == [Part, AwaitHealthy, Part, AwaitHealthy, Part]
