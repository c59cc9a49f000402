"""Rules speak of effects: what a fault does decides, whatever it is called, and whoever wrote it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness import verify
from harness.clients import CLIENTS
from harness.clients.traits import traits
from harness.effects import PEACE, Away, Effects, Forgets, Requests
from harness.events import Permission
from harness.faults import FAULTS, Fault, Script, known_effects
from harness.faults.effects import effects_of
from harness.faults.fault import in_order
from harness.faults.parameters import Parameters, UnderLoad
from harness.faults.steps import (
    AwaitHealthy,
    Cut,
    Kill,
    LosePower,
    Mend,
    Pause,
    Restart,
    Resume,
    Send,
    SetRules,
    Sleep,
    Target,
)
from harness.promises import as_json
from harness.traits import Traits
from harness.verify.rules import OF_TRANSACTIONS, RULES, read
from harness.wire.rules import WireRule

from .asking import ALLOWED, EXPECTED, FORBIDDEN


class Burst(Parameters):
    messages: int = 100


def new(script: Any, parameters: type[Parameters] = UnderLoad) -> Fault:
    """A fault that no rule and no catalogue knows."""
    return Fault("meteorite", "It falls.", parameters, script, fired=in_order("kill"), estimate_s=lambda *_: 1.0)


def under_load(*steps: Any) -> Fault:
    return new(lambda parameters: Script(load=parameters.load, during=(*parameters.trigger, *steps)))


def on_the_wire(rule: WireRule) -> Fault:
    return new(lambda parameters: Script(before=(SetRules((rule,)),), load=Send(100, flush_every=10)), Burst)


def asked(anomaly: str, fault: Fault, client: str = "kafka-python", **config: Any) -> Permission:
    settings = {"acks": "all", "replication.factor": 3, "min.insync.replicas": 2, "enable.idempotence": False}
    dotted = {key.replace("_", "."): value for key, value in config.items()}
    at_once = {fault.name: effects_of(fault, fault.parameters())}
    found = verify.expectations(traits(client), {**settings, **dotted}, [at_once])
    return next(each.permission for each in found if each.anomaly == anomaly)


LEADER_DIES_SLOWLY = under_load(Pause(), Sleep(0.2), Kill(), Sleep(4.0), Restart(), AwaitHealthy())
ANSWERS_VANISH = on_the_wire(WireRule("lose-ack", every=2))


def test_a_new_way_to_kill_a_leader_may_lose_what_it_alone_acked() -> None:
    assert asked("lost", LEADER_DIES_SLOWLY, acks="1") == ALLOWED
    assert asked("lost", LEADER_DIES_SLOWLY) == FORBIDDEN
    assert asked("lost", LEADER_DIES_SLOWLY, min_insync_replicas=1, unclean_leader_election_enable=True) == ALLOWED
    assert asked("lost", LEADER_DIES_SLOWLY, acks="1", replication_factor=1) == FORBIDDEN  # the same disk leads on
    assert asked("lost", LEADER_DIES_SLOWLY, acks="0") == EXPECTED


def test_a_new_way_to_lose_answers_duplicates_without_idempotence() -> None:
    for client in CLIENTS:
        assert asked("duplicate", ANSWERS_VANISH, client) == EXPECTED
        assert asked("duplicate", ANSWERS_VANISH, client, retries=0) == FORBIDDEN
        assert asked("duplicate", ANSWERS_VANISH, client, enable_idempotence=True) == FORBIDDEN
        assert asked("lost", ANSWERS_VANISH, client, acks="1") == FORBIDDEN


def test_a_new_way_to_keep_a_client_waiting_duplicates_what_it_sends_again() -> None:
    patient: dict[str, Any] = {"request_timeout_ms": 5_000}
    late: dict[str, Any] = {"request_timeout_ms": 500}
    cut_off = under_load(Cut("brokers"), Sleep(3.0), Mend(), AwaitHealthy())
    assert asked("duplicate", cut_off, **late) == EXPECTED
    assert asked("duplicate", cut_off, **patient) == asked("duplicate", cut_off, "aiokafka", **late) == ALLOWED


def test_a_new_way_to_forget_loses_all_that_was_acked_if_no_copy_is_left() -> None:
    dark = new(
        lambda parameters: Script(
            load=Send(100), during=(Kill("followers"), LosePower("followers"), Restart("followers"), AwaitHealthy())
        ),
        Burst,
    )
    assert asked("lost", dark) == FORBIDDEN, "the leader has it"
    assert asked("lost", dark, acks="1", partitions=3) == ALLOWED, "a follower leads another partition"


def test_a_client_that_nobody_knows_is_promised_what_its_traits_say() -> None:
    careful = Traits("new", idempotent=True, one_in_flight=True, delivery_s=10.0)
    assert verify.promise({"acks": "all"}, careful) == "once-per-session"
    assert verify.report_within_s(careful, {}) == 15
    config = {"acks": "all", "enable.idempotence": False}
    for client, expected in ((careful, FORBIDDEN), (Traits("new"), ALLOWED)):
        found = verify.expectations(client, config, PEACE)
        assert next(each.permission for each in found if each.anomaly == "reordered") == expected


def test_what_the_script_does_not_say_is_stated() -> None:
    def freezes(**states: Any) -> Effects:
        frozen = Script(load=Send(100, rate=10.0), during=(Pause(), Sleep(1.0), Resume()))
        fault = Fault("ice", "", Burst, lambda _: frozen, in_order("pause"), lambda *_: 1.0, states=states)
        return effects_of(fault, Burst())

    assert freezes().elects == "another"
    assert freezes(elects="after a session").elects == "after a session"
    assert freezes().away == (Away("leader", "frozen", 1.0),)


@pytest.mark.parametrize("target", ["txn-coordinator", "group-coordinator"])
def test_of_a_coordinator_that_goes_nobody_knows_what_it_leads(target: Target) -> None:
    gone = under_load(Kill(target), Sleep(3.0), Restart(target), AwaitHealthy())
    assert effects_of(gone, gone.parameters()).elects == "another"
    assert asked("lost", gone, acks="1") == asked("lost", gone, acks="0") == ALLOWED
    assert asked("lost", gone, acks="1", replication_factor=1) == asked("lost", gone) == FORBIDDEN
    assert asked("duplicate", gone, request_timeout_ms=500) == ALLOWED, "acks may not wait for it"


@pytest.mark.parametrize("with_then", ["lose-ack then power-loss", "lose-ack with power-loss"])
def test_the_effects_of_a_composition_are_those_of_its_parts(with_then: str) -> None:
    parts: dict[str, dict[str, Any]] = {"lose-ack": {"silent": True}, "power-loss": {"messages": 7}}
    in_turn = known_effects(with_then, {"lose_ack": parts["lose-ack"], "power_loss": parts["power-loss"]})
    found = {name: each for at_once in in_turn for name, each in at_once.items()}
    assert found == {name: known_effects(name, given)[0][name] for name, given in parts.items()}
    assert found["lose-ack"] is not None and found["lose-ack"].requests == Requests("lost", written=True, silent=True)
    assert found["power-loss"] is not None and found["power-loss"].forgets == Forgets("all", "unflushed")
    assert len(in_turn) == (2 if "then" in with_then else 1)


def test_of_names_and_parameters_that_nobody_knows_no_effects_are_known() -> None:
    assert known_effects("meteorite", {})[0]["meteorite"] is None
    assert known_effects("lose-ack", {"colour": "red"})[0]["lose-ack"] is None
    assert known_effects("lose-ack", {"probability": None})[0]["lose-ack"] is not None
    (known, unknown) = known_effects("lose-ack then meteorite", {"lose_ack": {}})
    assert known["lose-ack"] is not None and unknown == {"meteorite": None}


def test_rules_effects_and_traits_are_json_and_rules_come_back_as_they_were() -> None:
    again = json.loads(json.dumps(as_json()))
    assert (read(again["rules"]), read(again["rules_of_transactions"])) == (RULES, OF_TRANSACTIONS)
    assert again["effects"].keys() == set(FAULTS) and again["traits"].keys() == set(CLIENTS)


def test_judging_and_measuring_know_no_fault_and_no_client() -> None:
    names = {*FAULTS, *CLIENTS, "librdkafka"} - {"reorder", "delay", "hold", "refuse", "bandwidth"}
    word = re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)))
    quoted = re.compile('"(?:reorder|delay|hold|refuse|bandwidth)"')
    for room in ("verify", "measure"):
        for file in Path(verify.__file__).parents[1].joinpath(room).rglob("*.py"):
            text = file.read_text().replace('"disk-lost"', "")  # of the event, which is named like it
            assert not word.search(text) and not quoted.search(text), file


def test_what_is_measured_says_of_whom_when_and_how_often_and_depends_on_no_name_of_a_fault() -> None:
    rules = [rule for rules in RULES.values() for rule in rules]
    for rule in rules:
        assert rule.measured or rule.permission != EXPECTED, rule.reason
        assert not {value for _, values in rule.when for value in values} & set(FAULTS)
        assert all(each.split()[0] in CLIENTS for each in (rule.measured.clients if rule.measured else ()))
