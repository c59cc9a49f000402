"""A cluster that stays after the command that started it: ``harness cluster up``, ``down`` and ``status``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import platformdirs

from harness.clusters import Progress, admin

_ANSWER_S = 1.0


@dataclass(frozen=True)
class Standing:
    """A cluster that is up."""

    kafka: str
    brokers: int
    bootstrap: str

    def silent(self) -> list[str]:
        """The addresses at which no broker answers."""
        return [address for address in self.bootstrap.split(",") if not _answers(address)]


class Stands(Protocol):
    """What a kind of cluster offers that can stay: a module has it. There is one at a time of each kind."""

    def up(
        self, kafka: str, brokers: int, first_port: int | None, profile: str, progress: Progress | None = None
    ) -> Standing:
        """Starts one and returns when it serves. Raises ``ClusterFailed``, also if one is up already."""

    def down(self) -> bool:
        """Stops it and returns when everything of it is gone; False if none is up."""

    def status(self) -> Standing | None:
        """The cluster that is up, if one is."""


def state_folder() -> Path:
    """Where what is known of such clusters is kept; ``HARNESS_STATE`` moves it."""
    return Path(os.environ.get("HARNESS_STATE") or platformdirs.user_state_dir("kafka-delivery-harness")).absolute()


def _answers(address: str) -> bool:
    try:
        admin.view(address, None, _ANSWER_S)
    except admin.AdminError:
        return False
    return True
