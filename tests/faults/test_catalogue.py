"""Recipes as data: their steps, and what counts as evidence."""

import pytest

from harness.events import FaultEvent
from harness.faults import FAULTS
from harness.faults.parameters import UnderLoad
from harness.faults.steps import (
    AwaitAcks,
    AwaitEnd,
    AwaitFired,
    AwaitSent,
    Cut,
    Kill,
    MakeReadOnly,
    MakeWritable,
    Mend,
    Pause,
    PauseClient,
    Restart,
    Resume,
    ResumeClient,
    Send,
    ShutDown,
    Sleep,
    Together,
    Wire,
)
from harness.faults.wire import LoseAck
from harness.wire.rules import Rule


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
    steps = fault.script(fault.parameters()).steps
    frozen: set[str] = set()
    down: set[str] = set()
    locked: set[str] = set()
    cut_off: set[str] = set()
    for step in steps:
        match step:
            case Pause(target):
                frozen.add(target)
            case Resume(target):
                frozen.remove(target)
            case Kill(target) | ShutDown(target) | AwaitEnd(target):
                frozen.discard(target)
                down.add(target)
            case Restart(target):
                down.remove(target)
            case PauseClient():
                frozen.add("client")
            case ResumeClient():
                frozen.remove("client")
            case MakeReadOnly(target):
                locked.add(target)
            case MakeWritable(target):
                locked.remove(target)
            case Cut(target=target):
                cut_off.add(target)
            case Mend(target):
                cut_off.remove(target)
    assert not frozen | down | locked | cut_off
    assert fault.between_nodes(fault.parameters()) is fault.name.startswith("partition-")
    assert not FAULTS["kill-leader"].on_the_wire(FAULTS["kill-leader"].parameters())
    wires = [step for step in steps if isinstance(step, Wire)]
    assert not wires or wires[-1].rules == ()


def test_when_a_fault_strikes_is_repeatable() -> None:
    assert UnderLoad(after_acks=100).trigger == (AwaitAcks(100),)
    assert UnderLoad(after_acks=100, messages=10).trigger == (AwaitAcks(10),)
    assert UnderLoad(after_s=1.5).trigger == (Sleep(1.5),)
    after = UnderLoad(after_requests=7)
    assert after.trigger == (AwaitFired("observe"),)
    (watch,) = after.watch
    assert isinstance(watch, Wire) and watch.rules == (Rule("observe", skip=6, times=1),)
    with pytest.raises(ValueError, match="exclude each other"):
        UnderLoad(after_s=1, after_requests=7)
    once, again, other = (UnderLoad(after_s=0, jitter_s=2, seed=seed).trigger for seed in (1, 1, 2))
    assert once == again != other
    assert all(isinstance(each, Sleep) and 0 <= each.seconds <= 2 for each in (*once, *other))


def test_a_zombie_is_one_only_if_another_led_before_it_woke() -> None:
    fired = FAULTS["zombie-leader"].fired
    assert fired(_events("pause", "failover", "resume", "sent"))
    assert not fired(_events("pause", "resume", "failover"))
    assert not fired(_events("pause", "failover"))


def test_a_kill_counts_only_if_the_cluster_noticed() -> None:
    fired = FAULTS["kill-leader"].fired
    assert fired(_events("kill", "failover", "restart"))
    assert not fired(_events("kill", "restart"))


def test_a_partition_counts_only_if_the_cluster_reacted_while_it_lasted() -> None:
    for name, reaction in (
        ("partition-controller", "failover"),
        ("partition-followers", "isr-shrunk"),
        ("partition-leader", "failover"),
    ):
        fired = FAULTS[name].fired
        assert fired(_events("cut", reaction, "mend", "healthy", "sent"))
        assert not fired(_events("cut", "mend", reaction))
        assert not fired(_events("cut", reaction))
        assert FAULTS[name].refuses({"replication.factor": 1}) == "with replication factor 1 there is no follower"


def test_a_composition_needs_relays_if_a_part_of_it_does() -> None:
    fault = FAULTS["lose-ack with partition-leader"]
    assert fault.between_nodes(fault.parameters()) and fault.on_the_wire(fault.parameters())
    assert not FAULTS["lose-ack then kill-leader"].between_nodes(FAULTS["lose-ack then kill-leader"].parameters())


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


