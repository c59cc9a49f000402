"""Who coordinates: the broker that leads the partition of one of Kafka's own topics in which an id is.

That is ``__transaction_state`` for a ``transactional.id`` and ``__consumer_offsets`` for a ``group.id``; whoever asks
first has the topic made.
"""

from __future__ import annotations

from collections.abc import Mapping

from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v4 import request as find
from kio.schema.find_coordinator.v4 import response as found
from kio.static.primitive import i8

from harness.clusters import Coordinated, admin
from harness.security import PLAINTEXT, Security

_KEY_TYPES: Mapping[Coordinated, i8] = {"group": i8(0), "transaction": i8(1)}


def find_coordinator(
    address: str, of: Coordinated, id: str, timeout_s: float = 2.0, security: Security = PLAINTEXT
) -> int:
    """Which broker coordinates, by the word of the one at ``address``. Raises ``AdminError``, also while none does."""
    request = find.FindCoordinatorRequest(key_type=_KEY_TYPES[of], coordinator_keys=(id,))
    said = admin.call(address, request, found.FindCoordinatorResponse, _the_one, timeout_s, security)
    if said.error_code is not ErrorCode.none:
        raise admin.AdminError(f"coordinator of {id}: {said.error_code.name}")
    return int(said.node_id)


def _the_one(answer: found.FindCoordinatorResponse) -> found.Coordinator:
    (only,) = answer.coordinators
    return only
