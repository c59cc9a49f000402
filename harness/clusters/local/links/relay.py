"""The relay's process: a listener for each way between two nodes.

Spec: ``{"ways": [{"from": 1, "to": 2, "address": "127.0.0.1:9001"}, ...]}``; it says ``ready`` with its
``listeners``, in the same order. Commands::

    {"do": "cut", "from": 1, "to": 2}   nothing from 1 arrives at 2 any more; answers "cut"
    {"do": "mend"}                      everything passes again; answers "mended"

Whatever else ends a connection, or keeps a listener from taking one, costs no other: it says "failed", with ``from``,
``to`` and a reason, for such a way was cut without anybody's command.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections import defaultdict
from collections.abc import Coroutine

from harness.process import Message
from harness.serving import Answer, Refused, say, serve_in_loop

HOST = "127.0.0.1"
CONNECT_S = 10.0
_AGAIN_S = 0.1
_CHUNK_BYTES = 64 << 10
"""So much of a connection may be held here in each direction; the rest waits in the kernel and then at the sender."""


class Ways:
    """Whether bytes pass from one node to another: they do unless that way is cut."""

    def __init__(self) -> None:
        self._open: defaultdict[tuple[int, int], asyncio.Event] = defaultdict(_set)

    def cut(self, sender: int, receiver: int) -> None:
        self._open[sender, receiver].clear()

    def mend(self) -> None:
        for way in self._open.values():
            way.set()

    async def passes(self, sender: int, receiver: int) -> None:
        """Returns once bytes pass on this way."""
        way = self._open[sender, receiver]
        while not way.is_set():  # it may be cut again before who waits has its turn
            await way.wait()


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


class Relaying:
    """The role: it follows a command at once, between two pieces of what passes."""

    def __init__(self) -> None:
        self._ways = Ways()

    async def start(self, spec: Message) -> Message:
        """Listens from here on."""
        listeners = [socket.create_server((HOST, 0)) for _ in spec["ways"]]
        self._accepting = [  # the loop itself holds on to none
            asyncio.create_task(
                _telling(_accept(listener, way["address"], self._ways, way["from"], way["to"]), way["from"], way["to"])
            )
            for listener, way in zip(listeners, spec["ways"], strict=True)
        ]
        gc.freeze()
        return {"listeners": [f"{HOST}:{listener.getsockname()[1]}" for listener in listeners]}

    def obey(self, command: Message) -> Answer:
        match command:
            case {"do": "cut", "from": int(sender), "to": int(receiver)}:
                self._ways.cut(sender, receiver)
                return "cut", {}
            case {"do": "mend"}:
                self._ways.mend()
                return "mended", {}
        raise Refused(f"no such command: {command}")


async def _accept(listener: socket.socket, address: str, ways: Ways, sender: int, receiver: int) -> None:
    """Takes connections until it is cancelled; one that cannot be taken now is taken later."""
    listener.setblocking(False)
    connections: set[asyncio.Task[None]] = set()  # the loop itself holds on to none
    while True:
        try:
            client, _ = await asyncio.get_running_loop().sock_accept(listener)
        except OSError as error:
            _say_failed(sender, receiver, error)
            await asyncio.sleep(_AGAIN_S)
            continue
        task = asyncio.create_task(_telling(_relay(client, address, ways, sender, receiver), sender, receiver))
        connections.add(task)
        task.add_done_callback(connections.discard)


async def _telling(work: Coroutine[None, None, None], sender: int, receiver: int) -> None:
    """Says what ended it, if that was an error that it does not expect."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not pass in silence
        _say_failed(sender, receiver, error)


def _say_failed(sender: int, receiver: int, error: Exception) -> None:
    say("failed", **{"from": sender, "to": receiver, "reason": f"{type(error).__name__}: {error}"})


async def _relay(client: socket.socket, address: str, ways: Ways, sender: int, receiver: int) -> None:
    """One connection that ``sender`` made, until both have ended it."""
    host, port = address.rsplit(":", 1)
    with client, socket.socket() as server:
        server.setblocking(False)
        await ways.passes(sender, receiver)
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().sock_connect(server, (host, int(port)))
            for connection in (client, server):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # that nobody listens, or is there any more, is said by the receiver
            await ways.passes(receiver, sender)
            return
        await asyncio.gather(
            _pass_on(client, server, ways, sender, receiver), _pass_on(server, client, ways, receiver, sender)
        )


async def _pass_on(source: socket.socket, target: socket.socket, ways: Ways, sender: int, receiver: int) -> None:
    """What arrives from one side goes to the other, and so does its end: both pass only while their way is open."""
    loop = asyncio.get_running_loop()
    data = b"first"
    with contextlib.suppress(OSError):  # the target is gone, which it says itself on the way back
        while data:
            try:
                data = await loop.sock_recv(source, _CHUNK_BYTES)
            except OSError:
                data = b""
            await ways.passes(sender, receiver)
            if data:
                await loop.sock_sendall(target, data)
            else:
                target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    asyncio.run(serve_in_loop(Relaying()))
