"""Runs that were made with something else are compared only across what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from harness.compare.surroundings import ASPECTS, Unlike, surroundings
from tests.report.synthetic_records import run_of

_RUN = run_of([])
_COMPOSE = {"kind": "compose", "run": "containers", "on": {"Image": "apache/kafka:4.4.0, sha256:12"}}
_OTHERS: dict[str, dict[str, Any]] = {
    "machine": {"kernel": "Linux 7.0"},
    "cluster": {"cluster": _COMPOSE},
    "kafka": {"kafka": ["4.3.1"]},
    "clients": {"clients": {"aiokafka": "0.12.0"}},
    "java": {"java": "OpenJDK 21"},
}


def test_every_aspect_is_tried_here() -> None:
    assert _OTHERS.keys() == ASPECTS.keys()


def test_runs_alike_are_compared() -> None:
    assert surroundings(_RUN, {**_RUN, "started": "later", "seed": 2}) == {}


@pytest.mark.parametrize("aspect", _OTHERS)
def test_what_differs_is_refused_unless_asked_for(aspect: str) -> None:
    other = {**_RUN, **_OTHERS[aspect]}
    with pytest.raises(Unlike, match=f"differ in {aspect} .*--across {aspect} "):
        surroundings(_RUN, other, [name for name in ASPECTS if name != aspect])
    assert [*surroundings(_RUN, other, [aspect])] == [aspect]


def test_another_kernel_after_a_resume_is_another_machine() -> None:
    resumed = {**_RUN, "starts": [{"kernel": "Linux 6.8.0"}, {"kernel": "Linux 7.0"}]}
    with pytest.raises(Unlike, match="machine"):
        surroundings(_RUN, {**resumed, "clients": _RUN["clients"]}, ["clients"])


def test_another_image_is_another_cluster() -> None:
    pulled = {**_COMPOSE, "on": {"Image": "apache/kafka:4.4.0, sha256:34"}}
    with pytest.raises(Unlike, match=r"sha256:12 against compose, Image apache/kafka:4\.4\.0, sha256:34"):
        surroundings({**_RUN, "cluster": _COMPOSE}, {**_RUN, "cluster": pulled})


def test_what_is_not_on_record_is_not_taken_for_the_same() -> None:
    with pytest.raises(Unlike, match=r"java: OpenJDK 25\.0\.2 against not on record"):
        surroundings(_RUN, {**_RUN, "java": None})