@pytest.mark.parametrize("name", ["lose-ack", "lose-request", "inject-error"])
def test_a_fault_of_some_requests_can_be_of_one_partition(name: str) -> None:
    fault = FAULTS[name]
    for partition in (None, 0, 2):
        (wire, *_) = fault.script(fault.parameters(partition=partition)).steps
        assert isinstance(wire, Wire) and [rule.partition for rule in wire.rules] == [partition]
    with pytest.raises(ValueError, match="partition"):
        fault.parameters(partition=-1)


@pytest.mark.parametrize("name", ["lose-ack", "inject-error", "delay", "hold", "refuse", "bandwidth"])
def test_a_load_of_flushes_can_be_paced_instead(name: str) -> None:
    fault = FAULTS[name]
    flushed, paced = fault.parameters(messages=900), fault.parameters(messages=900, rate=300)
    assert fault.script(flushed).load == Send(900, flush_every=50)
    assert fault.script(paced).load == Send(900, rate=300)
    assert fault.seconds(paced, {}) >= 3


def test_faults_run_one_after_the_other() -> None:
    fault = FAULTS["lose-ack then kill-leader"]
    parameters = fault.parameters(kill_leader={"messages": 900})
    first, second = FAULTS["lose-ack"], FAULTS["kill-leader"]
    steps = fault.script(parameters).steps
    assert steps == (
        *first.script(first.parameters()).steps,
        *second.script(second.parameters(messages=900)).steps,
    )
    assert fault.messages(parameters) == 50 + 3_000 + 900
    assert fault.on_the_wire(parameters)
    assert fault.refuses({"acks": "0", "replication.factor": 3}) == first.refuses({"acks": "0"})
    assert fault.fired(_events("lose-ack", "sent", "kill", "failover", "sent"))
    assert not fault.fired(_events("kill", "failover", "sent", "lose-ack", "sent"))
    assert not fault.fired(_events("lose-ack", "sent"))


def test_faults_run_at_once_under_one_load() -> None:
    fault = FAULTS["lose-ack with lose-request with kill-leader"]
    parameters = fault.parameters()
    script = fault.script(parameters)
    (wire,) = script.before
    assert isinstance(wire, Wire)
    assert [rule.action for rule in wire.rules] == ["lose-ack", "lose-request"]
    assert script.load == Send(9_000, rate=3_000)
    assert [step for step in script.steps if isinstance(step, Send)] == [script.load]
    (together,) = script.during
    assert isinstance(together, Together)
    assert [part.fault for part in together.parts] == ["lose-ack", "lose-request", "kill-leader"]
    assert together.parts[-1].steps == FAULTS["kill-leader"].script(FAULTS["kill-leader"].parameters()).during
    assert fault.messages(parameters) == 9_050
    assert fault.fired(_events("kill", "lose-request", "failover", "lose-ack", "sent"))
    assert not fault.fired(_events("kill", "failover", "lose-ack", "sent"))


def test_each_of_several_faults_at_once_has_to_fire_itself() -> None:
    fired = FAULTS["kill-controller with kill-leader"].fired

    def did(part: str, *whats: str) -> list[FaultEvent]:
        return [FaultEvent(0, what, {"part": part}) for what in whats]

    controller, leader = did("kill-controller", "kill", "restart", "healthy"), did("kill-leader", "kill", "failover")
    assert fired([*leader, *controller]) and fired([*controller[:1], *leader, *controller[1:]])
    assert not fired([*controller, *did("kill-controller", "kill", "failover")])
    assert not fired(leader)


def test_faults_at_once_can_be_of_different_partitions() -> None:
    fault = FAULTS["lose-ack with lose-request"]
    parameters = fault.parameters(lose_ack={"partition": 0, "rate": 300}, lose_request={"partition": 1, "rate": 200})
    script = fault.script(parameters)
    (wire,) = script.before
    assert isinstance(wire, Wire) and [rule.partition for rule in wire.rules] == [0, 1]
    assert script.load == Send(3_000, rate=200)


def test_a_fault_that_is_not_there_is_not_composed() -> None:
    for name in ("lose-ack then nothing", "nothing with lose-ack", "nothing"):
        with pytest.raises(KeyError):
            FAULTS[name]
    with pytest.raises(ValueError, match="names a fault twice"):
        FAULTS["lose-ack then lose-ack"]
