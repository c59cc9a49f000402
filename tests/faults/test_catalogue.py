"""Recipes as data: their steps, and what counts as evidence."""

import pytest

from harness.events import FaultEvent
from harness.faults import FAULTS
from harness.faults.steps import AwaitSent, Kill, Pause, Restart, Resume, Send, Wire
from harness.faults.wire import LoseAck


def _events(*whats: str) -> list[FaultEvent]:
    return [FaultEvent(at_ns, what, {}) for at_ns, what in enumerate(whats)]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_recipe_sends_what_it_says_and_waits_for_it(fault) -> None:  # type: ignore[no-untyped-def]
    parameters = fault.parameters()
    plan = fault.script(parameters).steps
    assert sum(step.count for step in plan if isinstance(step, Send)) == parameters.messages
    assert any(isinstance(step, AwaitSent) for step in plan)
    assert fault.messages(parameters) == parameters.messages + parameters.warmup
    assert not fault.fired([])
    assert fault.seconds(parameters, {}) > 0


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_recipe_undoes_what_it_did(fault) -> None:  # type: ignore[no-untyped-def]
    plan = fault.script(fault.parameters()).steps
    kinds = [type(step) for step in plan]
    assert kinds.count(Pause) == kinds.count(Resume)
    assert kinds.count(Kill) == kinds.count(Restart)
    wires = [step for step in plan if isinstance(step, Wire)]
    assert not wires or wires[-1].rules == ()


def test_a_zombie_is_one_only_if_another_led_before_it_woke() -> None:
    fired = FAULTS["zombie-leader"].fired
    assert fired(_events("pause", "failover", "resume", "sent"))
    assert not fired(_events("pause", "resume", "failover"))
    assert not fired(_events("pause", "failover"))


def test_a_kill_counts_only_if_the_cluster_noticed() -> None:
    fired = FAULTS["kill-leader"].fired
    assert fired(_events("kill", "failover", "restart"))
    assert not fired(_events("kill", "restart"))


def test_wire_faults_count_only_if_a_request_was_hit() -> None:
    assert FAULTS["lose-ack"].fired(_events("lose-ack"))
    assert not FAULTS["lose-ack"].fired(_events("sent"))


def test_where_a_fault_says_nothing_it_says_why() -> None:
    assert FAULTS["lose-ack"].refuses({"acks": "0"}) == "acks=0 has no acknowledgement to lose"
    assert FAULTS["lose-ack"].refuses({"acks": "1"}) is None
    assert "nobody else can lead" in (FAULTS["zombie-leader"].refuses({"replication.factor": 1}) or "")
    assert FAULTS["zombie-leader"].refuses({"replication.factor": 3}) is None
    assert FAULTS["lose-request"].refuses({"acks": "0"}) is None


def test_the_wire_rule_is_what_the_parameters_say() -> None:
    parameters = LoseAck(skip=1, every=3, times=2, silent=True)
    (wire, *_) = FAULTS["lose-ack"].script(parameters).steps
    assert isinstance(wire, Wire)
    (rule,) = wire.rules
    assert (rule.action, rule.skip, rule.every, rule.times, rule.silent) == ("lose-ack", 1, 3, 2, True)
    coin = LoseAck(probability=0.25, seed=9)
    (wire, *_) = FAULTS["lose-ack"].script(coin).steps
    assert isinstance(wire, Wire)
    assert (wire.rules[0].probability, wire.rules[0].seed, wire.rules[0].every) == (0.25, 9, None)
