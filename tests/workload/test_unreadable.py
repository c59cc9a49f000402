"""What is no workload: another file, or none, numbers that nobody can reckon with, anything at all. It is refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.workload import Workload, WorkloadError, load, parse
from harness.workload.model import SECTIONS
from harness.workload.settings import SETTINGS

from .files import BASE, refusal


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
