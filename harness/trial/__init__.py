"""One trial: topics, clients in processes of their own, a load, perhaps a fault, and the journals they leave.

Running never judges: what comes back is a record without counts, anomalies or verdict, and journals on disk.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from harness import roles
from harness.bounds import recovering_s
from harness.clusters import ClusterFailed
from harness.events import FaultEvent
from harness.plan import Trial
from harness.store import TrialRecord
from harness.trial.behind import Behind
from harness.trial.conduct import Conduct
from harness.trial.journals import clear, scan, seal
from harness.trial.produce import produce
from harness.trial.record import fields, record_of
from harness.trial.venue import Running, Venue

__all__ = ["Behind", "Conduct", "Running", "Venue", "fields", "run"]


def run(trial: Trial, conduct: Conduct, venue: Venue, then: Running | None = None) -> Callable[..., TrialRecord]:
    """Runs one trial, and returns what is called to read its log back, once, in any thread: that gives its record, not
    yet judged. Whoever has the next trial begin meanwhile calls it with ``beside=True``: which node ended in the
    meantime is the next one's to hear then. Both raise ``ClusterFailed`` if the cluster is beyond use.

    Whatever else goes wrong is in the record: ``status`` is ``failed`` when there is no whole journal and scan. Of its
    topics nothing is left in the end, unless it raises: then the cluster goes. What the client of the trial ``then``
    runs on is loaded behind the load; and where nothing is done to the cluster, that one's topics are created ahead.
    """
    started, began = datetime.now(UTC), time.monotonic()
    running = Running(trial, venue)
    clear(running)
    venue.doing("creating the topic")
    running.create_topics()
    if then is not None and trial.cluster.warm and then.trial.cluster.warm:
        # Followers that wait for more of other topics hear of a new one half a second later.
        venue.behind.do("creating the next trial's topic", then.create_topics_ahead)
    with conduct.observed(running):
        with running.noting_problems():
            produce(running, conduct)
        running.see_standstills()
        running.see_hung_calls()
        running.note_ends()
        venue.doing("waiting for full recovery")
        venue.cluster.heal()
        running.events += venue.cluster.happened()
        _wait_recovered(running)
    if any(event.what == "restart" for event in running.events):
        running.events.append(FaultEvent(time.monotonic_ns(), "recovered", {}))
    if then is not None:
        then.venue.forkservers.prepare(roles.producing(then.trial.client), then.trial.driven)
    venue.behind.end()  # also where the load did not come so far that it was waited for
    return partial(_read_back, running, started, began)


def _wait_recovered(running: Running) -> None:
    """Until nothing more is on its way and every replica has all that was taken: what the high watermark hides is not
    lost.
    """
    cluster, bound_s = running.venue.cluster, recovering_s(running.stored_bytes)
    for name in running.made:
        cluster.wait_healthy(name, bound_s)
    if running.trial.config["acks"] == "0":
        cluster.wait_quiet(running.topics.names, bound_s)
    for name in running.made:
        cluster.wait_replicated(name, bound_s)


def _read_back(running: Running, started: datetime, began: float, *, beside: bool = False) -> TrialRecord:
    venue = running.venue
    sealed = seal(running)
    scanned = scan(running)
    if not beside:
        running.note_ends()
    if not venue.janitor.alive:
        running.note("the janitor, which cleans up after the harness, has ended")
    for name in running.made:
        with contextlib.suppress(ClusterFailed):
            venue.cluster.delete_topic(name)
    return record_of(running, started, time.monotonic() - began, complete=sealed and scanned and not running.spoiled)
