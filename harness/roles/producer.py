"""The producer: one client in a process of its own, told what to send, leaving a journal.

Its spec is ``harness.load.spec``, its journal ``harness.journal``; ``docs/workers.md`` has its commands.
"""

from __future__ import annotations

import gc
import time
from dataclasses import asdict
from pathlib import Path

from harness import clients
from harness.clients import ClientRefused, TransactionFailed
from harness.events import TransactionPoint
from harness.journal.mapped import ProducerJournal, TransactionJournal
from harness.journal.mapped.transactions import beside
from harness.load.deadline import Impatient
from harness.load.messages import Messages
from harness.load.recorder import JournalRecorder
from harness.load.segments import End, Sender
from harness.load.spec import InTransactions, Spec
from harness.load.transactions import Transacting
from harness.process import Message
from harness.roles.heartbeat import Heart
from harness.serving import Answer, Refused, Role, say, serve

_IDLE_S = 0.02


class ProducerRole(Role):
    """A client and its load."""

    look_s = _IDLE_S / 10
    _producer: clients.Producer
    _heart: Heart
    _sender: Sender | None = None
    _transactions: Transacting | None = None
    _call_s = 0.0
    _began_cpu_s = 0.0

    def start(self, spec: Message) -> Message:
        told = Spec.of(spec)
        module = clients.load(told.client)
        path = Path(told.journal)
        if told.errors is None:
            journal = ProducerJournal.create(path, told.capacity, told.producer)
        else:
            journal = ProducerJournal.open(path)
        recorder = JournalRecorder(journal, told.errors or ())
        try:
            self._producer = module.create(told.bootstrap, told.topics, told.config, recorder, told.security)
        except ClientRefused as refusal:
            raise Refused(str(refusal)) from refusal
        transactions = None
        if told.transactions is not None:
            transactions = self._journal_of_transactions(told)
            self._producer = self._transactions = self._transacting(told.transactions, journal, transactions, recorder)
        elif told.deadline_s is not None:
            messages = Messages(told.run_key, told.shape, told.producer)
            self._producer = Impatient(self._producer, told.deadline_s, messages, journal, recorder)
        self._sender = Sender(told, self._producer, recorder, journal, transactions)
        # What clients and this worker make is many small objects without cycles: looking for cycles every 700 of them,
        # as Python does, would be measured as the client's own cost.
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)
        self._began_cpu_s = time.process_time()
        self._heart = Heart(lambda since_ns, until_ns: say("stood-still", since_ns=since_ns, until_ns=until_ns))
        return {
            "effective": self._producer.effective,
            "version": module.version(),
            "most_waiting_bytes": self._producer.most_waiting_bytes,
        }

    def _journal_of_transactions(self, told: Spec) -> TransactionJournal:
        path = beside(Path(told.journal))
        if told.errors is not None:
            return TransactionJournal.open(path)
        # Each has a message; whoever takes over sends some of them again, each once.
        return TransactionJournal.create(path, told.producer, told.capacity, 2 * told.capacity)

    def _transacting(
        self, told: InTransactions, messages: ProducerJournal, journal: TransactionJournal, recorder: JournalRecorder
    ) -> Transacting:
        made = Transacting(self._producer, told, messages, journal, recorder, self._patience_s, lambda: self._call_s)
        try:
            made.transactions.init(told.init_s)
        except TransactionFailed as failed:
            if failed.hung_s is not None:
                recorder.gave_up(failed.error, failed.hung_s)
            raise Refused(f"transactions cannot be initialised: {failed}") from failed
        return made

    def _patience_s(self) -> float:
        return self._sender.patience_s() if self._sender is not None else 0.0

    def heed(self, command: Message) -> None:
        """A patience holds at once, also for what is being done; and so does where to stop."""
        if self._sender is None:
            return
        if "patience_s" in command:
            self._sender.be_patient(command["patience_s"])
            self._call_s = command["call_s"]
        if self._transactions is not None:
            match command:
                case {"do": "stop", "point": point, "transaction": ordinal}:
                    self._transactions.stop_at(TransactionPoint(point), ordinal)
                case {"do": "go"}:
                    self._transactions.stop.go_on()

    def idle(self) -> None:
        assert self._sender is not None
        self._sender.idle(_IDLE_S)

    def obey(self, command: Message) -> Answer:
        assert self._sender is not None
        match command:
            case {"do": "send", "count": count, "rate": rate, "flush_every": flush_every, "seconds": seconds}:
                return self._sent(self._sender.send(count, rate, flush_every, seconds))
            case {"do": "resend"}:
                return self._sent(self._sender.resend())
            case {"do": "stop" | "go"} if self._transactions is not None:
                return "heard", {}
            case {"do": "flush"}:
                return "flushed", asdict(self._sender.flush())
            case {"do": "close", "timeout_s": timeout_s}:
                cpu_s = time.process_time() - self._began_cpu_s
                self._producer.close(timeout_s)
                self.over = True
                return "closed", {"cpu_s": cpu_s}
        return super().obey(command)

    def _sent(self, end: End) -> Answer:
        assert self._sender is not None
        self._heart.look()
        return "sent", {"total": self._sender.sent, **asdict(end)}


ROLE = ProducerRole

if __name__ == "__main__":
    serve(ROLE())
