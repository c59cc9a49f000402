"""How a report says what things cost: a difference with its interval, or that none could be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.measure.ratio import fewest_pairs
from harness.report.blocks import Block, Bullets, Code, Emphasis, Lines, Strong, Table, Text, Words, joined, prose
from harness.report.costs import FIGURES, MARGIN, Cost, Costs, Paired
from harness.report.labels import Configuration
from harness.report.wording import UNSTEADY, rate, within
from harness.words import ABSENT, count, extent, listed, percent, plural, times

IN_SHORT = ("throughput", "median latency", "p99 latency")
_IN_SENTENCES = ("throughput", "median latency")


def how() -> Words:
    """What a ratio is, and what is said of it."""
    return prose(
        "Each figure is a ratio of pairs, a repeat of one to the same repeat of the other, which ran in the same round "
        "in random order; in brackets its 95 % confidence interval (Wilcoxon's signed ranks). It is said to be a "
        f"difference where that interval is beyond {percent(MARGIN)} to either side; else no difference could be "
        "told, and in brackets is what it may still be."
    )


def prices(every: Sequence[Costs]) -> Iterator[Block]:
    """What the report leads with: what could be told, and the tables that it is from."""
    rows = [row for found in every for row in found.rows if not row.is_base]
    if not rows:
        return
    most = max((ratio.pairs for row in rows for ratio in row.ratios.values()), default=0)
    if most < (fewest := fewest_pairs()):
        yield Text(
            f"What it cost cannot be told from {plural(most, 'pair')} of repeats: it takes {fewest}. "
            "The figures are under Performance."
        )
        return
    yield from (Bullets([*told(found)]) for found in every if any(told(found)))
    of_what = prose(
        " Throughput is at `rate: max`; latency is at the fastest paced load, from due until acked, or until committed "
        "where there are transactions."
    )
    yield Text((how(), of_what))
    yield from (block for found in every for block in (Text(f"Against {found.against}:"), table(found)))
    if not all(row.steady for row in rows):
        yield Text(f"{UNSTEADY} Most repeats were not steady, of this or of what it is against: not to be relied on.")


def told(found: Costs) -> Iterator[Words]:
    """A sentence for each configuration with the most replicas: which client's differ, and which nobody can tell."""
    most = max(row.subject.replication_factor for row in found.rows)
    by_configuration: dict[tuple[int, Configuration, Configuration], list[Cost]] = defaultdict(list)
    for row in found.rows:
        if not row.is_base and row.subject.replication_factor == most:
            key = (row.message_size, row.subject.configuration, row.against.configuration)
            by_configuration[key].append(row)
    for (_, configuration, against), rows in by_configuration.items():
        parts = [part for name in _IN_SENTENCES if (part := _of_clients(name, rows))]
        if parts:
            to = "the fewest replicas" if configuration == against else str(against)
            yield (Code(str(configuration)), f" against {to} at RF {most}: ", joined(parts, "; "), ".")


def table(found: Costs) -> Table:
    """A row a configuration and replication factor, a column a client."""
    clients = sorted({row.subject.client for row in found.rows})
    sizes = len({row.message_size for row in found.rows}) > 1
    cells: dict[tuple[int, int, str, str], dict[str, Words]] = defaultdict(dict)
    for row in sorted(found.rows, key=lambda row: (row.message_size, row.subject.replication_factor)):
        key = (row.message_size, row.subject.replication_factor, str(row.subject.configuration), _against(row))
        cells[key][row.subject.client] = _cell(row)
    rows: list[list[Words]] = [
        [*([f"{size} B"] if sizes else []), str(rf), label, against, *(of.get(client, ABSENT) for client in clients)]
        for (size, rf, label, against), of in cells.items()
    ]
    header = [*(["Message"] if sizes else []), "RF", "Configuration", "Against", *clients]
    return Table(header, rows)


def said(ratio: Paired | None) -> Words:
    """``0.83x (0.77x to 0.90x)``, ``no difference told (less than 12 %)`` or
    ``too few pairs (2)``."""
    if ratio is None:
        return ABSENT
    if not ratio.confident:
        return f"too few pairs ({count(ratio.pairs)})"
    if not ratio.told:
        return f"no difference told ({_room(ratio)})"
    return Strong(f"{times(ratio.middle)} ({extent(ratio.low, ratio.high)})")


def own(row: Cost, *names: str) -> Words:
    """Its own figures: ``52,300 (51,000–53,800)/s · 4.30 (4.12–5.01) ms``."""
    return Emphasis(" · ".join(_plain(name, row) for name in names))


def _room(ratio: Paired) -> str:
    """What a difference may still be: in percent, as long as that says anything."""
    return f"less than {percent(ratio.less_than)}" if ratio.less_than <= 1 else extent(ratio.low, ratio.high)


def _plain(name: str, row: Cost) -> str:
    spread = row.own.get(name)
    if spread is None:
        return ABSENT
    return f"{within(spread)} ms" if FIGURES[name].paced else f"{rate(spread)}/s"


def _against(row: Cost) -> str:
    if row.is_base:
        return ABSENT
    if row.subject.configuration == row.against.configuration:
        return f"RF {row.against.replication_factor}"
    return str(row.against.configuration)


def _cell(row: Cost) -> Words:
    mark = "" if row.steady else f" {UNSTEADY}"
    if row.is_base:
        return (own(row, *IN_SHORT), mark)
    return Lines(tuple((f"{name}: ", said(row.ratios[name]), mark) for name in IN_SHORT if name in row.ratios))


def _of_clients(name: str, rows: Sequence[Cost]) -> Words:
    """``throughput 0.62x (0.55x to 0.70x) with aiokafka, no difference told with kafka-python (less than 14 %)``."""
    differ, alike = [], []
    for row in rows:
        ratio = row.ratios.get(name)
        if ratio is not None and ratio.confident and row.steady:
            of = row.subject.client
            if ratio.told:
                differ.append(f"{times(ratio.middle)} ({extent(ratio.low, ratio.high)}) with {of}")
            else:
                alike.append(f"{of} ({_room(ratio)})")
    parts: list[Words] = [Strong(f"{name} {listed(differ)}")] if differ else []
    parts += [f"no difference in {name} told with {listed(alike)}"] if alike else []
    return joined(parts, ", ") if parts else ""
