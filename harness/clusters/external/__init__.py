"""Brokers that are somebody else's, at addresses that a workload names.

What is made there has names with a prefix, and is removed again; no setting of theirs is changed. Their processes are
ended and started by the owner's own commands, where the workload has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from harness.clusters import Cluster, ClusterKind, Place, Stated, Wanted
from harness.clusters.can import NOTHING, Ability
from harness.clusters.external.keys import ACTIONS, External
from harness.clusters.external.releases import LEVELS
from harness.words import listed

_TAKES: Mapping[Ability, Sequence[str]] = {
    Ability.FREEZE: ("pause", "resume"),
    Ability.KILL: ("kill", "start"),
    Ability.SHUT_DOWN: ("stop", "start"),
    Ability.START: ("start",),
    Ability.ENDS: ("start",),
}
"""The owner's commands by which it can be done, and what undoes them."""


def _lacks(stated: Stated) -> Mapping[Ability, str]:
    """It takes the commands of every broker: which of them will lead nobody knows before."""
    nodes: Mapping[str, Mapping[str, object]] = stated.get("nodes") or {}
    if not nodes:
        return NOTHING
    brokers = [node for node in nodes if int(node) != stated["controller"]]
    if len(brokers) < stated["brokers"]:
        some = f"commands for {len(brokers)} of its {stated['brokers']} brokers alone (cluster.nodes)"
        return {ability: some if ability in _TAKES else what for ability, what in NOTHING.items()}
    lacking = {action: [str(node) for node, its in nodes.items() if not its.get(action)] for action in ACTIONS}
    lacks = {ability: what for ability, what in NOTHING.items() if ability not in _TAKES}
    for ability, actions in _TAKES.items():
        if without := [action for action in actions if lacking[action]]:
            commands = listed((f"{action} node {listed(lacking[action])}" for action in without), "or")
            lacks[ability] = f"no command to {commands} (cluster.nodes)"
    if len(brokers) < len(nodes):
        lacks.pop(Ability.CONTROLLER)
    return lacks


def _up(wanted: Wanted, stated: Stated, place: Place) -> AbstractContextManager[Cluster]:
    from harness.clusters.external.cluster import ExternalCluster

    return ExternalCluster(wanted, External.of(stated), place.janitor)


EXTERNAL = ClusterKind(
    "external",
    "somebody else's, at cluster.bootstrap",
    lacks=_lacks,
    versions=lambda: list(LEVELS),
    up=_up,
    keys=External,
)
