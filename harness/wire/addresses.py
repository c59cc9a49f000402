"""Brokers' addresses in responses, exchanged for the proxy's, so that clients never learn of any other.

Addresses are in Metadata, FindCoordinator and DescribeCluster, and since KIP-951 in the tagged field NodeEndpoints of
Produce (version 10) and Fetch (version 16) responses. Hosts and ports are replaced where they stand and every other
byte stays as it was. A version whose layout is not known here is not offered to clients, and neither is one that could
not be answered with an error: its API's maximum in the ApiVersions response is lowered. Not covered are share groups
(ShareFetch, ShareAcknowledge).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.wire.apis import api_name
from harness.wire.fields import Malformed
from harness.wire.frames import Piece
from harness.wire.responses import API_VERSIONS, LAYOUTS, Response


class AddressBook:
    """The address clients shall use for each broker, and what else responses tell: the names of topic ids.

    ``unknown`` is told once of each node that has none; its address stays as it is.
    """

    def __init__(self, addresses: Mapping[int, str], unknown: Callable[[int], None]) -> None:
        pairs = {node: address.rsplit(":", 1) for node, address in addresses.items()}
        self.brokers: Mapping[int, tuple[str, int]] = {node: (host, int(port)) for node, (host, port) in pairs.items()}
        self._unknown = unknown
        self._told: set[int] = set()
        self.topic_names: dict[bytes, str] = {}

    @staticmethod
    def concerns(api_key: int, version: int) -> bool:
        """Whether such a response must be seen whole, by ``rewrite``."""
        layout = LAYOUTS.get(api_key)
        return layout is not None and version >= layout.since

    def rewrite(self, api_key: int, version: int, frame: memoryview) -> Piece:
        """The response with the proxy's addresses; the frame itself if there is nothing to change in it.

        Frames have their size. Raises ``Malformed``, also for a version that is not known.
        """
        layout = LAYOUTS[api_key]
        if version > layout.known:
            raise Malformed(f"{api_name(api_key)} version {version} is newer than any this proxy can read")
        response = Response(frame, version, version >= layout.flexible, self._address_of, self.topic_names)
        response.skip(4)  # the correlation id
        if api_key != API_VERSIONS:  # its response header has no tags in any version, so that every client can read it
            response.skip_tags()
        layout.read(response)
        return response.changed()

    def _address_of(self, node: int) -> tuple[str, int] | None:
        address = self.brokers.get(node)
        if address is None and node >= 0 and node not in self._told:  # -1: there is no such node now
            self._told.add(node)
            self._unknown(node)
        return address
