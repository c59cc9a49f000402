"""What ends a run in order, in a process of its own: heeded until it was heard, never while it cleans up."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def _said(script: str, ignored: signal.Signals | None = None) -> str:
    """What a process says that heeds signals and then does this."""

    def as_a_shell_would() -> None:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN if number is ignored else signal.SIG_DFL)

    script = (
        "import contextlib, itertools, signal\nfrom harness.cli import signals\nsignals.heed()\n"
        + textwrap.dedent(script)
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=as_a_shell_would,
    )
    return done.stdout


def test_no_second_signal_ends_the_cleaning_up() -> None:
    said = _said(
        """
        class Cluster:
            def __enter__(self): return self
            def __exit__(self, *_):
                try:
                    raise TimeoutError("does not end")
                except TimeoutError:
                    signal.raise_signal(second)
                print("cluster removed")

        @contextlib.contextmanager
        def venue():
            try:
                yield
            finally:
                signal.raise_signal(second)
                print("scratch removed")

        ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for first, second in itertools.product(ending, ending):
            try:
                with venue(), Cluster():
                    signal.raise_signal(first)
                    print("went on")
            except KeyboardInterrupt:
                signal.raise_signal(second)
                print("interrupted")
        """
    )
    assert said.splitlines() == ["cluster removed", "scratch removed", "interrupted"] * 9


def test_one_that_python_dropped_is_heard_the_second_time() -> None:
    said = _said(
        """
        class Finalized:
            def __del__(self):
                signal.raise_signal(signal.SIGTERM)

        try:
            Finalized()
            print("went on")
            signal.raise_signal(signal.SIGTERM)
            print("unstoppable")
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    assert said.splitlines() == ["went on", "interrupted"]


@pytest.mark.parametrize("ignored", [signal.SIGHUP, signal.SIGINT])
def test_what_was_ignored_from_the_start_stays_ignored(ignored: signal.Signals) -> None:
    others = [number.value for number in ENDING if number is not ignored]
    said = _said(
        f"""
        signal.raise_signal({ignored.value})
        print("went on")
        for other in {others}:
            try:
                signal.raise_signal(other)
            except KeyboardInterrupt:
                print("interrupted")
        """,
        ignored,
    )
    assert said.splitlines() == ["went on", "interrupted", "interrupted"]
