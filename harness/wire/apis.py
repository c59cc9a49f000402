"""Kafka's APIs by name and number, and the versions of them that this room can answer by itself."""

from __future__ import annotations

from collections.abc import Mapping

from kio.schema.index import api_key_map, schema_name_map

_NAMES = {key: "".join(word.capitalize() for word in name.split("_")) for key, name in api_key_map.items()}
API_NAMES = frozenset(_NAMES.values())
"""Every API as Kafka writes it: ``Produce``, ``FindCoordinator``, ``InitProducerId``, ..."""

ANSWERED = (
    "Produce",
    "Metadata",
    "FindCoordinator",
    "InitProducerId",
    "AddPartitionsToTxn",
    "AddOffsetsToTxn",
    "TxnOffsetCommit",
    "EndTxn",
    "Fetch",
    "OffsetCommit",
    "OffsetFetch",
    "JoinGroup",
    "SyncGroup",
    "Heartbeat",
    "ConsumerGroupHeartbeat",
)
"""Those whose errors are worth injecting."""
VERSIONS: Mapping[int, frozenset[int]] = {
    key: frozenset(map(int, schema_name_map[api_key_map[key]])) for key, name in _NAMES.items() if name in ANSWERED
}
"""By API key: the versions that can be answered, which are those that ``kio`` has the layouts of."""


def api_name(api_key: int) -> str:
    """``api-99`` for one that nobody knows."""
    return _NAMES.get(api_key, f"api-{api_key}")
