"""Workload files: what is read, and what is said of each mistake."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.clusters.local import LOCAL
from harness.faults import FAULTS, Catalogue
from harness.workload import Known, Workload, WorkloadError, installed, json_schema, load, parse
from harness.workload.foreign import FOREIGN
from harness.workload.model import SECTIONS
from harness.workload.settings import SETTINGS

ROOT = Path(__file__).parents[1]
MISTAKES = Path(__file__).with_name("workload_mistakes.txt")
SHIPPED = [path for path in sorted((ROOT / "workloads").glob("*.yaml")) if "\nclaims:" not in path.read_text()]
KNOWN = Known(
    clients=("aiokafka", "kafka-python", "confluent-kafka"),
    faults=Catalogue({name: FAULTS[name] for name in ("lose-ack", "lose-request", "zombie-leader", "kill-leader")}),
    kafka=("3.9.2", "4.3.1", "4.4.0"),
    clusters={"local": LOCAL},
)
"""What texts list, so that a new client, fault or version changes none of them."""
BASE = """\
name: base
kafka: "4.4.0"
cluster: {kind: local, brokers: 3}
sweep:
  client: [aiokafka, kafka-python]
  acks: [0, 1, all]
  replication.factor: [1, 3]
config:
  linger.ms: 5
performance:
  loads:
    - {rate: max, seconds: 2, messages: 1_000_000}
    - {rate: 2000, seconds: 2}
faults:
  recipes:
    - zombie-leader
    - {name: lose-request, silent: true}
exclude:
  - {client: aiokafka, acks: 0, fault: zombie-leader, because: it dies}
