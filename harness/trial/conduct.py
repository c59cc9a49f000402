"""What running a trial needs of its kind (``harness.kinds``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from harness.clients import Setting
from harness.plan import Trial
from harness.store import TrialRecord
from harness.trial.venue import Running
from harness.wire import Proxy
from harness.workers.fleet import Fleet


def as_planned(trial: Trial, earlier: Callable[[], Sequence[TrialRecord]]) -> Trial:
    """For a kind whose trials are what they were planned to be, whatever came of others."""
    return trial


class Conduct(Protocol):
    """How trials of a kind are conducted."""

    def settle(self, trial: Trial, earlier: Callable[[], Sequence[TrialRecord]]) -> Trial:
        """The trial as it is to be run, by what came of those that ran before it; if there is nothing to be found out
        any more it says in ``skip`` why.
        """

    def capacity(self, trial: Trial) -> int:
        """How many messages one of its producers sends at most, those that warm it up included."""

    def producing(self, trial: Trial) -> dict[str, Setting]:
        """What its producers are to run with, beside what makes them transactional."""

    def observed(self, running: Running) -> AbstractContextManager[None]:
        """From before the first message until the cluster has recovered: adds to the trial's events what is seen."""

    def drive(self, running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
        """The whole load, with clients that are starting: what else it takes may start beside them, and before the load
        they are waited for (``produce.clients_started``). ``proxy`` is between them and the cluster if the trial needs
        one. Raises ``WorkerFailed``, ``RecipeFailed`` or what a child raises.
        """
