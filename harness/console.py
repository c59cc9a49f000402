"""Where the command line speaks: what others wrote is text and no markup, and who stops reading ends nothing."""

from __future__ import annotations

import os
import sys
from typing import IO, Any, cast

from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """Standard output or, for what is no result, standard error. Only a ``Text`` has a style."""
    stream = _Outlet(sys.stderr if stderr else sys.stdout)
    return Console(file=cast(IO[str], stream), stderr=stderr, markup=False, emoji=False, highlight=False)


class _Outlet:
    """A stream as it was until nobody reads it any more (a closed pipe, a terminal that is gone): from then on it leads
    nowhere, at the interpreter's end as well.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except OSError:
            self._lead_nowhere()

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._lead_nowhere()

    def _lead_nowhere(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
