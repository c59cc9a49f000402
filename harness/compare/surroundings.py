"""What two runs have to have in common: a change between them is otherwise not the one that is looked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.store import ResultsUnusable
from harness.words import listed, options

Run = Mapping[str, Any]
"""The contents of a ``run.json``."""
KAFKA, CLIENT = "kafka", "client"
CLIENT_VERSION = "client_version"
"""Of what tells trials apart, that which follows from the versions of clients."""
ELIGIBLE = "config.eligible.leader.replicas.version"
"""That which Kafka has since a version."""


class Unlike(ResultsUnusable):
    """The runs are no repeats of each other, and nobody asked for that; the message says in what they differ."""


@dataclass(frozen=True)
class Aspect:
    """Something that a run was made with."""

    says: Callable[[Run], Sequence[str]]
    """In words; what is not on record is left out."""
    parts: frozenset[str] = frozenset()
    """Of what tells trials apart (``TrialRecord.parts``) that which follows from it."""


def _machine(run: Run) -> list[str]:
    cpu, memory_gb = run.get("cpu") or {}, run.get("memory_gb")
    kernels = dict.fromkeys(start.get("kernel") for start in run.get("starts") or [run])
    said = (cpu.get("model"), cpu.get("cores") and f"{cpu['cores']} cores", memory_gb and f"{memory_gb:g} GB", *kernels)
    return [word for word in said if word]


def _cluster(run: Run) -> list[str]:
    """How its brokers were run. An engine or an image of another version is another cluster."""
    cluster = run.get("cluster") or {"kind": "local"}  # runs that do not say knew no other
    on = {what: which for what, which in (cluster.get("on") or {}).items() if which}
    return [str(cluster["kind"]), *(f"{what} {which}" for what, which in on.items())]


def _clients(run: Run) -> list[str]:
    starts = run.get("starts") or [run]
    return list(
        dict.fromkeys(
            f"{name} {version}" for start in starts for name, version in sorted((start.get("clients") or {}).items())
        )
    )


ASPECTS: dict[str, Aspect] = {
    "machine": Aspect(_machine),
    "cluster": Aspect(_cluster, frozenset({"cluster_profile", "brokers"})),
    "kafka": Aspect(lambda run: [str(version) for version in run.get("kafka") or ()], frozenset({KAFKA, ELIGIBLE})),
    "clients": Aspect(_clients, frozenset({CLIENT_VERSION})),
    "java": Aspect(lambda run: [str(run["java"])] if run.get("java") else []),
}
"""By the word with which a comparison across it is asked for."""


def surroundings(base: Run, new: Run, across: Sequence[str] = ()) -> dict[str, tuple[str, str]]:
    """In what the runs differ, as each says it. Raises ``Unlike`` where that is more than was asked for."""
    found: dict[str, tuple[str, str]] = {}
    for name, aspect in ASPECTS.items():
        one, other = aspect.says(base), aspect.says(new)
        if one != other:
            found[name] = (", ".join(one) or "not on record", ", ".join(other) or "not on record")
    if refused := [name for name in found if name not in across]:
        differ = "; ".join(f"{name}: {found[name][0]} against {found[name][1]}" for name in refused)
        asked = " ".join(f"--across {name}" for name in found)
        raise Unlike(
            f"these runs differ in {listed(refused)} ({differ}), so that what changed may be that; "
            f"to compare them all the same: {asked} (there are {options(ASPECTS)})"
        )
    return found
