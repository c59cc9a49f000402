"""The report of a run, made from its stored records alone: nothing here asks a broker, and nothing here judges.

``report.md`` leads with the matrix of verdicts; beside it are a page for each fault, the charts, ``trials.csv`` and
``summary.json``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.store import Results

if TYPE_CHECKING:
    from harness.report.data import Told


def render(folder: Path, kinds: Iterable[Told]) -> Path:
    """Makes the report of the run in ``folder``, whatever state it is in, and returns the path of ``report.md``. What
    it says of trials of one kind, each of the ``kinds`` says.

    Every file is replaced whole. The same records give the same report. Raises ``ResultsUnusable`` if the folder is
    no results folder or its records cannot be read.
    """
    results = Results.open(folder)
    # Drawing takes a second to import, and most commands draw nothing.
    from harness.report import charts, guarantee_page, hgrm, pages
    from harness.report.data import Data
    from harness.report.document import document
    from harness.report.exports import EXPORTS
    from harness.report.files import publish, settle, write

    data = Data.of(results)
    gallery = charts.draw_all(data, folder)
    for name, export in EXPORTS.items():
        write(folder / name, export(data))
    made = [file for picture in gallery.pictures for file in picture.files]
    made += hgrm.publish(data, folder)
    for fault in pages.names(data.records):
        made += publish(pages.page(fault, data, gallery.of(fault)), folder)
    publish(guarantee_page.page(data), folder)
    report, *_ = publish(document(data, gallery, kinds), folder)
    settle(folder, made)
    return folder / report
