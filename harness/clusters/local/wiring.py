"""How the nodes of a local cluster reach each other: directly, or each way from node to node by a relay.

Kafka lets every broker choose by name which listener of the others it connects to. With relays each broker has a name
of its own for that (``FROM_2``, and ``CONTROLLER_FROM_2`` at the controller), and every other node listens under it at
a port of its own: so who connects is known by the port, and what is advertised there is a relay's address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from harness.clusters.ports import HOST, free_ports
from harness.clusters.profiles import CONTROLLER, Properties

Pair = tuple[int, int]
"""A node that sends and one that it sends to."""


@dataclass(frozen=True)
class Wiring:
    """The ports of the nodes; all were free a moment ago."""

    ports: Mapping[int, int]
    """Of the listener that clients use, or with the controller the brokers unless there are relays."""
    between: Mapping[Pair, int]
    """With relays, the port of the second node's listener for the first: for each broker one at each node."""
    besides: Mapping[tuple[int, str], int] = field(default_factory=dict)
    """The ports of more listeners for clients, by broker and the listener's name."""
    protocols: Mapping[str, str] = field(default_factory=dict)
    """Of those by their names; every other is in plain."""

    @property
    def brokers(self) -> list[int]:
        return [node for node in self.ports if node != CONTROLLER]

    @property
    def targets(self) -> dict[Pair, str]:
        """What the relays are in front of. A broker reaches itself without one."""
        return {(sender, to): f"{HOST}:{port}" for (sender, to), port in self.between.items() if sender != to}

    def address(self, node: int) -> str:
        return f"{HOST}:{self.ports[node]}"

    def properties(self, node: int, relays: Mapping[Pair, str]) -> Properties:
        """The node's listeners and by which of them it reaches others. ``relays`` has an address for each target."""
        own = "CONTROLLER" if node == CONTROLLER else "PLAINTEXT"
        bound = {own: self.address(node)}
        told = dict(bound)
        for (sender, to), port in self.between.items():
            if to == node:
                bound[_listener(sender, to)] = f"{HOST}:{port}"
                told[_listener(sender, to)] = relays.get((sender, to), f"{HOST}:{port}")
        bound |= (more := {name: f"{HOST}:{port}" for (to, name), port in self.besides.items() if to == node})
        told |= more
        at_controller = [name for name in bound if node == CONTROLLER]
        if node != CONTROLLER:
            at_controller = [_listener(node, CONTROLLER) if self.between else "CONTROLLER"]
        properties: Properties = {
            "controller.quorum.voters": f"{CONTROLLER}@{relays.get((node, CONTROLLER), self.address(CONTROLLER))}",
            "controller.listener.names": ",".join(at_controller),
            "listeners": _urls(bound),
            "advertised.listeners": _urls(told),
            "listener.security.protocol.map": ",".join(
                f"{name}:{self.protocols.get(name, 'PLAINTEXT')}" for name in {**bound, **dict.fromkeys(at_controller)}
            ),
        }
        if self.between and node != CONTROLLER:
            properties["inter.broker.listener.name"] = _listener(node, node)
        # A listener between nodes has one or two connections; three threads for each would be Kafka's default.
        return properties | {f"listener.name.{name.lower()}.num.network.threads": 1 for name in bound if name != own}


def wire(brokers: int, first_port: int | None, relays: bool, protocols: Mapping[str, str] | None = None) -> Wiring:
    """Takes ports for a controller and so many brokers: first, first + 1, ... for clients, or free ones.

    Raises ``ClusterFailed`` if one of those that are wanted is taken.
    """
    ids = range(1, brokers + 1)
    pairs = list(product(ids, (CONTROLLER, *ids))) if relays else []
    more = list(product(ids, protocols or {}))
    wanted = [0, *(0 if first_port is None else first_port + i for i in range(brokers)), *(0 for _ in (*pairs, *more))]
    free = iter(free_ports(wanted))
    return Wiring(
        dict(zip((CONTROLLER, *ids), free, strict=False)),
        dict(zip(pairs, free, strict=False)),
        dict(zip(more, free, strict=True)),
        protocols or {},
    )


def _listener(sender: int, to: int) -> str:
    return f"CONTROLLER_FROM_{sender}" if to == CONTROLLER else f"FROM_{sender}"


def _urls(addresses: Mapping[str, str]) -> str:
    return ",".join(f"{name}://{address}" for name, address in addresses.items())
