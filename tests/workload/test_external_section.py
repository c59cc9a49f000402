"""What a workload says of somebody else's cluster, and what is wrong with it, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.brokers import on
from harness.clusters.external.keys import External
from harness.security import Security
from harness.workload import WorkloadError, json_schema, load, parse

TEXT = """\
name: theirs
kafka: "4.1"
cluster:
  kind: external
  bootstrap: [kafka-1.example.org:9092, "[::1]:9092"]
  nodes:
    1: {kill: ssh one kill, start: [ssh, one, start]}
sweep: {client: [aiokafka]}
faults: {recipes: [lose-ack]}
"""


def read(folder: Path, text: str) -> list[str]:
    """The problems of it, by line."""
    path = folder / "theirs.yaml"
    path.write_text(text)
    try:
        load(path)
    except WorkloadError as wrong:
        return [problem.removeprefix(f"{path}:") for problem in wrong.problems]
    return []


@pytest.mark.parametrize(
    ("was", "now", "problems"),
    [
        ("9092, ", "9092, ", []),
        ('"4.1"', '"4.1.7"', []),
        ('"4.1"', '"5.0"', ["2: kafka: '5.0' is not one of "]),
        (
            "kind: external\n",
            "kind: local\n",
            [
                "2: kafka: '4.1' is not one of ",
                "5: cluster.bootstrap: unknown key; known are kind, brokers, eligible_leader_replicas",
                "6: cluster.nodes: unknown key; known are kind, brokers, eligible_leader_replicas",
            ],
        ),
        (
            "  bootstrap:",
            "  bootstrp:",
            ["3: cluster.bootstrap: is missing: addresses", "5: cluster.bootstrp: unknown"],
        ),
        (
            'external\n  bootstrap: [kafka-1.example.org:9092, "[::1]:9092"]\n  nodes:\n'
            "    1: {kill: ssh one kill, start: [ssh, one, start]}\n",
            "local\n",
            ["2: kafka: '4.1' is not one of 3.9.0, 3.9.2, 4.0.2, 4.1.2, 4.3.1, 4.4.0"],
        ),
        ('"[::1]:9092"', "somewhere", ["5: cluster.bootstrap: 'somewhere' is no address: HOST:PORT"]),
        ("  nodes:", "  prefix: a/b\n  nodes:", ["6: cluster.prefix: 'a/b' begins no name"]),
        (
            "  nodes:",
            "  properties: none.properties\n  nodes:",
            ["6: cluster.properties: none.properties: cannot be read"],
        ),
        ("kill:", "kil:", ["7: cluster.nodes.1.kil: unknown key"]),
        ("ssh one kill", "7", ["7: cluster.nodes.1.kill: is neither a command"]),
        ("1: {kill", "one: {kill", ["7: cluster.nodes.one: 'one' is not a whole number"]),
        (
            "  nodes:",
            "  brokers: 10\n  prefix: a/b\n  nodes:",
            ["6: cluster.brokers: 10 is too", "7: cluster.prefix: "],
        ),
    ],
)
def test_every_mistake_is_said_with_its_line(tmp_path: Path, was: str, now: str, problems: list[str]) -> None:
    assert was in TEXT
    said = read(tmp_path, TEXT.replace(was, now))
    assert len(said) == len(problems), said
    for line, begins in zip(said, problems, strict=True):
        assert line.startswith(begins), said


def test_every_mistake_in_the_properties_is_said(tmp_path: Path) -> None:
    properties = tmp_path / "client.properties"
    properties.write_text(
        "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.password=hunter2\nacks=all\nretries=1\n"
    )
    said = read(tmp_path, TEXT.replace("  nodes:", f"  properties: {properties}\n  nodes:"))
    for line, begins in zip(said, ("4: acks: unknown key", "5: retries: unknown key"), strict=True):
        assert line.startswith(f"6: cluster.properties: {properties}:{begins}")


def test_what_was_read_can_be_stored_and_read_again_and_has_no_secret(tmp_path: Path) -> None:
    properties = tmp_path / "client.properties"
    properties.write_text("security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=me\nsasl.password=hunter2\n")
    path = tmp_path / "theirs.yaml"
    path.write_text(TEXT.replace("  nodes:", f"  properties: {properties}\n  nodes:"))
    workload = load(path)
    stored = workload.model_dump(mode="json")
    assert "hunter2" not in str(stored) and parse(stored) == workload
    stated = External.of(workload.cluster.model_dump())
    assert stated.security == Security("SASL_SSL", "PLAIN", "me", "hunter2")
    assert stated.nodes[1].kill == ("sh", "-c", "ssh one kill") and stated.nodes[1].start == ("ssh", "one", "start")


def test_the_command_line_says_where_it_is() -> None:
    local = parse(
        {"name": "mine", "kafka": "4.4.0", "sweep": {"client": ["aiokafka"]}, "faults": {"recipes": ["lose-ack"]}}
    )
    assert on(local, {}) is local
    theirs = on(local, {"kind": "external", "bootstrap": "one:1,two:2"})
    assert External.of(theirs.cluster.model_dump()).bootstrap == ("one:1", "two:2")
    assert on(theirs, {"bootstrap": "three:3"}).cluster.model_dump()["bootstrap"] == ["three:3"]
    assert on(theirs, {"kind": "local"}) == local
    with pytest.raises(WorkloadError, match=r"cluster\.bootstrap: is missing"):
        on(local, {"kind": "external"})


def test_editors_are_told_its_keys() -> None:
    cluster = json_schema()["$defs"]["Cluster"]
    assert {"bootstrap", "properties", "prefix", "nodes", "controller"} < cluster["properties"].keys()
    assert cluster["additionalProperties"] is False
    shapes = [shape["type"] for shape in cluster["properties"]["bootstrap"]["anyOf"]]
    assert shapes == ["string", "array"] and cluster["properties"]["bootstrap"]["description"]
