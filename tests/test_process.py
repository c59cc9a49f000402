"""Children: every answer is waited for within a bound, and their end is noticed."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness import roles
from harness.janitor import Janitor
from harness.process import Child, ChildDied, ChildRefused, ChildSilent, python, spawned

BOUND_S = 20.0


@pytest.fixture
def echoing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sequence[str]:
    """The command line of a child that echoes, keeps silent or dies, as it is told."""
    (tmp_path / "echoing.py").write_text(
        "import sys\n"
        "import time\n"
        "from harness.serving import Refused, Role, say, serve\n"
        "class Echoing(Role):\n"
        "    def start(self, spec):\n"
        "        if 'unfit' in spec:\n"
        "            raise Refused('an unfit spec')\n"
        "        return {'spec': spec}\n"
        "    def obey(self, told):\n"
        "        if told['do'] == 'die':\n"
        "            raise SystemExit('cannot go on')\n"
        "        if told['do'] == 'echo':\n"
        "            time.sleep(told.get('after_s', 0))\n"
        "            say('note', n=1)\n"
        "            return 'echo', {'of': told['of']}\n"
        "        if told['do'] == 'noise':\n"
        "            sys.stdout.buffer.write(b'\\xff\\xfe no text\\n[1]\\nnull\\n{\\n' + b'[' * 100_000 + b'\\n')\n"
        "            return 'made', {}\n"
        "        return super().obey(told)\n"
        "serve(Echoing())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return python("echoing")


def test_it_gets_its_spec_answers_and_other_events_are_kept(echoing: Sequence[str], tmp_path: Path) -> None:
    with Child("echo", spawned(echoing), {"a": 1}, tmp_path / "log") as child:
        assert child.wait("ready", BOUND_S)["spec"] == {"a": 1}
        assert child.ask({"do": "echo", "of": "x"}, "echo", BOUND_S)["of"] == "x"
        assert [event["event"] for event in child.events()] == ["note"]
        assert list(child.events()) == []
        assert child.alive
    assert not child.alive


def test_silence_is_noticed_within_the_bound(echoing: Sequence[str], tmp_path: Path) -> None:
    with Child("echo", spawned(echoing), {}, tmp_path / "log") as child:
        child.wait("ready", BOUND_S)
        with pytest.raises(ChildSilent, match=r"the echo did not say 'echo' within 0\.2 s"):
            child.wait("echo", 0.2)


def test_a_late_answer_is_not_the_next_ones(echoing: Sequence[str], tmp_path: Path) -> None:
    with Child("echo", spawned(echoing), {}, tmp_path / "log") as child:
        child.wait("ready", BOUND_S)
        with pytest.raises(ChildSilent):
            child.ask({"do": "echo", "of": "first", "after_s": 0.3}, "echo", 0.05)
        assert child.ask({"do": "echo", "of": "second"}, "echo", BOUND_S)["of"] == "second"
        assert [event["event"] for event in child.events()] == ["note", "note"]


def test_what_it_refuses_is_said_with_its_reason(echoing: Sequence[str], tmp_path: Path) -> None:
    unfit = Child("echo", spawned(echoing), {"unfit": True}, tmp_path / "log")
    with unfit, pytest.raises(ChildRefused, match="an unfit spec"):
        unfit.wait("ready", BOUND_S)
    with Child("echo", spawned(echoing), {}, tmp_path / "log") as child:
        with pytest.raises(ChildRefused, match=r"no such command: {'do': 'dance', 'id': 1}"):
            child.ask({"do": "dance"}, "danced", BOUND_S)
        assert child.ask({"do": "echo", "of": "x"}, "echo", BOUND_S)["of"] == "x"


def test_its_death_is_noticed_at_once_with_its_last_words(echoing: Sequence[str], tmp_path: Path) -> None:
    with Child("echo", spawned(echoing), {}, tmp_path / "log") as child:
        with pytest.raises(ChildDied, match=r"the echo ended with status 1: .*cannot go on"):
            child.ask({"do": "die"}, "echo", BOUND_S)
        with pytest.raises(ChildDied):
            child.wait("echo", BOUND_S)


def test_what_is_no_message_is_passed_over(echoing: Sequence[str], tmp_path: Path) -> None:
    with Child("echo", spawned(echoing), {}, tmp_path / "log") as child:
        child.tell({"do": "noise"})
        assert child.ask({"do": "echo", "of": "x"}, "echo", BOUND_S)["of"] == "x"


def test_a_role_may_be_of_another_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a role: the spec's line, commands with ids, and its end with the end of its stdin."""
    counting = r"""
        read -r spec; echo '{"event": "ready"}'
        while read -r command; do
            id=$(expr "$command" : '.*"id": \([0-9]*\)'); n=$((n + 1))
            echo "{\"event\": \"counted\", \"id\": $id, \"n\": $n}"
        done; echo ended >&2
    """
    monkeypatch.setitem(roles.ROLES, "counter", ["sh", "-c", counting])
    with roles.start("counter", {}, tmp_path / "log") as child:
        child.wait("ready", BOUND_S)
        assert [child.ask({"do": "count"}, "counted", BOUND_S)["n"] for _ in range(3)] == [1, 2, 3]
    assert (tmp_path / "log").read_text() == "ended\n"


def test_a_module_beside_a_persons_files_is_not_taken_for_a_library(
    echoing: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    for stray in ("json.py", "harness.py", "psutil.py"):
        (beside / stray).write_text(f"open('{stray}.was-imported', 'w')")
    monkeypatch.chdir(beside)
    with Child("echo", spawned(echoing), {}, tmp_path / "log") as child:
        child.wait("ready", BOUND_S)
    Janitor().close()
    assert not list(beside.glob("*.was-imported"))


def test_a_process_that_does_not_go_is_left_to_the_kernel(
    echoing: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits_in_vain(timeout_s: float) -> int:
        raise subprocess.TimeoutExpired("child", timeout_s)

    child = Child("echo", spawned(echoing), {}, tmp_path / "log")
    with monkeypatch.context() as stuck:
        stuck.setattr(child._process, "wait", waits_in_vain)
        child.kill()
    child.kill()
    assert not child.alive
