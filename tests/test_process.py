"""Children: every answer is waited for within a bound, and their end is noticed."""

import subprocess
from pathlib import Path

import pytest

from harness.janitor import Janitor
from harness.process import Child, ChildDied, ChildSilent


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A child that echoes, keeps silent or dies, as it is told."""
    (tmp_path / "echoing.py").write_text(
        "import sys\n"
        "import time\n"
        "from harness.process import answer, messages, say\n"
        "inbox = messages()\n"
        "say('ready', spec=next(inbox))\n"
        "for told in inbox:\n"
        "    if told['do'] == 'die':\n"
        "        sys.exit('cannot go on')\n"
        "    if told['do'] == 'repeat':\n"
        "        time.sleep(told['after_s'])\n"
        "        answer(told, 'repeated', of=told['of'])\n"
        "    if told['do'] == 'echo':\n"
        "        say('note', n=1)\n"
        "        say('echo', of=told['of'])\n"
        "    if told['do'] == 'noise':\n"
        "        sys.stdout.buffer.write(b'\\xff\\xfe no text\\n[1]\\nnull\\n{\\n' + b'[' * 100_000 + b'\\n')\n"
        "        sys.stdout.buffer.flush()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "echoing"


def test_it_gets_its_spec_answers_and_other_events_are_kept(module: str, tmp_path: Path) -> None:
    with Child(module, {"a": 1}, tmp_path / "log") as child:
        assert child.wait("ready", 20)["spec"] == {"a": 1}
        child.send({"do": "echo", "of": "x"})
        assert child.wait("echo", 20)["of"] == "x"
        assert [event["event"] for event in child.events()] == ["note"]
        assert list(child.events()) == []
        assert child.alive
    assert not child.alive


def test_silence_is_noticed_within_the_bound(module: str, tmp_path: Path) -> None:
    with Child(module, {}, tmp_path / "log") as child:
        child.wait("ready", 20)
        child.send({"do": "nothing"})
        with pytest.raises(ChildSilent, match=r"did not say 'echo' within 0\.2 s"):
            child.wait("echo", 0.2)


def test_a_late_answer_is_not_the_next_ones(module: str, tmp_path: Path) -> None:
    with Child(module, {}, tmp_path / "log") as child:
        child.wait("ready", 20)
        with pytest.raises(ChildSilent):
            child.ask({"do": "repeat", "of": "first", "after_s": 0.3}, "repeated", 0.05)
        assert child.ask({"do": "repeat", "of": "second", "after_s": 0}, "repeated", 20)["of"] == "second"
        assert list(child.events()) == []


def test_its_death_is_noticed_at_once_with_its_last_words(module: str, tmp_path: Path) -> None:
    with Child(module, {}, tmp_path / "log") as child:
        child.wait("ready", 20)
        child.send({"do": "die"})
        with pytest.raises(ChildDied, match="ended with status 1: cannot go on"):
            child.wait("echo", 20)
        with pytest.raises(ChildDied):
            child.wait("echo", 20)


def test_what_is_no_message_is_passed_over(module: str, tmp_path: Path) -> None:
    with Child(module, {}, tmp_path / "log") as child:
        child.send({"do": "noise"})
        child.send({"do": "echo", "of": "x"})
        assert child.wait("echo", 20)["of"] == "x"


def test_a_module_beside_a_persons_files_is_not_taken_for_a_library(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    for stray in ("json.py", "harness.py", "psutil.py"):
        (beside / stray).write_text(f"open('{stray}.was-imported', 'w')")
    monkeypatch.chdir(beside)
    with Child(module, {}, tmp_path / "log") as child:
        child.wait("ready", 20)
    Janitor().close()
    assert not list(beside.glob("*.was-imported"))


def test_a_process_that_does_not_go_is_left_to_the_kernel(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits_in_vain(timeout_s: float) -> int:
        raise subprocess.TimeoutExpired("child", timeout_s)

    child = Child(module, {}, tmp_path / "log")
    with monkeypatch.context() as stuck:
        stuck.setattr(child._process, "wait", waits_in_vain)
        child.kill()
    child.kill()
    assert not child.alive
