"""Latency distributions as ``.hgrm`` files, one a configuration, load and clock over all repeats, which HdrHistogram's
plotter takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.measure.durations import curve, merge, moments
from harness.report.data import Data
from harness.report.files import slug, write
from harness.report.labels import name
from harness.report.performance import Clock, Performance

FOLDER = "hgrm"
_CLOCKS: tuple[Clock, ...] = ("latency_ms", "committed_ms", "end_to_end_ms")


def publish(data: Data, folder: Path) -> list[str]:
    """Writes them. Returns their paths from the folder."""
    texts = {f"{FOLDER}/{called}.hgrm": text for each in data.measured for called, text in _of(each)}
    if texts:
        (folder / FOLDER).mkdir(exist_ok=True)
    for path, text in texts.items():
        write(folder / path, text)
    return list(texts)


def _of(each: Performance) -> Iterator[tuple[str, str]]:
    for clock in _CLOCKS:
        timed = [getattr(trial, clock) for trial in each.trials]
        if stored := [of.hdr for of in timed if of is not None and of.hdr is not None]:
            yield slug(name(each.subject), each.load, clock.removesuffix("_ms")), _text(stored)


def _text(stored: list[str]) -> str:
    """A line for every value that was recorded: milliseconds, and the share of messages that stayed within it."""
    merged = merge(stored)
    count = merged.total_count
    percentiles, reached_ms = curve(merged.encode().decode("ascii"))
    lines = ["       Value     Percentile TotalCount 1/(1-Percentile)\n\n"]
    for percentile, value_ms in zip(percentiles.tolist(), reached_ms.tolist(), strict=True):
        share = percentile / 100
        beyond = f"{1 / (1 - share):.2f}" if share < 1 else "inf"
        lines.append(f"{value_ms:12.3f} {share:.12f} {round(share * count):10d} {beyond:>14}\n")
    mean_ms, deviation_ms = moments(merged)
    lines.append(f"#[Mean    = {mean_ms:.3f}, StdDeviation   = {deviation_ms:.3f}]\n")
    lines.append(f"#[Max     = {merged.get_max_value() / 1e3:.3f}, Total count    = {count}]\n")
    lines.append(f"#[Buckets = {merged.bucket_count}, SubBuckets     = {merged.sub_bucket_count}]\n")
    return "".join(lines)
