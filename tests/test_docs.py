"""The documentation: its commands exist, its workloads load, its links and paths lead somewhere, it names every fault,
and the gate runs what it tells a newcomer to run.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from harness.claims import load as load_claims
from harness.cli import cli
from harness.clusters.can import Ability
from harness.clusters.kinds import CLUSTERS
from harness.events import Verdict
from harness.faults import FAULTS
from harness.workload import load
from harness.workload.settings import SETTINGS

ROOT = Path(__file__).parent.parent
NEVER = (Ability.LINKS, Ability.DISCONNECT, Ability.DISKS, Ability.FULL_DISKS)
HOW: dict[str, dict[object, str]] = {
    "local": {Ability.DISCONNECT: "no"},
    "compose": {Ability.LINKS: "with root", Ability.FULL_DISKS: "with root"},
    "external": {
        **dict.fromkeys(NEVER, "no"),
        **{ability: "with commands" for ability in Ability if ability not in NEVER},
    },
}
"""What of a kind of cluster cannot be had, or not by everybody."""
DOCUMENTS = [*sorted(ROOT.glob("*.md")), ROOT / "results/README.md", *sorted((ROOT / "docs").glob("*.md"))]
_CODE = re.compile(r"^```(?:console|sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(harness [^`]+)`")
_YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_PATH = re.compile(r"`((?:harness|tests|workloads|docs|benchmarks)/[\w./-]+|[\w-]+\.(?:md|toml))`")


def _commands(text: str) -> list[str]:
    lines = [line for block in _CODE.findall(text) for line in block.splitlines()]
    in_blocks = [command for line in lines for command in re.split(r"&&|\|", line) if "harness " in command]
    return [command.partition("harness ")[2] for command in in_blocks] + [
        command.removeprefix("harness ") for command in _INLINE.findall(text)
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_exists(document: Path) -> None:
    for written in _commands(document.read_text()):
        command: click.Command = cli
        for word in shlex.split(written.split(" #")[0]):
            if isinstance(command, click.Group) and not word.startswith("-"):
                assert word in command.commands, f"{document.name}: harness {written}"
                command = command.commands[word]
            elif word.startswith("-"):
                options = {name for parameter in command.params for name in parameter.opts} | {"--help", "--version"}
                assert word.split("=")[0] in options, f"{document.name}: harness {written}"


def test_what_runners_are_told_to_run_exists() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/gate.yml").read_text())["jobs"]
    lines = [line for job in jobs.values() for step in job["steps"] for line in step.get("run", "").splitlines()]
    asked = [shlex.split(line.partition("harness ")[2]) for line in lines if "harness " in line]
    assert [words[0] for words in asked] == ["sweep", "sweep", "history"]
    for command, *words in asked:
        known = {option for parameter in cli.commands[command].params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known
        assert all((ROOT / word).exists() for word in words if word.endswith(".yaml"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_whole_workload_in_the_documents_loads(document: Path, tmp_path: Path) -> None:
    for number, text in enumerate(_YAML.findall(document.read_text())):
        if "sweep:" in text and "name:" in text:
            path = tmp_path / f"{number}.yaml"
            path.write_text(text)
            load(path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in _LINK.findall(document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_path_that_a_contributor_is_told_of_is_there() -> None:
    told = _PATH.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert len(told) > 20
    assert [path for path in told if not (ROOT / path).exists()] == []


def test_the_gate_runs_the_readmes_first_command() -> None:
    """The same words, but for a workload that takes a minute and where its results go."""
    (first, *_) = _CODE.findall((ROOT / "README.md").read_text())
    command = first.strip().replace("default.yaml", "smoke.yaml")
    assert f'    {command} --results "$scratch/results"\n' in (ROOT / ".ci/run").read_text()
    made = command.split(" && ")[0].removeprefix("python3 -m venv ")
    assert f"{made}/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_gate_tries_every_python_that_is_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    promised = [each.rpartition(" ")[2] for each in project["classifiers"] if ":: Python ::" in each]
    assert f"for version in {' '.join(promised)}; do" in (ROOT / ".ci/run").read_text()
    first, last = promised[0], promised[-1].removeprefix("3.")
    assert project["requires-python"] == f">={first},<3.{int(last) + 1}"
    for document in ("README.md", "CONTRIBUTING.md"):
        assert f"{first} to 3.{last}" in " ".join((ROOT / document).read_text().split())


@pytest.mark.parametrize("workload", sorted((ROOT / "workloads").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_workload_loads(workload: Path) -> None:
    read = load_claims if "\nclaims:" in workload.read_text() else load
    assert read(workload).name == workload.stem


def test_every_verdict_is_in_the_readme_and_the_counts_of_a_whole_run_have_the_signs_of_theirs() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(f"| **{verdict}** |" in readme for verdict in Verdict)
    counted = re.findall(r"\| ([✓○!]) ([^|]*)", (ROOT / "docs/faults-run.md").read_text())
    assert {sign for sign, _ in counted} == {"✓", "○", "!"}
    for sign, counts in counted:
        wrong = re.search(r"\d (lost|duplicates?|reordered)", counts)
        assert sign == "!" or (sign == "○") == bool(wrong), counts


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_nothing_that_a_producer_promises_is_called_exactly_once(document: Path) -> None:
    for sentence in re.split(r"[.:|]\s", document.read_text()):
        if "exactly-once" in sentence.lower():
            assert re.search(r"\b(no|not|pipelines?|offsets|guarantees)\b|-worker`", sentence), sentence


def test_what_can_be_done_to_which_kind_of_cluster_is_in_a_table() -> None:
    head, _, *rows = re.findall(
        r"^\| .*|^\|---.*", (ROOT / "docs/clusters.md").read_text().partition("## What can")[2], re.M
    )
    kinds = [cell.strip() for cell in head.split("|")[2:-1]]
    assert kinds == [*CLUSTERS]
    said = {}
    for fault in FAULTS:
        needs = FAULTS[fault].needs(FAULTS[fault].parameters())
        said[f"`{fault}`"] = [next((how for need, how in HOW[kind].items() if need in needs), "yes") for kind in kinds]
    assert {name: cells for name, *cells in ([cell.strip() for cell in row.split("|")[1:-1]] for row in rows)} == said


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for name, command in cli.commands.items():
        assert f"harness {name}" in readme
        for sub in command.commands if isinstance(command, click.Group) else ():
            assert sub in readme
    for option in ("--dry-run", "--resume", "--results"):
        assert option in readme


def test_every_fault_and_setting_is_documented() -> None:
    faults, workloads = (ROOT / "docs/faults.md").read_text(), (ROOT / "docs/workloads.md").read_text()
    for name in FAULTS:
        assert f"`{name}`" in faults
    for name in SETTINGS:
        assert name in workloads
