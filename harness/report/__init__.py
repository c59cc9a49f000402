"""The report of a run, made from its stored records alone: nothing here asks a broker, and nothing here judges.

``report.md`` leads with the matrix of verdicts; beside it are a page for each fault, the charts, ``trials.csv`` and
``summary.json``.
"""

from __future__ import annotations

from pathlib import Path

from harness.store import Results


def render(folder: Path) -> Path:
    """Makes the report of the run in ``folder``, whatever state it is in, and returns the path of ``report.md``.

    Every file is replaced whole. The same records give the same report. Raises ``ResultsUnusable`` if the folder is
    no results folder or its records cannot be read.
    """
    results = Results.open(folder)
    # Drawing takes a second to import, and most commands draw nothing.
    from harness.report import charts, pages
    from harness.report.answer import answer
    from harness.report.charts.data import Data
    from harness.report.document import document
    from harness.report.files import settle, write
    from harness.report.flat import trials_csv
    from harness.report.matrix import matrix
    from harness.report.summary import summary
    from harness.report.verdicts import PAGES, page_of

    run, records = results.run(), results.records()
    run_id = str(run.get("run_id") or folder.resolve().name)
    data = Data.of(records)
    labels, measured = data.labels, data.measured
    cells = matrix(records, labels)
    found = answer(records, labels, run)
    gallery = charts.draw_all(data, folder)
    write(folder / "trials.csv", trials_csv(records))
    write(folder / "summary.json", summary(records, run, run_id, found, cells, measured))
    (folder / PAGES).mkdir(exist_ok=True)
    faults = {fault: page_of(fault) for fault in pages.names(records)}
    for fault, page in faults.items():
        write(folder / page, pages.page(fault, records, labels, run, cells, gallery.of(fault)))
    report = folder / "report.md"
    write(report, document(records, labels, run, run_id, cells, found, measured, gallery, results.typed))
    settle(folder, {*faults.values(), *(file for picture in gallery.pictures for file in picture.files)})
    return report
