"""What ends a run in order: Ctrl-C, SIGTERM and a terminal that is gone, each heeded until it was heard."""

from __future__ import annotations

import signal
import sys
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed() -> None:
    """From now on each raises ``KeyboardInterrupt`` in the main thread, but while that cleans up after one: cleaning up
    must not be interrupted in turn. What was ignored at the start (``nohup``, a shell's background) stays ignored.
    """
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def ignore() -> None:
    """From now on none does anything: all is cleaned up, and what is left takes no time."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # It notes nothing down: Python drops what is raised in a finalizer or a callback, and then the next one counts.
    if not _cleans_up(sys.exception()):
        raise KeyboardInterrupt


def _cleans_up(handled: BaseException | None) -> bool:
    """Whether what is being handled, in an ``except``, ``finally`` or ``with``, is an interrupt or came of one."""
    while handled is not None and not isinstance(handled, KeyboardInterrupt):
        handled = handled.__context__
    return handled is not None
