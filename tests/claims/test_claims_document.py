"""What the document of claims shows of a claim's arms, on records made by hand."""

from __future__ import annotations

from pathlib import Path

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


def test_what_a_file_says_is_shown_as_it_is(tmp_path: Path) -> None:
    says = "a | b](x) <i>`c`"
    one = {**CLAIMS.model_dump(mode="json", exclude_unset=True)["claims"]["tried"], "says": says, "source": "*me*"}
    claims = parse_claims({"name": "some", "kafka": "4.4.0", "claims": {"one": one}})
    results = Results.create(tmp_path / "run", {"format": 1})
    text = write_document(results, claims, decide_all(claims, [])).read_text()
    shown = r"a \| b\](x) \<i\>\`c\`"
    assert f"| ? | [{shown}](#one) | **not decided** |" in text.splitlines()
    assert f"> {shown}" in text.splitlines() and r"(\*me\*)" in text.splitlines()
