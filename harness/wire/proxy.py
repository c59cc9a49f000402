"""The proxy's process: one listener a broker. See ``harness.wire``.

Spec: ``{"brokers": {"1": "127.0.0.1:9001", ...}, "security": {...}}``; it says ``ready`` with its ``listeners``.
Commands::

    {"do": "rules", "rules": [...]}   replaces the rules; those that stay go on counting; answers "rules"
    {"do": "stats"}                   answers "stats": requests by API, matched and fired a rule, open connections

It says "fired" of a rule's firing, and "unknown-broker" of one that a response names and it has no listener for.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Mapping
from functools import partial

import uvloop

from harness.process import Message
from harness.security import Security
from harness.security.tls import context
from harness.serving import Answer, Refused, say, serve_in_loop
from harness.wire.addresses import AddressBook
from harness.wire.apis import api_name
from harness.wire.connection import Connection, change_line
from harness.wire.exchange import Wire
from harness.wire.firings import Firings
from harness.wire.rules import WireRule

HOST = "127.0.0.1"


class Proxying:
    """The role: it follows a command at once, between two pieces of what passes."""

    async def start(self, spec: Message) -> Message:
        """Listens from here on."""
        brokers: Mapping[int, str] = {int(node): address for node, address in spec["brokers"].items()}
        sockets = {node: socket.create_server((HOST, 0)) for node in brokers}
        listeners = {node: f"{HOST}:{listener.getsockname()[1]}" for node, listener in sockets.items()}
        book = AddressBook(listeners, lambda node: say("unknown-broker", node=node))
        self._firings = Firings(lambda firing: say("fired", **firing))
        self._wire, self._connections = Wire(book, self._firings.fired), set[Connection]()
        loop = asyncio.get_running_loop()

        tls = context(Security.of(spec["security"]))

        def accept(node: int) -> asyncio.Protocol:
            return Connection(node, brokers[node], self._wire, self._connections, tls).client

        self._servers = [await loop.create_server(partial(accept, node), sock=at) for node, at in sockets.items()]
        gc.freeze()  # what was imported stays: no collection has to look at it while frames wait
        return {"listeners": {str(node): address for node, address in listeners.items()}}

    def obey(self, command: Message) -> Answer:
        match command:
            case {"do": "rules", "rules": list(given)}:
                try:
                    self._wire.rules = self._wire.rules.replaced_by([WireRule.from_json(rule) for rule in given])
                except ValueError as error:
                    raise Refused(str(error)) from error
                self._firings.start_again()
                change_line(self._wire.rules.line, self._wire, self._connections)
                return "rules", {}
            case {"do": "stats"}:
                self._firings.tell_rest()
                rules = self._wire.rules
                return "stats", {
                    "requests": {api_name(key): count for key, count in self._wire.requests.items()},
                    "matched": rules.matched,
                    "fired": rules.fired,
                    "connections": len(self._connections),
                }
        raise Refused(f"no such command: {command}")


if __name__ == "__main__":
    uvloop.run(serve_in_loop(Proxying()))
