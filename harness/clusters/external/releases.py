"""Kafka's releases, and by what brokers of one can be told: the highest ``metadata.version`` that they support."""

from __future__ import annotations

from collections.abc import Mapping

FEATURE = "metadata.version"
LEVELS: Mapping[str, int] = {
    "3.3": 7,
    "3.4": 8,
    "3.5": 11,
    "3.6": 14,
    "3.7": 19,
    "3.8": 20,
    "3.9": 21,
    "4.0": 25,
    "4.1": 27,
    "4.2": 29,
    "4.3": 30,
    "4.4": 33,
}
"""By release, oldest first: from ``MetadataVersion``, the highest level that is not still being tested."""


def release_of(highest_level: int | None) -> str | None:
    """The release whose brokers support it, and none beyond; None for one that is not Kafka's, or newer."""
    return next((release for release, level in LEVELS.items() if level == highest_level), None)
