"""What the load does, and the application that makes it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.steps.step import Step


@dataclass(frozen=True)
class Send(Step):
    """Starts ``count`` messages and goes on at once. ``rate`` in messages a second; None is as fast as it goes.

    ``flush_every`` makes the client flush after each so many, which gives one ProduceRequest each.
    """

    count: int
    rate: float | None = None
    flush_every: int | None = None


@dataclass(frozen=True)
class AwaitAcks(Step):
    """Until so many messages sent since the warm-up are acked (acks=0: counted as sent).

    ``required`` is false where it is the configuration's to say whether anything is acked: then it also ends when no
    more acks can come, or nothing moves any more. ``at_most_s`` ends it too, where what comes next is in a hurry.
    """

    count: int
    required: bool = True
    at_most_s: float | None = None


@dataclass(frozen=True)
class AwaitSent(Step):
    """Until the load is handed over and reported, or the client has hung. What has no report by then is unknown, which
    is no error here.
    """


@dataclass(frozen=True)
class Sleep(Step):
    """Waits so long. How long was left to chance if it was ``drawn``, and is put on record."""

    seconds: float
    drawn: bool = False


@dataclass(frozen=True)
class PauseClient(Step):
    """SIGSTOP the producer's process."""


@dataclass(frozen=True)
class ResumeClient(Step):
    """SIGCONT it."""


@dataclass(frozen=True)
class KillClient(Step):
    """SIGKILL the producer's process: what it had in memory is gone. The load is over, unless it is restarted."""


@dataclass(frozen=True)
class RestartClient(Step):
    """A new client takes over: sends again all that the killed one had no report for or had not committed, if it is to
    ``resend``, and then the rest of the load.
    """

    resend: bool = True
