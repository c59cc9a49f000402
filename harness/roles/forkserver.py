"""Loads a role and the client it drives, and is copied for each child that is asked for: ``ROLE [CLIENT]``.

Its stdin is a socket. Each byte that comes there, with three file descriptors, asks for a child with those for stdin,
stdout and stderr; it answers in JSON lines who was ``born``, and who has ``ended`` with which status. It has one
thread, and its children die with it as it does with the harness.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from harness import clients
from harness.guard import die_with
from harness.serving import Role, serve


def main() -> None:
    role: Callable[[], Role] = import_module(f"harness.roles.{sys.argv[1]}").ROLE
    for client in sys.argv[2:]:
        clients.load(client)
    gc.collect()
    gc.freeze()  # else a child that looks for garbage writes to all that it shares with this process
    asks = socket.socket(fileno=os.dup(0))
    ends, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    looks = select.poll()
    for each in (asks.fileno(), ends):
        looks.register(each, select.POLLIN)
    while True:
        for ready, _ in looks.poll():
            if ready == ends:
                os.read(ends, 512)
                _see_who_ended(asks)
            else:
                asked, given, _, _ = socket.recv_fds(asks, 1, 3)
                if not asked:
                    return
                _copy(role, given, asks)


def _copy(role: Callable[[], Role], given: Sequence[int], asks: socket.socket) -> None:
    here = os.getpid()
    if (pid := os.fork()) == 0:
        _become(role, given, asks, here)
    for each in given:
        os.close(each)
    _say(asks, born=pid)


def _become(role: Callable[[], Role], given: Sequence[int], asks: socket.socket, parent: int) -> NoReturn:
    try:
        die_with(parent)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for number, each in enumerate(given):
            os.dup2(each, number)
            os.close(each)
        asks.close()
        serve(role())
    except BaseException:  # noqa: BLE001 - it must not go on as what it is a copy of
        traceback.print_exc()
    os._exit(1)


def _see_who_ended(asks: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say(asks, ended=pid, status=os.waitstatus_to_exitcode(status))


def _say(asks: socket.socket, **what: Any) -> None:
    asks.sendall(json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
