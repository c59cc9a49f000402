"""Faults on the wire: a Kafka-aware proxy between clients and brokers, in a process of its own.

Clients bootstrap from the proxy's listeners, one a broker. In every response that carries brokers' addresses the proxy
has put its own, so clients never leave it, and no broker needs a special listener. On each connection it walks from
frame to frame, and ``WireRule`` says on which requests a fault falls::

    with Proxy(cluster.addresses, log) as proxy:
        proxy.set_rules([WireRule("lose-ack", skip=5, every=12)])
        ...                              # clients with bootstrap.servers=proxy.bootstrap
        assert len(proxy.fired()) == 5   # a fault that never fired proves nothing

``lose-ack``      The broker gets the request, the client does not get the response: when it arrives, the client's
                  connection is reset and the broker's closed. Responses to earlier requests are delivered before that.
                  A Produce with acks=0 has no response to lose and never matches.
``lose-request``  The broker never gets the request, nor what is pipelined behind it. Responses to requests before it
                  are still delivered, for at most one second, then the client's connection is reset.

With ``silent`` neither ends the connection: only a timeout tells the client.

``delay``         The response, or the request with ``of_request``, is so many ``ms`` late, and what is behind it waits.
``inject-error``  The client gets a response with this ``error`` in place of the broker's, in its turn and ``ms`` late.
                  The broker never gets the request, unless it is to ``forward``.
``observe``       Changes nothing; it fires, beside whatever else does, for whoever waits for a certain request.

A rule is about the requests of one ``api``, Produce unless it says another; all of Kafka's can be lost, late or looked
at, and errors injected into those of ``apis.ANSWERED``. Partitions are read, and records counted, of a Produce alone.

Three begin at a request and then concern all connections of the proxy, in both directions, until they are taken away:

``hold``          That request still passes. After it no byte moves and no connection ends; what is held then goes on.
``refuse``        New connections are reset. With ``cut`` those that are there are reset too, and the request is lost.
``bandwidth``     So many ``bytes_per_s`` pass on each connection in each direction.

From the inside out: ``apis`` has names and versions, ``fields``, ``requests`` and ``responses`` read the protocol,
``forge`` writes it, ``frames`` walks, ``plans``, ``rules`` and ``rulebook`` decide, ``addresses`` exchanges addresses,
``firings`` bounds what is told, ``exchange`` is one connection without sockets, ``side`` one of its sockets,
``connection`` both, ``proxy`` the process.
Frames pass as they arrive; only those are held whole that a rule may fall on or that may carry addresses.
Where brokers speak TLS the proxy speaks it to them, and clients speak plaintext to it, on this machine alone. They
authenticate through it, by requests like others since ``SaslHandshake`` version 1; before that there are no frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness import roles
from harness.bounds import HELD_UP_S, STARTING_S
from harness.security import PLAINTEXT, Security
from harness.wire.rules import WireRule

__all__ = ["Proxy", "Stats", "WireRule"]


@dataclass(frozen=True)
class Stats:
    """What a proxy has seen; ``matched`` and ``fired`` have an entry a rule, since it was put in."""

    requests: Mapping[str, int]
    """Requests from clients, by API, since the start."""
    matched: Sequence[int]
    fired: Sequence[int]
    connections: int
    """Client connections that are not closed yet on both sides."""


class Proxy:
    """A running proxy; its process goes with the context. Start it from the main thread.

    ``brokers`` has each node's ``host:port``, which ``security`` is for; ``addresses`` has the proxy's for each. Every
    wait is bounded: methods raise ``ChildFailed`` of ``harness.process``.
    """

    def __init__(self, brokers: Mapping[int, str], log: Path, security: Security = PLAINTEXT) -> None:
        spec = {"brokers": {str(node): at for node, at in brokers.items()}, "security": asdict(security)}
        self._child = roles.start("proxy", spec, log)
        try:
            ready = self._child.wait("ready", STARTING_S)
        except BaseException:
            self._child.kill()
            raise
        self.addresses: Mapping[int, str] = {int(node): address for node, address in ready["listeners"].items()}
        self._unknown_brokers: set[int] = set()
        self._firings: list[dict[str, Any]] = []

    @property
    def bootstrap(self) -> str:
        """All addresses, comma-joined."""
        return ",".join(self.addresses.values())

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.alive

    def fail_if_dead(self) -> None:
        """Raises ``ChildDied`` if its process has ended."""
        self._child.fail_if_dead()

    def set_rules(self, rules: Sequence[WireRule]) -> None:
        """Replaces all rules: new ones count from 1, and those that were there go on counting and holding what they
        hold. They are of every request that arrives from now on.
        """
        self._child.ask({"do": "rules", "rules": [rule.to_json() for rule in rules]}, "rules", HELD_UP_S)

    def stats(self) -> Stats:
        said = self._child.ask({"do": "stats"}, "stats", HELD_UP_S)
        return Stats(said["requests"], said["matched"], said["fired"], said["connections"])

    def fired(self) -> list[dict[str, Any]]:
        """The firings since the last call, oldest first, without waiting; all of them after ``stats`` or ``set_rules``.

        Each has ``rule`` (its place in the list), its ``part`` if it has one, ``action``, ``api`` and the ``version``
        of it that the client speaks, ``ordinal``, ``node``, ``at_ns`` (CLOCK_MONOTONIC), ``correlation_id``,
        ``client_id`` and ``records`` (how many a Produce had, else None). Behind a rule's first hundred there is only
        the last, with ``times``: for how many it stands.
        """
        self._hear()
        firings, self._firings = self._firings, []
        return firings

    def passed_by(self) -> str | None:
        """What a trial should know of clients that can go past the proxy; None if they cannot. As ``fired``."""
        self._hear()
        if not self._unknown_brokers:
            return None
        nodes = ", ".join(map(str, sorted(self._unknown_brokers)))
        return f"clients can pass the proxy by: it has no listener for broker {nodes}, which the cluster names"

    def _hear(self) -> None:
        for event in self._child.events():
            if event["event"] == "fired":
                self._firings.append(event)
            elif event["event"] == "unknown-broker":
                self._unknown_brokers.add(event["node"])

    def close(self) -> None:
        """Closes every connection and ends the process."""
        self._child.end()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
