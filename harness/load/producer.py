"""The producer worker: one client in a process of its own, told what to send, leaving a journal.

It is spoken to in JSON lines (``harness.process``). Its first line is the spec (``harness.load.spec``); then commands::

    {"do": "send", "count": n, "rate": r or null, "flush_every": k or null, "seconds": s or null, "patience_s": p}
                                           -> "sent", with total, died (why the client can send no more) and still_s
    {"do": "resend", "patience_s": p}      -> "sent", the same
    {"do": "flush", "patience_s": p}       -> "flushed", with still_s
    {"do": "close", "timeout_s": t}        -> "closed", with cpu_s

Each has an ``id``, which its answer has too, and its turn; a patience holds at once, also for what is being done.
``still_s`` is null unless the client took nothing, or reported nothing where that is waited for, for longer than the
patience: then the worker gives up, and says for how long it was so.
A client in another language needs nothing but this and the journal's file layout.
"""

from __future__ import annotations

import gc
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from harness import clients
from harness.clients import ClientRefused
from harness.journal import ProducerJournal
from harness.load.recorder import JournalRecorder
from harness.load.segments import Load
from harness.load.spec import Spec
from harness.process import Message, answer, messages, say

_IDLE_S = 0.02


class _Inbox:
    """What the harness says: commands, each for its turn, and its patience."""

    def __init__(self) -> None:
        self._commands: queue.Queue[Message] = queue.Queue()
        self.heed: Callable[[float], None] = lambda patience_s: None
        """Told of a patience when it arrives."""
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self, timeout_s: float | None = None) -> Message:
        """Raises ``queue.Empty``."""
        return self._commands.get(timeout=timeout_s)

    def _listen(self) -> None:
        for message in messages():
            if "patience_s" in message:
                self.heed(message["patience_s"])
            self._commands.put(message)
        os._exit(0)  # the harness is gone


def main() -> None:
    """The worker's life; it leaves by ``os._exit`` so that no client's thread can keep it."""
    inbox = _Inbox()
    first = inbox.next()
    spec = Spec(**first)
    module = clients.load(spec.client)
    path = Path(spec.journal)
    journal = ProducerJournal.create(path, spec.capacity) if spec.errors is None else ProducerJournal.open(path)
    recorder = JournalRecorder(journal, spec.errors or ())
    try:
        producer = module.create(spec.bootstrap, spec.topic, spec.config, recorder)
    except ClientRefused as refusal:
        say("refused", reason=str(refusal))
        os._exit(0)
    load = Load(spec, producer, recorder, journal)
    inbox.heed = load.be_patient
    say(
        "ready",
        effective=producer.effective,
        version=module.version(),
        most_waiting_bytes=producer.most_waiting_bytes,
    )
    # What clients and this worker make is many small objects without cycles: looking for cycles every 700 of them, as
    # Python does, would be measured as the client's own cost.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    while True:
        try:
            command = inbox.next(_IDLE_S / 10)
        except queue.Empty:
            producer.poll(_IDLE_S)
        else:
            _obey(command, load, producer)


def _obey(command: Message, load: Load, producer: clients.Producer) -> None:
    match command:
        case {"do": "send", "count": count, "rate": rate, "flush_every": flush_every, "seconds": seconds}:
            end = load.send(count, rate, flush_every, seconds)
            answer(command, "sent", total=load.sent, **asdict(end))
        case {"do": "resend"}:
            end = load.resend()
            answer(command, "sent", total=load.sent, **asdict(end))
        case {"do": "flush"}:
            answer(command, "flushed", still_s=load.flush())
        case {"do": "close", "timeout_s": timeout_s}:
            cpu_s = time.process_time()
            producer.close(timeout_s)
            answer(command, "closed", cpu_s=cpu_s)
            os._exit(0)
        case _:
            os._exit(0)


if __name__ == "__main__":
    main()
