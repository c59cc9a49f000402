"""The clusters that are up while trials want them, each with its oracle and scratch space; all gone afterwards."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType

from harness import provenance
from harness.clusters import THEIRS, Place, Wanted
from harness.clusters.kinds import CLUSTERS
from harness.janitor import Janitor
from harness.store import Results
from harness.trial import Behind, Venue
from harness.warmup import WarmUp, warm_up
from harness.watcher import Watcher
from harness.workers.forkserver import Forkservers
from harness.workers.oracle import Oracle
from harness.workload import Workload

_Key = tuple[Wanted, str]
_LEAVES_S = 20.0  # so long somebody who interrupts waits for what is being read and judged


@dataclass(frozen=True)
class Arm:
    """Whose trials take turns, by the word that statistics has for it: those of one workload, and where their records
    go.
    """

    workload: Workload
    results: Results
    checkout: Path | None = None
    """Where the harness lies whose producers and consumers it has; None is this one."""


@dataclass
class _Up:
    """A cluster that is up."""

    venue: Venue
    down: contextlib.ExitStack
    lost: bool = False
    """Whether it is of no use any more."""
    warm: WarmUp | None = None
    noted: set[str] = field(default_factory=set)
    """The folders of the runs in which it is on record."""
    said_warm: set[str] = field(default_factory=set)
    """Those in which it is on record that it was warmed up."""
    others: dict[Path, Forkservers] = field(default_factory=dict)
    """Of harnesses that lie elsewhere."""


class Venues:
    """Of one manner of cluster after the other, or several at once."""

    def __init__(self, watcher: Watcher, *, saturated: bool) -> None:
        """``saturated``: whether trials on a warm cluster load it as fast as it goes."""
        self._watcher, self._saturated = watcher, saturated
        self.behind = Behind(watcher.doing)
        """What goes on beside the trials."""
        self.interrupted = False
        """Whether somebody ends all this: whatever fails from then on fails for that."""
        self._up: dict[_Key, _Up] = {}

    def of(self, arm: Arm, wanted: Wanted) -> Venue:
        """The cluster for this one's trials. Raises ``ClusterFailed`` when it does not come up at all."""
        self._leave_lost()
        key = self._key(arm, wanted)
        if key not in self._up:
            # Else pyarrow loads it with the first table, when the first trial's journal is sealed.
            self.behind.do("loading pandas", partial(import_module, "pandas"))
            begins = "looking for" if wanted.profile == THEIRS else "starting"
            self._watcher.doing(f"{begins} Kafka {wanted.kafka}, {wanted.profile} profile")
            with contextlib.ExitStack() as stack:
                venue = stack.enter_context(_venue(arm, wanted, self._watcher))
                self._up[key] = _Up(venue, stack.pop_all())
        up, run = self._up[key], str(arm.results.folder)
        if run not in up.noted:
            up.noted.add(run)
            provenance.note_cluster(arm.results, wanted.profile, up.venue.cluster)
        return self._for(arm, up)

    def warm(self, arm: Arm, wanted: Wanted) -> None:
        """Warms it up, unless it is. Raises ``ClusterFailed`` when its brokers are lost."""
        up, run = self._up[self._key(arm, wanted)], str(arm.results.folder)
        if not wanted.warm:
            return
        if up.warm is None:
            self._watcher.doing("warming the brokers up")
            up.warm = warm_up(up.venue, saturated=self._saturated)
        if run not in up.said_warm:
            up.said_warm.add(run)
            provenance.note(arm.results, f"brokers warmed up, {up.warm}")

    def there(self, arm: Arm, wanted: Wanted) -> Venue | None:
        """The same as ``of``, if it is up."""
        up = self._up.get(self._key(arm, wanted))
        return None if up is None or up.lost else self._for(arm, up)

    def lost(self, arm: Arm, wanted: Wanted) -> None:
        """It is of no use any more: it goes before anybody wants one again, who then gets another."""
        self._up[self._key(arm, wanted)].lost = True

    def _leave_lost(self) -> None:
        while lost := [key for key, up in self._up.items() if up.lost]:
            self.behind.end()  # after which more may be lost
            for key in lost:
                self._up.pop(key).down.close()

    def __enter__(self) -> Venues:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.interrupted = kind is not None and not issubclass(kind, Exception)
        with contextlib.ExitStack() as all_of_them:
            all_of_them.callback(self._up.clear)
            for up in self._up.values():
                all_of_them.push(up.down)
            all_of_them.callback(partial(self.behind.leave, _LEAVES_S) if self.interrupted else self.behind.end)

    @staticmethod
    def _key(arm: Arm, wanted: Wanted) -> _Key:
        return wanted, arm.workload.cluster.model_dump_json()

    def _for(self, arm: Arm, up: _Up) -> Venue:
        venue, token = up.venue, up.venue.run_id.rpartition(".")[2]
        forkservers = venue.forkservers
        if (checkout := arm.checkout) is not None:
            if checkout not in up.others:
                up.others[checkout] = Forkservers(venue.scratch, venue.janitor, checkout)
                up.down.callback(up.others[checkout].close)
            forkservers = up.others[checkout]
        run_id = f"{arm.results.folder.name}.{token}"
        return replace(venue, journals=arm.results.journals, run_id=run_id, forkservers=forkservers, behind=self.behind)


@contextlib.contextmanager
def _venue(arm: Arm, wanted: Wanted, watcher: Watcher) -> Iterator[Venue]:
    """A cluster that is up, its oracle, and scratch space; all gone afterwards, whatever happens."""
    kind, folder = CLUSTERS[arm.workload.cluster.kind], arm.results.folder
    scratch = folder / "scratch"
    janitor = Janitor()
    try:
        janitor.folder(scratch)
        scratch.mkdir(exist_ok=True)
        place = Place(scratch / "cluster", janitor, watcher.fetching)
        with (
            kind.up(wanted, arm.workload.cluster.model_dump(), place) as cluster,
            Oracle(scratch / "oracle.log", janitor) as oracle,
            contextlib.closing(Forkservers(scratch, janitor)) as forkservers,
        ):
            yield Venue(
                cluster=cluster,
                oracle=oracle,
                janitor=janitor,
                journals=arm.results.journals,
                scratch=scratch,
                forkservers=forkservers,
                run_id=f"{folder.name}.{secrets.token_hex(4)}",
                doing=watcher.doing,
            )
    finally:
        janitor.close()
