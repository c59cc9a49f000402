"""The producer: one client in a process of its own, told what to send, leaving a journal.

Its spec is ``harness.load.spec``, its journal ``harness.journal``; ``docs/workers.md`` has its commands.
"""

from __future__ import annotations

import gc
import time
from dataclasses import asdict
from pathlib import Path

from harness import clients
from harness.clients import ClientRefused
from harness.journal import ProducerJournal
from harness.load.recorder import JournalRecorder
from harness.load.segments import End, Sender
from harness.load.spec import Spec
from harness.process import Message
from harness.roles.heartbeat import beat
from harness.serving import Answer, Refused, Role, say, serve

_IDLE_S = 0.02


class ProducerRole(Role):
    """A client and its load."""

    look_s = _IDLE_S / 10
    _producer: clients.Producer
    _sender: Sender | None = None

    def start(self, spec: Message) -> Message:
        told = Spec(**spec)
        module = clients.load(told.client)
        path = Path(told.journal)
        if told.errors is None:
            journal = ProducerJournal.create(path, told.capacity, told.producer)
        else:
            journal = ProducerJournal.open(path)
        recorder = JournalRecorder(journal, told.errors or ())
        try:
            self._producer = module.create(told.bootstrap, told.topic, told.config, recorder)
        except ClientRefused as refusal:
            raise Refused(str(refusal)) from refusal
        self._sender = Sender(told, self._producer, recorder, journal)
        # What clients and this worker make is many small objects without cycles: looking for cycles every 700 of them,
        # as Python does, would be measured as the client's own cost.
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)
        beat(lambda since_ns, until_ns: say("stood-still", since_ns=since_ns, until_ns=until_ns))
        return {
            "effective": self._producer.effective,
            "version": module.version(),
            "most_waiting_bytes": self._producer.most_waiting_bytes,
        }

    def heed(self, command: Message) -> None:
        """A patience holds at once, also for what is being done."""
        if self._sender is not None and "patience_s" in command:
            self._sender.be_patient(command["patience_s"])

    def idle(self) -> None:
        self._producer.poll(_IDLE_S)

    def obey(self, command: Message) -> Answer:
        assert self._sender is not None
        match command:
            case {"do": "send", "count": count, "rate": rate, "flush_every": flush_every, "seconds": seconds}:
                return self._sent(self._sender.send(count, rate, flush_every, seconds))
            case {"do": "resend"}:
                return self._sent(self._sender.resend())
            case {"do": "flush"}:
                return "flushed", {"still_s": self._sender.flush()}
            case {"do": "close", "timeout_s": timeout_s}:
                cpu_s = time.process_time()
                self._producer.close(timeout_s)
                self.over = True
                return "closed", {"cpu_s": cpu_s}
        return super().obey(command)

    def _sent(self, end: End) -> Answer:
        assert self._sender is not None
        return "sent", {"total": self._sender.sent, **asdict(end)}


if __name__ == "__main__":
    serve(ProducerRole())
