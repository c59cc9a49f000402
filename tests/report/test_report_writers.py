"""A second writer and a second export, each a function and a line: what a report says does not depend on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from harness.claims import decide_all, parse_claims, write_document
from harness.kinds import KINDS
from harness.report import charts, render
from harness.report.exports import EXPORTS
from harness.report.writers import WRITERS
from harness.store import Results

from . import html
from .synthetic_records import broken, one, store
from .synthetic_run import FAULTS, default_sweep

NASTY = "<b>so</b> | [x](y) *z* `c` &amp; # 1."
_CHECK = {"check": "never", "what": "lost", "arms": ["a"]}
CLAIMS = parse_claims(
    {
        "name": "some",
        "kafka": "4.4.0",
        "claims": {"so": {"says": NASTY, "source": NASTY, "arms": {"a": {"fault": "lose-ack"}}, "checks": [_CHECK]}},
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A whole run, its report in both forms, with one more export and without its figures' files."""
    nasty = [
        broken(one(id="so.a.1", fault="lose-ack")).model_copy(update={"verdict_reason": NASTY, "errors": {NASTY: 1}}),
        one(id="so.a.2", fault="lose-ack", status="skipped", reason=NASTY),
        one(id="so.a.3", fault="lose-ack", status="failed", reason=NASTY, client=NASTY),
    ]
    described = {"lose-ack": {"summary": NASTY, "parameters": {}}}
    run = store(tmp_path_factory.mktemp("results") / "run", [*default_sweep(), *nasty], notes=[NASTY], faults=described)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "save_all", lambda drawings, folder: {})
        patch.setitem(WRITERS, "html", html.write)
        patch.setitem(EXPORTS, "ids.txt", lambda data: "".join(f"{record.id}\n" for record in data.records))
        assert render(run, KINDS.values()) == run / "report.md"
        results = Results.open(run)
        assert write_document(results, CLAIMS, decide_all(CLAIMS, results.records())) == run / "claims.md"
        yield run


_EMPTY = ("br", "hr", "img")


class Read(HTMLParser):
    """What a browser finds: headings, tables as rows of cells, links, all text. Every tag closes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.kinds: set[str] = set()
        self.headings: list[tuple[str, str]] = []
        self.tables: list[list[list[str]]] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.kinds.add(tag)
        if tag not in _EMPTY:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self.tables[-1][-1].append("")
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
        self.links += [value or "" for key, value in attributes if key == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert tag in _EMPTY or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"th", "td"} & {*self.open}:
            self.tables[-1][-1][-1] += data
        if {"h1", "h2", "h3"} & {*self.open}:
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)


def _of_markdown(text: str) -> Read:
    return Read(MarkdownIt().enable("table").render(text))


PLACES = ["report", "claims", *(f"faults/{fault}" for fault in FAULTS)]


@pytest.mark.parametrize("place", PLACES)
def test_both_forms_have_every_heading_and_every_table(folder: Path, place: str) -> None:
    ours, theirs = Read((folder / f"{place}.html").read_text()), _of_markdown((folder / f"{place}.md").read_text())
    assert ours.headings == theirs.headings and len(ours.headings) > 1
    assert ours.tables == [[[c.replace(".md", ".html") for c in row] for row in t] for t in theirs.tables]
    assert ours.tables


@pytest.mark.parametrize("place", PLACES)
def test_links_lead_to_documents_of_the_same_form(folder: Path, place: str) -> None:
    for suffix, read in (("md", _of_markdown), ("html", Read)):
        links = read((folder / f"{place}.{suffix}").read_text()).links
        for path, _, anchor in (link.partition("#") for link in links if "charts/" not in link):
            to = (folder / place).parent / path if path else folder / f"{place}.{suffix}"
            assert to.is_file() and to.suffix in (f".{suffix}", ".json", ".csv", ".hlog")
            assert not anchor or f'id="{anchor}"' in to.read_text()


@pytest.mark.parametrize("place", ["report", "claims", "faults/lose-ack"])
@pytest.mark.parametrize(("suffix", "read"), [("md", _of_markdown), ("html", Read)])
def test_text_from_elsewhere_shows_as_it_is_in_both(folder: Path, place: str, suffix: str, read: type[Read]) -> None:
    found = read((folder / f"{place}.{suffix}").read_text())
    assert found.text.count(NASTY) >= 3
    assert "b" not in found.kinds
    assert "y" not in found.links


def test_pages_of_both_forms_are_noted_so_that_they_go_with_their_fault(folder: Path) -> None:
    noted = {path for path in json.loads((folder / "files.json").read_text()) if path.startswith("faults/")}
    assert noted == {f"faults/{fault}.{suffix}" for fault in FAULTS for suffix in ("md", "html")}
    without = [line for line in (folder / "trials.jsonl").read_text().splitlines() if "zombie-leader" not in line]
    (folder / "trials.jsonl").write_text("\n".join(without) + "\n")
    render(folder, KINDS.values())
    assert not list((folder / "faults").glob("zombie-leader.*"))
    assert {path.suffix for path in (folder / "faults").iterdir()} == {".md", ".html"}


def test_an_export_is_a_function_of_the_run(folder: Path) -> None:
    ids = [record.id for record in Results.open(folder).records()]
    assert (folder / "ids.txt").read_text().split() == ids
