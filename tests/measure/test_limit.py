"""What a load was limited by, from what it took of the machine."""

from __future__ import annotations

from typing import Any

import pytest

from harness.measure.limit import limited_by
from harness.store import Used

IDLE: dict[str, Any] = {"seconds": 1, "client_cores": 0.3, "client_thread": 0.2, "cores": 2, "machine": 0.4}
IDLE |= {"stolen": 0, "client_mb": 80, "work_ms": 9}


@pytest.mark.parametrize(
    ("used", "limit"),
    [
        ({}, None),
        ({"client_thread": 0.97, "machine": 0.99}, "client"),
        ({"client_cores": 1.7, "client_thread": 0.6}, None),
        ({"proxy_thread": 0.95, "machine": 0.95}, "proxy"),
        ({"machine": 0.95}, "machine"),
    ],
)
def test_the_first_that_was_busy_all_the_time(used: dict[str, Any], limit: str | None) -> None:
    assert limited_by(Used(**{**IDLE, **used})) == limit


def test_threads_that_share_one_core_are_limited_by_it_together() -> None:
    used = Used(**{**IDLE, "client_cores": 0.93, "client_thread": 0.5})
    assert (limited_by(used), limited_by(used, one_core=True)) == (None, "client")
