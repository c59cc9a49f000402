"""What librdkafka runs with: it says so in its log, and its Python binding has no call that would."""

from __future__ import annotations

import logging
import re
import sys


class ConfigurationDump(logging.Handler):
    """Keeps what ``debug=conf`` says, under librdkafka's names; everything else it logs goes to stderr."""

    _LINE = re.compile(r"^CONF .*:   (\S+) = (.*)$")

    def __init__(self) -> None:
        super().__init__()
        self.settings: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if line := self._LINE.match(text):
            self.settings[line[1]] = line[2]
        elif record.levelno > logging.DEBUG:
            print(text, file=sys.stderr)
