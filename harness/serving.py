"""The child's side of ``harness.process``: one loop for every role, in the words of ``docs/workers.md``.

The first line is the spec, to which a role says that it is ready, and each line behind it a command, whose id its
answer has too. What it cannot follow it refuses, with a reason, and has changed nothing. It ends with its stdin.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from harness.process import Message

_SAYING = threading.Lock()  # a client's threads say something, too
Answer = tuple[str, Message]
"""The event, and what it says."""


class Refused(Exception):
    """A spec or a command that is not followed; the message says why."""


class Role:
    """What a child does. All is called by one thread but ``heed``."""

    look_s: float | None = None
    """How long it is waited for a command before ``idle``; None where nothing is to be done meanwhile."""
    over = False
    """Whether it ends behind this answer."""

    def start(self, spec: Message) -> Message:
        """Gets ready, and returns what it has to say of that. Raises ``Refused``."""
        return {}

    def obey(self, command: Message) -> Answer:
        """Follows one command. Raises ``Refused``."""
        raise Refused(f"no such command: {command}")

    def idle(self) -> None:
        """What it does while nobody asks for anything: as much as a command may wait for."""

    def heed(self, command: Message) -> None:
        """Gets each command when it arrives, whatever is being done, from another thread and before its turn."""


class InLoop(Protocol):
    """A role that lives in an event loop, between whose other doings it follows what it is told."""

    async def start(self, spec: Message) -> Message:
        """As a ``Role``'s."""

    def obey(self, command: Message) -> Answer:
        """As a ``Role``'s."""


def serve(role: Role) -> NoReturn:
    """The child's life. It leaves by ``os._exit``, so that no library's thread can keep it."""
    try:
        _serve(role)
    except BaseException:  # noqa: BLE001 - whatever ends it, its last words are said
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _serve(role: Role) -> None:
    inbox: queue.Queue[Message] = queue.Queue()

    def take(message: Message) -> None:
        role.heed(message)
        inbox.put(message)

    _listen(take)
    try:
        ready = role.start(inbox.get())
    except Refused as refused:
        say("refused", reason=str(refused))
        return
    say("ready", **ready)
    while not role.over:
        try:
            command = inbox.get(timeout=role.look_s)
        except queue.Empty:
            role.idle()
        else:
            _follow(command, role.obey)


async def serve_in_loop(role: InLoop) -> NoReturn:
    """The same in the event loop that runs."""
    import asyncio  # takes longer than all else here, and not every child has a loop

    loop, inbox = asyncio.get_running_loop(), asyncio.Queue[Message]()
    _listen(lambda message: loop.call_soon_threadsafe(inbox.put_nowait, message))
    say("ready", **await role.start(await inbox.get()))
    while True:
        _follow(await inbox.get(), role.obey)


def _listen(take: Callable[[Message], object]) -> None:
    """Hands over each message from the parent, in a thread of its own. When the parent goes, so does this process."""

    def listen() -> None:
        for line in sys.stdin:
            take(json.loads(line))
        os._exit(0)

    threading.Thread(target=listen, name="commands", daemon=True).start()


def _follow(command: Message, obey: Callable[[Message], Answer]) -> None:
    try:
        event, said = obey(command)
    except Refused as refused:
        event, said = "refused", {"reason": str(refused)}
    say(event, id=command["id"], **said)


def say(event: str, **fields: Any) -> None:
    """One message to the parent, which nobody has to have asked for."""
    with _SAYING:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()
