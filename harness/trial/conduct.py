"""What running a trial needs of its kind (``harness.kinds``)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from harness.clients import Setting
from harness.plan import Trial
from harness.trial.venue import Running
from harness.wire import Proxy
from harness.workers.fleet import Fleet


class Conduct(Protocol):
    """How trials of a kind are conducted."""

    def capacity(self, trial: Trial) -> int:
        """How many messages one of its producers sends at most, those that warm it up included."""

    def producing(self, trial: Trial) -> dict[str, Setting]:
        """What its producers are to run with, beside what makes them transactional."""

    def observed(self, running: Running) -> AbstractContextManager[None]:
        """From before the first message until the cluster has recovered: adds to the trial's events what is seen."""

    def drive(self, running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
        """The whole load, with clients that are ready. ``proxy`` is between them and the cluster if the trial needs
        one. Raises ``WorkerFailed``, ``RecipeFailed`` or what a child raises.
        """
