"""A process that draws some figures of a run's report beside the process that makes it.

It is told the folder and the names of its drawings in one JSON line, and says ``drawn`` of each.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from harness.process import Message, messages, say
from harness.report.charts import CHARTS
from harness.report.charts.saving import save
from harness.report.data import Data
from harness.store import Results


def main() -> None:
    """Draws its share and ends, or with the process that started it."""
    inbox = messages()
    spec = next(inbox, None)
    if spec is None:
        return
    threading.Thread(target=_leave_after, args=(inbox,), daemon=True).start()
    folder, names = Path(spec["folder"]), set(spec["names"])
    data = Data.of(Results.open(folder))
    for chart in CHARTS:
        for drawing in chart.draw(data):
            if drawing.name in names:
                say("drawn", name=drawing.name, problem=save(drawing, folder / "charts"))


def _leave_after(inbox: Iterator[Message]) -> None:
    for _ in inbox:
        pass
    os._exit(0)  # the harness is gone, or wants no more


if __name__ == "__main__":
    main()
