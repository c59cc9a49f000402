"""Becomes another command that the kernel kills when the harness dies: ``guard.py HARNESS_PID COMMAND...``.

A script of its own, run isolated and without site packages, so that it costs 15 ms: setting this between fork and
exec in the harness itself (``preexec_fn``) is not safe in a process with threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """From now on the kernel kills this process when its parent, which has this id, dies. On Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)


def main() -> None:
    harness, command = int(sys.argv[1]), sys.argv[2:]
    die_with(harness)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
