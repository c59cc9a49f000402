"""Whether what the harness does for each message became slower: ``python -m benchmarks.hot_paths FILE [--store]``.

FILE is what ``pytest --benchmark-only tests/benchmarks/test_hot_paths.py --benchmark-json=FILE`` left. Each path has
its ratio to a loop that ran beside it, and is compared to the ratio that is stored. Ends with 4 if one takes half as
long again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

STORED = Path(__file__).with_name("hot_paths.json")
_SLOWER = 1.5  # beside other work ratios of one commit differ by up to 1.45, and by themselves by a tenth


def ratios(measured: Path) -> dict[str, float]:
    """By the path's name."""
    benchmarks = json.loads(measured.read_text())["benchmarks"]
    return {
        each["name"]: each["extra_info"]["to_reference"] for each in benchmarks if "to_reference" in each["extra_info"]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--store", action="store_true", help="as what the next ones are compared to")
    wanted = parser.parse_args()
    now = ratios(wanted.file)
    if wanted.store or not STORED.exists():
        STORED.write_text(json.dumps({name: round(ratio, 4) for name, ratio in sorted(now.items())}, indent=2) + "\n")
        print(f"stored {len(now)} ratios")
        return
    before = json.loads(STORED.read_text())
    slower = False
    for name in sorted(now.keys() | before.keys()):
        if name not in now or name not in before:
            print(f"{name}: {'not measured' if name not in now else 'not stored'}")
            continue
        times = now[name] / before[name]
        slower |= times > _SLOWER
        print(f"{name}: {now[name]:.3f} of the loop, stored {before[name]:.3f}: {times:.2f}x")
    sys.exit(4 if slower else 0)


if __name__ == "__main__":
    main()
