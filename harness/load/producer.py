"""The producer worker: one client in a process of its own, told what to send, leaving a journal.

It is spoken to in JSON lines (``harness.process``). Its first line is the spec (``harness.load.spec``); then commands::

    {"do": "send", "count": n, "rate": r or null, "flush_every": k or null, "seconds": s or null}  -> "sent"
    {"do": "resend"}                                                                            -> "sent"
    {"do": "flush", "timeout_s": t}                                                             -> "flushed"
    {"do": "close", "timeout_s": t}                                                             -> "closed"

A client in another language needs nothing but this and the journal's file layout.
"""

from __future__ import annotations

import gc
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import clients
from harness.clients import ClientRefused
from harness.journal import ProducerJournal
from harness.load.recorder import JournalRecorder
from harness.load.segments import Load
from harness.load.spec import Spec
from harness.process import messages, say

_IDLE_S = 0.02


def main() -> None:
    """The worker's life; it leaves by ``os._exit`` so that no client's thread can keep it."""
    inbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_listen, args=(inbox.put,), daemon=True).start()
    first = inbox.get()
    if first is None:
        os._exit(0)
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
    say("ready", effective=producer.effective, version=module.version())
    # What clients and this worker make is many small objects without cycles: looking for cycles every 700 of them, as
    # Python does, would be measured as the client's own cost.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    load = Load(spec, producer, recorder, journal)
    while True:
        try:
            command = inbox.get(timeout=_IDLE_S / 10)
        except queue.Empty:
            producer.poll(_IDLE_S)
            continue
        match command:
            case {"do": "send", "count": count, "rate": rate, "flush_every": flush_every, "seconds": seconds}:
                stopped = load.send(count, rate, flush_every, seconds)
                say("sent", total=load.sent, stopped=stopped)
            case {"do": "resend"}:
                stopped = load.resend()
                say("sent", total=load.sent, stopped=stopped)
            case {"do": "flush", "timeout_s": timeout_s}:
                say("flushed", unreported=producer.flush(timeout_s))
            case {"do": "close", "timeout_s": timeout_s}:
                cpu_s = time.process_time()
                producer.close(timeout_s)
                say("closed", cpu_s=cpu_s)
                os._exit(0)
            case _:
                os._exit(0)


def _listen(put: Callable[[dict[str, Any] | None], None]) -> None:
    for message in messages():
        put(message)
    os._exit(0)  # the harness is gone


if __name__ == "__main__":
    main()
