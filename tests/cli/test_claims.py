"""Claims on real brokers, as a person runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.brokers, pytest.mark.timeout(300)]

_CLAIMS = """
name: small
kafka: "4.4.0"
brokers: 1
claims:
  a-lost-ack-duplicates:
    says: A lost ack makes the producer's retry write a duplicate.
    source: Kafka documentation
    arms:
      plain: {config: {enable.idempotence: false, linger.ms: 25}, fault: lose-ack}
      idempotent: {config: {enable.idempotence: true, linger.ms: 25}, fault: lose-ack}
    checks:
      - {check: happens, what: duplicate, arms: [plain]}
      - {check: never, what: duplicate, arms: [idempotent]}
  a-lost-ack-does-not:
    says: A lost ack makes no duplicate.
    source: nobody
    arms:
      plain: {config: {enable.idempotence: false, linger.ms: 25}, fault: {name: lose-ack, messages: 1000}}
    checks:
      - {check: never, what: duplicate, arms: [plain]}
  it-is-slow:
    says: One run says whether it is slower.
    source: nobody
    arms:
      plain: {fault: {name: lose-ack, messages: 500}}
      other: {fault: {name: lose-ack, messages: 600}}
    checks:
      - {check: more, measure: messages_per_s, arm: plain, than: [other]}
"""


def _harness(*arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    return done.returncode, done.stdout


def test_claims_are_reproduced_refuted_or_not_decided(tmp_path: Path) -> None:
    file, results = tmp_path / "small.yaml", tmp_path / "results"
    file.write_text(_CLAIMS)
    code, said = _harness("claims", file, "--results", results)
    assert code == 5, said  # one was not decided
    lines = [line.split(":")[0].split() for line in said.splitlines() if line[:2] in ("re", "no")]
    outcomes = {words[-1]: " ".join(words[:-1]) for words in lines if words}
    assert outcomes == {
        "a-lost-ack-duplicates": "reproduced",
        "a-lost-ack-does-not": "refuted",
        "it-is-slow": "not decided",
    }
    (run,) = results.iterdir()
    stored = json.loads((run / "run.json").read_text())
    assert stored["workload"] is None and stored["claims"]["name"] == "small"
    data = json.loads((run / "claims.json").read_text())
    assert [claim["outcome"] for claim in data] == ["reproduced", "refuted", "not_decided"]
    ids = {json.loads(line)["id"] for line in (run / "trials.jsonl").read_text().splitlines()}
    assert {trial for claim in data for trials in claim["trials"].values() for trial in trials} == ids and len(ids) == 5
    document = (run / "claims.md").read_text()
    assert "duplicate in 1 of 1 trial " in document and "250 messages in all" in document
    code, again = _harness("claims", "--resume", run)
    assert code == 5 and again.splitlines()[-4:-1] == said.splitlines()[-4:-1], again
    assert len((run / "trials.jsonl").read_text().splitlines()) == 5
    code, refused = _harness("sweep", "--resume", run)
    assert code == 2 and f"harness claims --resume {run}" in refused


def test_a_bad_file_of_claims_is_refused_before_anything_runs(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(_CLAIMS.replace("fault: lose-ack}", "fault: lose-ak}").replace("arms: [plain]}", "arms: [plan]}"))
    code, said = _harness("claims", file, "--results", tmp_path / "results")
    assert code == 2 and "Traceback" not in said
    assert "did you mean lose-ack?" in said
    assert not (tmp_path / "results").exists()
    code, said = _harness("sweep", file)
    assert code == 2 and "harness claims" in said
