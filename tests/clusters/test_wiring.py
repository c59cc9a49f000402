"""How nodes reach each other: every way between two of them has a port and, with relays, an address of its own."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from harness.clusters.local.wiring import Wiring, wire
from harness.clusters.profiles import CONTROLLER, Properties


def _addresses(properties: Properties, key: str) -> dict[str, str]:
    return dict(str(url).split("://") for url in str(properties[key]).split(","))


def test_without_relays_there_is_one_listener_a_node() -> None:
    wiring = wire(3, None, relays=False)
    assert wiring.targets == {}
    assert wiring.brokers == [1, 2, 3]
    for node in wiring.brokers:
        properties = wiring.properties(node, {})
        assert _addresses(properties, "listeners") == {"PLAINTEXT": wiring.address(node)}
        assert properties["listeners"] == properties["advertised.listeners"]
        assert properties["controller.quorum.voters"] == f"1000@{wiring.address(CONTROLLER)}"
        assert properties["controller.listener.names"] == "CONTROLLER"
        assert "inter.broker.listener.name" not in properties
    assert _addresses(wiring.properties(CONTROLLER, {}), "listeners") == {"CONTROLLER": wiring.address(CONTROLLER)}


@given(st.integers(1, 9))
def test_every_way_between_nodes_leads_through_its_own_relay(brokers: int) -> None:
    ids = range(1, brokers + 1)
    ports = {node: 1_000 + node for node in (CONTROLLER, *ids)}
    pairs = list(product(ids, (CONTROLLER, *ids)))
    wiring = Wiring(ports, {pair: 10_000 + i for i, pair in enumerate(pairs)})
    relays = {pair: f"127.0.0.1:{20_000 + i}" for i, pair in enumerate(wiring.targets)}
    properties = {node: wiring.properties(node, relays) for node in ports}
    for sender in ids:
        mine = properties[sender]
        told_to_clients = _addresses(mine, "advertised.listeners")["PLAINTEXT"]
        assert told_to_clients == wiring.address(sender)
        assert mine["controller.quorum.voters"] == f"1000@{relays[sender, CONTROLLER]}"
        at_controller = _addresses(properties[CONTROLLER], "advertised.listeners")[
            str(mine["controller.listener.names"])
        ]
        assert at_controller == relays[sender, CONTROLLER]
        for to in ids:
            told = _addresses(properties[to], "advertised.listeners")[str(mine["inter.broker.listener.name"])]
            bound = _addresses(properties[to], "listeners")[str(mine["inter.broker.listener.name"])]
            assert told == (relays[sender, to] if sender != to else bound)
            assert sender == to or bound == wiring.targets[sender, to]
    for node in ports:
        bound_ports = list(_addresses(properties[node], "listeners").values())
        assert len(set(bound_ports)) == len(bound_ports)
        protocols = dict(each.split(":") for each in str(properties[node]["listener.security.protocol.map"]).split(","))
        assert set(protocols) >= {*_addresses(properties[node], "listeners")}
        assert set(protocols) >= set(str(properties[node]["controller.listener.names"]).split(","))


def test_ports_are_different_ones() -> None:
    wiring = wire(3, None, relays=True)
    ports = [*wiring.ports.values(), *wiring.between.values()]
    assert len(ports) == len(set(ports)) == 4 + 12
