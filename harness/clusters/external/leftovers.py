"""Removes what a run made on somebody else's cluster: topics, and the groups whose names begin with a topic's.

A transactional id cannot be removed: its coordinator forgets it by itself (``transactional.id.expiration.ms``).
"""

from __future__ import annotations

from collections.abc import Iterable

from kio.schema.delete_groups.v2 import request as delete
from kio.schema.delete_groups.v2 import response as deleted
from kio.schema.errors import ErrorCode
from kio.schema.list_groups.v4 import request as groups
from kio.schema.list_groups.v4 import response as groups_found
from kio.schema.types import GroupId

from harness.clusters import admin
from harness.security import Security

_ASK_S = 10.0


def remove_topic(addresses: Iterable[str], security: Security, topic: str) -> None:
    """Raises ``AdminError`` of the last broker when each refuses."""
    error: admin.AdminError | None = None
    for address in addresses:
        try:
            admin.delete_topic(address, topic, _ASK_S, security)
        except admin.AdminError as refused:
            error = refused
        else:
            return
    if error is not None:
        raise error


def remove_groups(addresses: Iterable[str], security: Security, topic: str) -> None:
    """Those of one topic, of each broker those that it coordinates. Raises ``AdminError`` when one stays, as a group
    does that has members.
    """
    for address in addresses:
        asked = groups.ListGroupsRequest(states_filter=())
        told = admin.call(address, asked, groups_found.ListGroupsResponse, lambda said: said.groups, _ASK_S, security)
        names = tuple(each.group_id for each in told if _is_of(str(each.group_id), topic))
        if names:
            _remove(address, security, names)


def _remove(address: str, security: Security, names: tuple[GroupId, ...]) -> None:
    asked = delete.DeleteGroupsRequest(groups_names=names)
    results = admin.call(address, asked, deleted.DeleteGroupsResponse, lambda said: said.results, _ASK_S, security)
    for each in results:
        if each.error_code not in (ErrorCode.none, ErrorCode.group_id_not_found):
            raise admin.AdminError(f"group {each.group_id}: {each.error_code.name}")


def _is_of(group: str, topic: str) -> bool:
    return group == topic or group.startswith(f"{topic}.")
