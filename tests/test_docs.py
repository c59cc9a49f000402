"""The documentation: its commands exist, its workloads load, its links lead somewhere, and it names every fault."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from harness.claims import load as load_claims
from harness.cli import cli
from harness.events import Verdict
from harness.faults import FAULTS
from harness.workload import load
from harness.workload.settings import SETTINGS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "results/README.md", *sorted((ROOT / "docs").glob("*.md"))]
_CODE = re.compile(r"^```(?:console|sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(harness [^`]+)`")
_YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


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
            assert re.search(r"\b(no|not)\b", sentence), sentence


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
