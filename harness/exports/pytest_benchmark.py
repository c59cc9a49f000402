"""pytest-benchmark's own JSON, which ``pytest-benchmark compare`` reads: seconds, so that for throughput ``ops`` is
messages a second.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import numpy as np

from harness.exports.series import Series, Watched

_VERSION = "5.3.1"
"""The one whose fields these are."""
_PER_S = {"ms": 1e3, "us": 1e6}


def export(watched: Watched) -> dict[str, str]:
    run = watched.run
    git, cpu, clients = run.get("git") or {}, run.get("cpu") or {}, run.get("clients") or {}
    started = datetime.fromisoformat(str(run["started"]))
    content: dict[str, Any] = {
        "machine_info": {
            "node": "",
            "processor": cpu.get("model"),
            "machine": "",
            "python_version": run.get("python"),
            "system": str(run.get("kernel")).partition(" ")[0],
            "release": str(run.get("kernel")).partition(" ")[2],
            "cpu": {"brand_raw": cpu.get("model"), "count": cpu.get("cores")},
        },
        "commit_info": {
            "id": git.get("commit") or "unversioned",
            "time": None,
            "author_time": None,
            "dirty": bool(git.get("dirty")),
            "project": run.get("name"),
            "branch": "(unknown)",
        },
        "benchmarks": [_benchmark(each, clients) for each in watched.series],
        "datetime": started.isoformat(),
        "version": _VERSION,
    }
    return {"pytest-benchmark.json": json.dumps(content, indent=2)}


def _benchmark(each: Series, clients: dict[str, str]) -> dict[str, Any]:
    seconds = np.array([value / _PER_S[each.unit] if each.unit in _PER_S else 1 / value for value in each.values])
    record = each.records[0]
    return {
        "group": each.figure,
        "name": each.name,
        "fullname": each.name,
        "params": record.config,
        "param": None,
        "extra_info": {"client": record.client, "version": clients.get(record.client), "kafka": record.kafka},
        "options": {
            "disable_gc": False, "timer": "monotonic", "warmup": False,
            "min_rounds": 1, "max_time": 0.0, "min_time": 0.0,
        },
        "stats": _stats(seconds),
    }  # fmt: skip


def _stats(seconds: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    """As pytest-benchmark calculates them, by the names it has for them."""
    q1, middle, q3 = np.percentile(seconds, (25, 50, 75)).tolist()
    mean, iqr = float(seconds.mean()), q3 - q1
    deviation = float(seconds.std(ddof=1)) if len(seconds) > 1 else 0.0
    far = int((np.abs(seconds - mean) > deviation).sum())
    inside = seconds[(seconds >= q1 - 1.5 * iqr) & (seconds <= q3 + 1.5 * iqr)]
    outside = len(seconds) - len(inside)
    return {
        "min": float(seconds.min()), "max": float(seconds.max()), "mean": mean, "stddev": deviation,
        "rounds": len(seconds), "median": middle, "iqr": iqr, "q1": q1, "q3": q3,
        "iqr_outliers": outside, "stddev_outliers": far, "outliers": f"{far};{outside}",
        "ld15iqr": float(inside.min()), "hd15iqr": float(inside.max()),
        "ops": 1 / mean, "total": float(seconds.sum()), "iterations": 1, "data": seconds.tolist(),
    }  # fmt: skip
