"""A producer in another language: it knows ``docs/workers.md`` and ``docs/journal.md``, and nothing of the harness.

Its client acks what it gets at offsets from 0 on, but for each third message, of which it says nothing.
"""

import json
import struct
import sys
import time
from typing import Any

ACKED, PENDING = 2, 1


def say(event: str, **fields: Any) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def main() -> None:
    spec = json.loads(sys.stdin.readline())
    n, sent = spec["capacity"], 0
    with open(spec["journal"], "w+b") as journal:  # noqa: PTH123
        journal.write(b"KDHJRNL\n" + struct.pack("<IiQ", 1, spec["producer"], n) + bytes(40))
        journal.truncate(64 + 38 * n)

        def note(begins_at: int, kind: str, row: int, value: int) -> None:
            journal.seek(64 + begins_at * n + struct.calcsize(kind) * row)
            journal.write(struct.pack(kind, value))

        say("ready", effective={"acks": "all"}, version="by hand", most_waiting_bytes=None)
        for line in sys.stdin:
            told = json.loads(line)
            if told["do"] == "send":
                for row in range(sent, min(n, sent + told["count"])):
                    silent = row % 3 == 2
                    now = time.monotonic_ns()
                    note(0, "<q", row, now)
                    note(8, "<q", row, now)
                    note(16, "<q", row, -1 if silent else now + 5)
                    note(24, "<q", row, -1 if silent else row)
                    note(32, "<i", row, 0)
                    note(36, "<B", row, PENDING if silent else ACKED)
                    sent = row + 1
                journal.flush()
                say("sent", id=told["id"], total=sent, died=None, still_s=None)
            elif told["do"] == "flush":
                say("flushed", id=told["id"], still_s=None)
            elif told["do"] == "close":
                say("closed", id=told["id"], cpu_s=time.process_time())
                return
            else:
                say("refused", id=told["id"], reason="no such command")


main()
