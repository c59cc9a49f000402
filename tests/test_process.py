"""Children: every answer is waited for within a bound, and their end is noticed."""

from pathlib import Path

import pytest

from harness.process import Child, ChildDied, ChildSilent


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A child that echoes, keeps silent or dies, as it is told."""
    (tmp_path / "echoing.py").write_text(
        "import sys\n"
        "from harness.process import messages, say\n"
        "inbox = messages()\n"
        "say('ready', spec=next(inbox))\n"
        "for told in inbox:\n"
        "    if told['do'] == 'die':\n"
        "        sys.exit('cannot go on')\n"
        "    if told['do'] == 'echo':\n"
        "        say('note', n=1)\n"
        "        say('echo', of=told['of'])\n"
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


def test_its_death_is_noticed_at_once_with_its_last_words(module: str, tmp_path: Path) -> None:
    with Child(module, {}, tmp_path / "log") as child:
        child.wait("ready", 20)
        child.send({"do": "die"})
        with pytest.raises(ChildDied, match="ended with status 1: cannot go on"):
            child.wait("echo", 20)
        with pytest.raises(ChildDied):
            child.wait("echo", 20)
