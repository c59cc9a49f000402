"""The commands for a cluster that stays: a person's own, to try something by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from harness.clusters.kinds import CLUSTERS
from harness.console import console
from harness.words import plural

if TYPE_CHECKING:
    from harness.clusters.standing import Standing, Stands

_STANDING = {name: kind.stands for name, kind in CLUSTERS.items() if kind.stands is not None}


def _of_a_kind(command: Callable[..., Any]) -> Callable[..., Any]:
    """Of which kind of cluster it is to be."""
    option = click.option(
        "--cluster", "kind", default="local", show_default=True, type=click.Choice([*_STANDING]), help="How it is run."
    )
    return option(command)


@click.group()
def cluster() -> None:
    """The same cluster that trials use, for a person."""


@cluster.command()
@click.option("--kafka", default="4.4.0", show_default=True, help="Which version; see harness schema for the known.")
@click.option("--brokers", default=3, show_default=True, type=click.IntRange(1, 9))
@click.option("--port", type=click.IntRange(1024, 65000), help="The first broker's port, the others' follow it.")
@click.option("--profile", default="performance", show_default=True, type=click.Choice(["performance", "fault"]))
@_of_a_kind
def up(kafka: str, brokers: int, port: int | None, profile: str, kind: str) -> None:
    """Start a cluster that stays until `harness cluster down`."""
    from harness.terminal import bars, download

    with bars(console(stderr=True)) as progress:
        state = _stands(kind).up(kafka, brokers, port, profile, download(progress))
    _say(state)


@cluster.command()
@_of_a_kind
def down(kind: str) -> None:
    """Stop it and remove its data."""
    click.echo("stopped" if _stands(kind).down() else "no cluster is up")


@cluster.command()
@_of_a_kind
def status(kind: str) -> None:
    """Say whether one is up, where, and which of its brokers do not answer."""
    state = _stands(kind).status()
    if state is None:
        click.echo("no cluster is up")
    else:
        _say(state)
        for address in state.silent():
            click.echo(f"no broker answers at {address}")


def _stands(kind: str) -> Stands:
    return _STANDING[kind]()


def _say(state: Standing) -> None:
    click.echo(f"Kafka {state.kafka}, {plural(state.brokers, 'broker')}\nbootstrap.servers={state.bootstrap}")