"""


def cases() -> Iterator[tuple[str, list[str]]]:
    """The base with one thing replaced, ``old => new``, and below it all that is said of it then."""
    for line in MISTAKES.read_text().splitlines():
        if not line.startswith("  "):
            old, new = line.replace("\\n", "\n").split(" => ")
            new = new.replace("(nothing)", "")
            assert BASE.count(old) == 1, old
            yield BASE.replace(old, new), (expected := [])
        else:
            expected.append(line.strip())


def refusal(folder: Path, text: str) -> list[str]:
    """What is said of a file with this text, without its path; empty if it is read."""
    path = folder / "w.yaml"
    path.write_text(text)
    try:
        load(path, KNOWN)
    except WorkloadError as error:
        assert all(line.startswith(f"{path}") for line in error.problems)
        return [line.removeprefix(f"{path}:") for line in error.problems]
    return []


def test_a_key_whose_value_is_empty_counts_as_left_out(tmp_path: Path) -> None:
    text = BASE[: BASE.index("exclude:")].replace("performance:\n", "performance:\n  repeats:\n")
    parts = "kill_leader: , zombie_leader: {messages: }"
    assert (
        refusal(tmp_path, text.replace("- zombie-leader", f"- {{name: zombie-leader then kill-leader, {parts}}}")) == []
    )


def test_a_list_is_not_too_short_that_has_something_wrong_in_it(tmp_path: Path) -> None:
    text = re.sub(r"  loads:\n(    - .*\n)+", "  loads:\n    - {rate: 1, seconds: 0}\n", BASE)
    assert refusal(tmp_path, text) == ["12: performance.loads[0].seconds: 0 is too small; it has to be more than 0"]


@pytest.mark.parametrize(
    ("text", "expected"), list(cases()), ids=lambda case: case[0] if isinstance(case, list) else ""
)
def test_a_mistake_is_said_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert refusal(tmp_path, text) == expected


def test_every_mistake_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        BASE.replace("name: base", "topics: 3")
        .replace("[1, 3]", "[1, 5]")
        .replace("acks: [0, 1, all]", "ackz: [0]")
        .replace("rate: 2000", "rate: -1")
        .replace("- zombie-leader", "- zombie")
    )
    assert [line.split(": ")[0:2] for line in refusal(tmp_path, text)] == [
        ["1", "name"],
        ["1", "topics"],
        ["6", "sweep.ackz"],
        ["7", "sweep.replication.factor"],
        ["13", "performance.loads[1].rate"],
        ["16", "faults.recipes[0]"],
        ["19", "exclude[0].acks"],
    ]


def test_a_composition_that_could_only_fail_is_said_with_its_place(tmp_path: Path) -> None:
    text = BASE.replace("    - zombie-leader\n", "    - kill-producer then lose-ack\n").replace(
        ", fault: zombie-leader", ""
    )
    path = tmp_path / "w.yaml"
    path.write_text(text)
    with pytest.raises(WorkloadError) as refused:
        load(path)
    (said,) = refused.value.problems
    assert said.startswith(
        f"{path}:16: faults.recipes[0]: kill-producer leaves no producer that could send for lose-ack"
    )


@pytest.mark.parametrize("key", FOREIGN)
def test_a_key_of_another_tool_is_said_by_its_name_here(tmp_path: Path, key: str) -> None:
    assert refusal(tmp_path, f"{BASE}{key}: 3\n") == [f"20: {key}: unknown key: {FOREIGN[key]}"]


def test_a_sweep_that_would_not_end_is_refused(tmp_path: Path) -> None:
    axis = f"  linger.ms: {list(range(1000))}\n  acks:"
    text = BASE.replace("  acks:", axis).replace("config:\n  linger.ms: 5\n", "")
    assert refusal(tmp_path, text) == ["4: sweep: makes 48,000 trials; at most 10,000"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "1: nothing is not a workload: a mapping with name, kafka, sweep, ..."),
        (b"- 3", "1: a list is not a workload: a mapping with name, kafka, sweep, ..."),
        (b"\xff\xfe\xfa", " is not UTF-8 text: byte 0 is invalid start byte"),
        (b"a: \x00", " is not YAML: unacceptable character #x0000: special characters are not allowed"),
        (b"a: 1\n---\nb: 1", "2:1: is not YAML: but found another document"),
        (b"[" * 5000, " is nested too deeply"),
        (
            b"a: &a [1,1,1,1,1,1]\n"
            + b"\n".join(b"%c: &%c [%s]" % (n + 1, n + 1, b",".join([b"*%c" % n] * 6)) for n in range(97, 107)),
            " has more than 100,000 values",
        ),
        (b"# " + b"a" * (1 << 20), " has more than 1,048,576 bytes"),
    ],
)
def test_a_file_that_is_no_workload(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(content)
    with pytest.raises(WorkloadError) as refused:
        load(path)
    assert refused.value.problems == (f"{path}:{said}",)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no file without an end")
def test_a_file_without_an_end() -> None:
    with pytest.raises(WorkloadError, match=r"^/dev/zero: has more than 1,048,576 bytes$"):
        load(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0x" + "f" * 6_000, "is a number of 6,002 characters; at most 100"),
        ("9" * 5_000, "is a number of 5,000 characters; at most 100"),
        ("1:" * 1_000 + "1.5", "is a number of 2,003 characters; at most 100"),
        ("0x" + "f" * 16, "is too large a number; at most 9223372036854775807"),
        (str(2**63), "is too large a number; at most 9223372036854775807"),
        (f"-{2**63}", "is too large a number; at most 9223372036854775807"),
        ("1.0e+300", "is too large a number; at most 9223372036854775807"),
        ("1.0e-320", "is too small a number; 0, or at least 1e-09"),
        ("1.0e+999", "is not a finite number"),
    ],
)
def test_a_number_that_nothing_can_be_reckoned_with_is_said(tmp_path: Path, number: str, said: str) -> None:
    for line, place, text in (
        (6, "sweep.acks", BASE.replace("[0, 1, all]", f"[0, {number}]")),
        (13, "performance.loads[1].rate", BASE.replace("rate: 2000", f"rate: {number}")),
        (17, "faults.recipes[1].skip", BASE.replace("silent: true", f"skip: {number}")),
        (20, "seed", f"{BASE}seed: {number}\n"),
    ):
        assert refusal(tmp_path, text) == [f"{line}: {place}: {said}"]


@pytest.mark.parametrize("number", [10**5_000, -(10**5_000), 2**64], ids=["5,000 digits", "less than none", "65 bits"])
def test_a_number_that_comes_without_a_file_is_said_without_its_digits(number: int) -> None:
    for change in ({"kafka": number}, {"seed": number}, {"config": {"linger.ms": number}}):
        with pytest.raises(WorkloadError) as refused:
            parse({**yaml.safe_load(BASE), **change})
        assert all("such a number" in line for line in refused.value.problems), refused.value.problems


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match=r"none\.yaml: cannot be read: No such file or directory$"):
        load(tmp_path / "none.yaml")


def test_what_is_read(tmp_path: Path) -> None:
    text = BASE.replace("[0, 1, all]", "[1, '0', -1]").replace("acks: 0,", "acks: ['0', -1],")
    (tmp_path / "w.yaml").write_text(text)
    workload = load(tmp_path / "w.yaml")
    assert list(workload.sweep[0].axes) == ["client", "acks", "replication.factor"]
    assert workload.sweep[0].axes["acks"] == ("1", "0", "all")
    assert workload.kafka == ("4.4.0",)
    assert workload.performance is not None and workload.faults is not None
    assert [load.most_messages for load in workload.performance.loads] == [1_000_000, 4_000]
    assert [(recipe.name, recipe.given) for recipe in workload.faults.recipes] == [
        ("zombie-leader", {}),
        ("lose-request", {"silent": True}),
    ]
    assert workload.exclude[0].matches({"client": "aiokafka", "acks": "all", "fault": "zombie-leader"})
    assert not workload.exclude[0].matches({"client": "aiokafka", "acks": "1", "fault": "zombie-leader"})


def test_a_key_without_a_value_is_as_good_as_none(tmp_path: Path) -> None:
    text = BASE[: BASE.index("exclude:")] + "exclude:\nlimits:\n"
    assert refusal(tmp_path, text.replace("config:\n  linger.ms: 5\n", "config:\n")) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_stored_workload_is_read_back(path: Path) -> None:
    workload = load(path)
    assert parse(json.loads(workload.model_dump_json())) == workload


def test_data_without_a_file_is_refused_without_lines() -> None:
    with pytest.raises(WorkloadError) as refused:
        parse({**yaml.safe_load(BASE), "kafka": "4.4.0", "name": "B", "seed": -1})
    assert refused.value.problems == (
        "name: 'B' is not a name: up to 60 lower-case letters, digits and dashes",
        "seed: -1 is too small; at least 0",
    )


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["all", "max", 0])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [*(key for model in SECTIONS.values() for key in model.model_fields), *SETTINGS, "client", "because", "fault"]
)


def places(data: Any, here: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield here
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*here, key))


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """The base with a few values replaced, removed or added."""
    data = yaml.safe_load(BASE)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(list(places(data))[1:]))
        around = data
        for key in way:
            around = around[key]
        act = draw(st.sampled_from(["replace", "remove", "add"]))
        if act == "replace":
            around[last] = draw(VALUES)
        elif act == "remove":
            del around[last]
        elif isinstance(around, dict):
            around[draw(KEYS)] = draw(VALUES)
        else:
            around.append(draw(VALUES))
        if not data:
            break
    return data


@given(st.one_of(mutants(), VALUES).map(copy.deepcopy))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_data_it_is_a_workload_or_refused(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "w.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True))
    try:
        assert isinstance(load(path), Workload)
    except WorkloadError as error:
        assert error.problems
        assert all("\n" not in line and line.startswith(str(path)) for line in error.problems)


@given(st.text() | st.binary())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_bytes_it_is_a_workload_or_refused(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(errors="surrogatepass"))
    with pytest.raises(WorkloadError):
        load(path)


def test_the_schema_knows_every_name_and_means_something_by_every_key() -> None:
    schema, known = json_schema(), installed()
    for section in (schema, *(each for each in schema["$defs"].values() if "enum" not in each)):
        assert all(key.get("description") for key in section["properties"].values())
    keys = schema["properties"]
    assert keys["sweep"]["anyOf"][0]["properties"]["client"]["items"]["enum"] == list(known.clients)
    assert keys["sweep"]["anyOf"][0]["properties"].keys() == {"client", "trials", *SETTINGS}
    assert keys["config"]["properties"].keys() == SETTINGS.keys()
    assert keys["kafka"]["anyOf"][0]["enum"] == list(known.kafka)
    names, *recipes = schema["$defs"]["FaultTrials"]["properties"]["recipes"]["items"]["anyOf"]
    assert names["enum"] == [recipe["properties"]["name"]["const"] for recipe in recipes] == list(known.faults)
    assert schema["required"] == ["name", "kafka", "sweep"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_schema_has_every_key_of_a_shipped_workload(path: Path) -> None:
    schema, data = json_schema(), yaml.safe_load(path.read_text())
    assert data.keys() <= schema["properties"].keys()
    assert data.keys() >= set(schema["required"])
    grid, _ = schema["properties"]["sweep"]["anyOf"]
    for mapping in data["sweep"] if isinstance(data["sweep"], list) else [data["sweep"]]:
        assert mapping.keys() <= grid["properties"].keys()
    assert data["config"].keys() <= schema["properties"]["config"]["properties"].keys()
    sections = {
        "performance": "Performance",
        "pipeline_performance": "PipelinePerformance",
        "faults": "FaultTrials",
        "pipelines": "PipelineTrials",
        "limits": "Limits",
    }
    for key, section in sections.items():
        assert data.get(key, {}).keys() <= schema["$defs"][section]["properties"].keys()


def test_the_guide_explains_every_key() -> None:
    guide = (ROOT / "docs" / "workloads.md").read_text()
    keys = set(SETTINGS)
    for section, model in SECTIONS.items():
        prefix = f"{section[0]}." if section in {("cluster",), ("limits",)} else ""
        keys |= {f"{prefix}{key}" for key in model.model_fields}
    assert [key for key in sorted(keys) if f"`{key}`" not in guide] == []


def test_the_smallest_workload_of_the_guide_is_one(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "workloads.md").read_text()
    assert refusal(tmp_path, guide.split("```yaml\n")[1].split("```")[0]) == []
