"""The commands for a cluster that stays: a person's own, to try something by hand."""

from __future__ import annotations

import click

from harness.console import console
from harness.words import plural


@click.group()
def cluster() -> None:
    """The same cluster that trials use, for a person."""


@cluster.command()
@click.option("--kafka", default="4.4.0", show_default=True, help="Which version; see harness schema for the known.")
@click.option("--brokers", default=3, show_default=True, type=click.IntRange(1, 9))
@click.option("--port", type=click.IntRange(1024, 65000), help="The first broker's port, the others' follow it.")
@click.option("--profile", default="performance", show_default=True, type=click.Choice(["performance", "fault"]))
def up(kafka: str, brokers: int, port: int | None, profile: str) -> None:
    """Start a cluster that stays until `harness cluster down`."""
    from harness.clusters.local import standing
    from harness.terminal import bars, download

    with bars(console(stderr=True)) as progress:
        state = standing.up(kafka, brokers, port, profile, download(progress))
    click.echo(f"Kafka {state.kafka}, {plural(state.brokers, 'broker')}\nbootstrap.servers={state.bootstrap}")


@cluster.command()
def down() -> None:
    """Stop it and remove its data."""
    from harness.clusters.local import standing

    click.echo("stopped" if standing.down() else "no cluster is up")


@cluster.command()
def status() -> None:
    """Say whether one is up, where, and which of its brokers do not answer."""
    from harness.clusters.local import standing

    state = standing.status()
    if state is None:
        click.echo("no cluster is up")
    else:
        click.echo(f"Kafka {state.kafka}, {plural(state.brokers, 'broker')}\nbootstrap.servers={state.bootstrap}")
        for address in state.silent():
            click.echo(f"no broker answers at {address}")
