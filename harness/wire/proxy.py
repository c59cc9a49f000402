"""The proxy's process: one listener a broker, commands on stdin, events on stdout. See ``harness.wire``.

Spec: ``{"brokers": {"1": "127.0.0.1:9001", ...}}``; it says ``ready`` with its ``listeners``. Commands::

    {"do": "rules", "rules": [...]}   replaces the rules; those that stay go on counting; answers "rules"
    {"do": "stats"}                   answers "stats": requests by API, matched and fired a rule, open connections

A command it cannot follow is answered with "refused" and a reason, and changes nothing. End-of-file ends it.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator, Mapping
from functools import partial

import uvloop

from harness.process import Message, messages, obeyed, say
from harness.wire.addresses import AddressBook
from harness.wire.exchange import Wire
from harness.wire.firings import Firings
from harness.wire.link import Link, change_line
from harness.wire.requests import api_name
from harness.wire.rules import Rule

HOST = "127.0.0.1"


async def serve(brokers: Mapping[int, str], commands: Iterator[Message]) -> None:
    """Listens until the commands end."""
    sockets = {node: socket.create_server((HOST, 0)) for node in brokers}
    listeners = {node: f"{HOST}:{listener.getsockname()[1]}" for node, listener in sockets.items()}
    book = AddressBook(listeners, lambda node: say("unknown-broker", node=node))
    firings = Firings(lambda firing: say("fired", **firing))
    wire, links = Wire(book, firings.fired), set[Link]()
    loop = asyncio.get_running_loop()

    def accept(node: int) -> asyncio.Protocol:
        return Link(node, brokers[node], wire, links).client

    servers = [await loop.create_server(partial(accept, node), sock=listener) for node, listener in sockets.items()]
    say("ready", listeners={str(node): address for node, address in listeners.items()})

    await obeyed(commands, lambda command: obey(command, wire, links, firings))
    for server in servers:
        server.close()


def obey(command: Message, wire: Wire, links: set[Link], firings: Firings) -> None:
    """Follows one command, at once."""
    match command:
        case {"do": "rules", "rules": list(given)}:
            try:
                wire.rules = wire.rules.replaced_by([Rule.from_json(rule) for rule in given])
            except ValueError as error:
                say("refused", reason=str(error))
            else:
                firings.start_again()
                change_line(wire.rules.line, wire, links)
                say("rules")
        case {"do": "stats"}:
            firings.tell_rest()
            rules = wire.rules
            requests = {api_name(key): count for key, count in wire.requests.items()}
            say("stats", requests=requests, matched=rules.matched, fired=rules.fired, connections=len(links))
        case _:
            say("refused", reason=f"no such command: {command}")


def main() -> None:
    commands = messages()
    spec = next(commands, None)
    if spec is not None:
        gc.freeze()  # what was imported stays: no collection has to look at it while frames wait
        uvloop.run(serve({int(node): address for node, address in spec["brokers"].items()}, commands))


if __name__ == "__main__":
    main()
