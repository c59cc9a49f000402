"""The command by which the janitor removes a topic that a killed harness left, and its groups::

    python -m harness.clusters.external.remove BOOTSTRAP PROPERTIES TOPIC

``BOOTSTRAP`` is comma-joined, ``PROPERTIES`` a file or nothing: what is secret is in it, and in no command line.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

from harness.clusters.admin import AdminError
from harness.clusters.external.leftovers import remove_groups, remove_topic
from harness.security import PLAINTEXT
from harness.security.properties import read

WITHIN_S = 30.0
_AGAIN_S = 1.0


def main(bootstrap: str, properties: str, topic: str) -> None:
    """As often as it takes: a group has members until their session has ended."""
    security, addresses = read(Path(properties)) if properties else PLAINTEXT, bootstrap.split(",")
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        with contextlib.suppress(AdminError):
            remove_topic(addresses, security, topic)
            remove_groups(addresses, security, topic)
            return
        time.sleep(_AGAIN_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
