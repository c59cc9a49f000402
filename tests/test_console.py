"""The console and whoever looks on: text of others is text, and what stops reading ends nothing."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any, cast

import pytest

from harness.console import console
from harness.watcher import Dispensable, Watcher

NASTY = "[/acks] [type=int_parsing] [bold]x[/] :warning: [link=file:///etc]"


def _run(script: str, **how: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", textwrap.dedent(script)], text=True, timeout=60, check=False, **how
    )


def test_text_of_others_shows_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(NASTY, soft_wrap=True)
    assert capsys.readouterr().out == NASTY + "\n"


@pytest.mark.parametrize("stderr", [False, True])
def test_a_pipe_that_was_closed_ends_nothing(stderr: bool) -> None:
    script = f"""
    import os, sys
    reader, writer = os.pipe()
    os.dup2(writer, {2 if stderr else 1})
    os.close(writer); os.close(reader)
    from harness.console import console
    out = console(stderr={stderr})
    for _ in range(3):
        out.print("nobody reads this")
    sys.exit(3)
    """
    done = _run(script, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


class _Fails:
    """Looks on, and fails at the second look."""

    def __init__(self, failure: BaseException) -> None:
        self.seen: list[str] = []
        self._failure = failure

    def doing(self, what: str) -> None:
        self.seen.append(what)
        if len(self.seen) == 2:
            raise self._failure


@pytest.mark.parametrize("failure", [OSError(5, "Input/output error"), SystemExit(1), KeyError("markup")])
def test_a_watcher_that_fails_is_told_nothing_more(failure: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    fails = _Fails(failure)
    watcher = Dispensable(cast(Watcher, fails))
    for what in "abc":
        watcher.doing(what)
    assert fails.seen == ["a", "b"]
    assert capsys.readouterr().err.count("harness: the display failed: ") == 1


def test_an_interrupt_is_no_failure_of_a_watcher() -> None:
    watcher = Dispensable(cast(Watcher, _Fails(KeyboardInterrupt())))
    watcher.doing("a")
    with pytest.raises(KeyboardInterrupt):
        watcher.doing("b")
