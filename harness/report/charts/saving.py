"""Drawing figures into files: in this process and, where there are many, in others beside it."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import matplotlib as mpl

from harness import roles
from harness.process import Child, ChildFailed
from harness.report.charts.drawing import Drawing
from harness.report.charts.style import RC
from harness.report.files import write

_DPI = 150
_WORTH = 8  # figures that take a process about as long as it takes to start one more
_MOST = 4  # processes: each holds the run's records
_FIGURE_S = 60.0  # one takes a second; a process that is silent for so long has hung


def save_all(drawings: Sequence[Drawing], folder: Path) -> dict[str, str]:
    """Draws each into ``folder/charts`` as PNG and SVG. Returns the names of those that failed, each with why.

    Other processes (``worker.py``) read the run that is in ``folder`` for themselves. What one of them does not
    draw, because it died or hung, is drawn here. To be called from the main thread.
    """
    into = folder / "charts"
    problems: dict[str, str | None] = {}
    processes = max(1, min(os.cpu_count() or 1, _MOST, len(drawings) // _WORTH))
    own, *others = (drawings[start::processes] for start in range(processes))
    with ExitStack() as stack:
        spec = {"folder": str(folder.resolve())}
        artists = [stack.enter_context(roles.start("artist", spec, Path(os.devnull))) for _ in others]
        asked = [_asked(artist, share) for artist, share in zip(artists, others, strict=True)]
        for drawing in own:
            problems[drawing.name] = save(drawing, into)
        for artist, share, ids in zip(artists, others, asked, strict=True):
            with suppress(ChildFailed):
                for drawing, told in zip(share, ids, strict=False):
                    problems[drawing.name] = artist.wait("drawn", _FIGURE_S, to=told)["problem"]
            for drawing in share:
                if drawing.name not in problems:
                    problems[drawing.name] = save(drawing, into)
    return {name: problem for name, problem in problems.items() if problem is not None}


def save(drawing: Drawing, into: Path) -> str | None:
    """Draws one figure into two files. Returns what went wrong, if it did."""
    try:
        with mpl.rc_context(RC):  # type: ignore[arg-type]
            _save(drawing, into)
    except Exception as problem:  # noqa: BLE001 - whatever one chart trips over, the report is worth more than it
        return in_words(problem)
    return None


def in_words(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"


def _save(drawing: Drawing, into: Path) -> None:
    figure = drawing.figure()
    # Laid out once for both files, which are alike: a figure that has a layout engine is drawn twice for each.
    engine = figure.get_layout_engine()
    if engine is not None:
        figure.dpi = _DPI
        engine.execute(figure)
        figure.set_layout_engine(None)
    for suffix, options in (("png", {"dpi": _DPI}), ("svg", {"metadata": {"Date": None}})):
        image = io.BytesIO()
        figure.savefig(image, format=suffix, **options)
        write(into / f"{drawing.name}.{suffix}", image.getvalue())


def _asked(artist: Child, share: Sequence[Drawing]) -> list[int]:
    """The ids of what it was told to draw, of all of it unless it has died."""
    with suppress(ChildFailed):
        return [artist.tell({"do": "draw", "name": drawing.name}) for drawing in share]
    return []
