"""What the document of claims shows of a claim's arms, on records made by hand."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.claims import decide_all, parse_claims, write_document
from harness.store import Results

from .test_checks import record

CLAIMS = parse_claims(
    {
        "name": "some",
        "kafka": "4.4.0",
        "claims": {
            name: {
                "says": "so",
                "source": "somebody",
                "arms": {
                    "plain": {"fault": "kill-leader"},
                    "late": {"fault": "kill-leader", "config": {"linger.ms": 25}},
                },
                "checks": [{"check": "never", "what": "lost", "arms": ["plain", "late"]}],
            }
            for name in ("tried", "untried")
        },
    }
)


def test_an_arm_is_called_by_what_tells_it_from_the_others(tmp_path: Path) -> None:
    shared = {"acks": "all", "enable.idempotence": False, "replication.factor": 3, "batch.size": 16384}
    records = [
        record(id="tried.plain.x", client="aiokafka", config={**shared, "linger.ms": 5}),
        record(id="tried.late.x", client="aiokafka", config={**shared, "linger.ms": 25}),
        record(id="tried.late.y", client="kafka-python", config=shared, status="failed", reason="a | b"),
    ]
    results = Results.create(tmp_path / "run", {"format": 1})
    text = write_document(results, CLAIMS, decide_all(CLAIMS, records)).read_text()
    rows = [line for line in text.splitlines() if line.startswith(("| plain", "| late"))]
    page = "[kill-leader](faults/kill-leader.md)"
    assert rows == [
        f"| plain | aiokafka | acks=all, linger.ms=5, RF 3 | {page} | 1 |",
        f"| late | aiokafka | acks=all, linger.ms=25, RF 3 | {page} | 1 |",
        f"| late | kafka-python | acks=all, RF 3 | {page} | 0 of 1 (left out: a \\| b) |",
    ]
    assert text.count("batch.size=16384") == 1
    assert "No trial of it ran." in text


def _rendered(says: str, source: str, word: str, reason: str, run: dict[str, Any]) -> tuple[list[str], list[str]]:
    """As another program renders it: what kinds of thing are there, and the text of each."""
    check = {"check": "never", "what": "lost", "arms": ["a"]}
    claim = {"says": says, "source": source, "arms": {"a": {"fault": "kill-leader"}}, "checks": [check]}
    claims = parse_claims({"name": "some", "kafka": "4.4.0", "words": {"not_decided": word}, "claims": {"so": claim}})
    nothing: dict[str, Any] = {"status": "failed", "counts": None, "anomalies": None}
    left_out = record(id="so.a.x", config={"acks": "all", "replication.factor": 3}, reason=reason, **nothing)
    with TemporaryDirectory() as folder:
        results = Results.create(Path(folder) / "run", {"format": 1, **run})
        text = write_document(results, claims, decide_all(claims, [left_out])).read_text()
    tokens = MarkdownIt().enable("table").parse(text)
    kinds, shown = [], []
    for token in tokens:
        kinds += [token.type, *(child.type for child in token.children or ())]
        if token.type == "inline":
            shown.append("".join(child.content for child in token.children or ()))
    return kinds, shown


PLAIN = _rendered("it", "it", "it", "it", {"started": "it", "clients": {"it": "it"}})[0]
texts = st.text(st.sampled_from(" \n\tab1*`~<>[]()|\\&;#+-=.!"), min_size=1, max_size=20).map(str.strip).filter(bool)


@given(texts, texts, texts, texts, texts)
@example(*["a | b <script> `c` [d](e)\n# f"] * 5)
@settings(max_examples=15)
def test_text_of_unknown_origin_shows_as_it_is_and_makes_nothing_else(
    says: str, source: str, word: str, reason: str, run: str
) -> None:
    word = f"so {word} so"
    kinds, shown = _rendered(says, source, word, reason, {"started": run, "clients": {run: run}})
    assert kinds == PLAIN
    for expected in (says, f"({source})", word, f"so: {word}", f"0 of 1 (left out: {reason})"):
        assert " ".join(expected.split()) in shown
    assert shown[1].startswith(" ".join(f"Tried on Kafka 4.4.0 with {run} {run}, {run}".split()))


def test_two_versions_of_a_client_are_told_apart(tmp_path: Path) -> None:
    records = [
        record(id=f"tried.{arm}.x", client="aiokafka", client_version=version, config={"acks": "all"})
        for arm, version in (("plain", "0.12.0"), ("late", "0.14.0"))
    ]
    results = Results.create(tmp_path / "run", {"format": 1})
    text = write_document(results, CLAIMS, decide_all(CLAIMS, records)).read_text()
    assert "| plain | aiokafka 0.12.0 |" in text and "| late | aiokafka 0.14.0 |" in text
