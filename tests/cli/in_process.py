"""The command without a process of its own, which takes seconds to import what it draws and counts with."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from harness import cli


def harness(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What it says and ends with; signals are left to whoever has this process."""
    command = ["harness", *map(str, arguments)]
    said, complained = io.StringIO(), io.StringIO()
    with (
        redirect_stdout(said),
        redirect_stderr(complained),
        patch.object(sys, "argv", command),
        patch.dict(os.environ),
        patch.object(cli.signals, "heed"),
    ):
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return subprocess.CompletedProcess(command, code, said.getvalue(), complained.getvalue())
