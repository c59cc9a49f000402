"""The proxy's process, with a broker behind it that only reads frames and answers them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.wire import Proxy

from .test_proxy import Answering


@pytest.fixture
def broker() -> Iterator[Answering]:
    broker = Answering()
    yield broker
    broker.close()


@pytest.fixture
def proxy(broker: Answering, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy({1: broker.address}, tmp_path / "proxy.log") as proxy:
        yield proxy
