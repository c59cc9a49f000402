"""What ran: everything a reader needs to judge whether the results say something about their own cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.report.blocks import Block, Bullets, Code, Details, Listing, Strong, Table, Text, Words, joined
from harness.words import ABSENT, duration, percent, plain, plural, setting

_SEVERAL = ("producers", "topics")
"""What a trial has one of unless a workload says otherwise."""


def what_ran(run: Mapping[str, Any]) -> Iterator[Block]:
    """Versions, machine, seed, broker settings and the resolved workload; what ``run.json`` lacks is an em dash."""
    yield Table(("What", "Which"), [[what, which or ABSENT] for what, which in _facts(run)])
    starts = run.get("starts") or ()
    if len(starts) > 1:
        yield Text("It was started more than once, and may not have been the same each time:")
        yield Bullets([_start(each) for each in starts])
    profiles = run.get("profiles") or {}
    if profiles:
        yield Text(
            "Brokers were set up in one of these ways. Everything else of those that the harness started is Kafka's "
            "default, but for addresses, folders, internal topics, and how soon a deleted topic leaves the disk; of "
            "somebody else's it is what they say of themselves:"
        )
        yield Bullets([(Strong(name), ": ", _settings(profile)) for name, profile in profiles.items()])
    yield from _time(run.get("took_s") or {})
    notes = run.get("notes") or ()
    if notes:
        yield Bullets([str(note) for note in notes])
    if run.get("workload"):
        text = json.dumps(run["workload"], indent=2, default=str)
        yield Details("The resolved workload", (Listing("json", text),))


def _time(took_s: Mapping[str, Any]) -> Iterator[Block]:
    """Where a run's time went, the most first; what took less than a hundredth of it is one row."""
    whole_s = sum(took_s.values())
    if not whole_s:
        return
    long = {what: seconds for what, seconds in took_s.items() if seconds >= whole_s / 100}
    rows = sorted(long.items(), key=lambda row: -row[1])
    rows += [("everything else", rest_s)] if (rest_s := whole_s - sum(long.values())) > 0 else []
    yield Text(f"Where its {duration(whole_s)} went, but for this report:")
    yield Table(
        ("What was done", "Took", "Of it"),
        [[what, duration(seconds), percent(seconds / whole_s)] for what, seconds in rows],
        slice(1, None),
    )


def again(typed: str) -> Listing:
    """The commands that make this report again and judge the journals again."""
    return Listing(
        "sh",
        f"harness report {typed}   # this report, from the stored records\n"
        f"harness check {typed}    # every verdict, from the stored journals",
    )


def _facts(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    cpu, memory_gb = run.get("cpu") or {}, run.get("memory_gb")
    yield "Started", _said(run.get("started"))
    yield "Ended", _said(run.get("ended"))
    yield "Harness", _harness(run)
    yield "Kafka", ", ".join(map(str, run.get("kafka") or ()))
    yield from _cluster(run.get("cluster") or {})
    yield "Clients", _clients(run)
    yield "Java", _said(run.get("java"))
    yield "Python", _said(run.get("python"))
    yield "Kernel", _said(run.get("kernel"))
    cores = plural(cpu["cores"], "core") if cpu.get("cores") else ""
    yield "CPU", ", ".join(filter(None, (_said(cpu.get("model")), cores)))
    yield "Memory", f"{memory_gb:g} GB" if memory_gb else ""
    yield "Seed", _said(run.get("seed"))
    workload = run.get("workload") or {}
    sweep = workload.get("sweep") or {}
    grids = sweep if isinstance(sweep, list) else [sweep]
    for what in _SEVERAL:
        alike = [(workload.get("config") or {}).get(what, 1)]
        numbers = sorted({number for grid in grids for number in grid.get(what) or alike})
        if numbers != [1]:
            yield f"{what.capitalize()} of a trial", plain(numbers)


def _cluster(cluster: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How its brokers are run, and on what."""
    if cluster:
        yield "Brokers", ", ".join(filter(None, (_said(cluster.get("kind")), _said(cluster.get("run")))))
    for what, which in (cluster.get("on") or {}).items():
        yield what, _said(which)


def _start(start: Mapping[str, Any]) -> str:
    """One of a run's starts, on one line."""
    harness = f"harness {_harness(start)}".strip()
    parts = (_said(start.get("started")), harness, _clients(start), _said(start.get("kernel")))
    return ", ".join(filter(None, parts))


def _harness(start: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (_said(start.get("harness_version")), _commit(start.get("git")))))


def _clients(start: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in (start.get("clients") or {}).items())


def _commit(git: Mapping[str, Any] | None) -> str:
    if not git or not git.get("commit"):
        return ""
    return f"at commit {str(git['commit'])[:12]}" + (" with local changes" if git.get("dirty") else "")


def _settings(value: Any) -> Words:
    """Nested settings on one line."""
    settings = [Code(word) for word in _words(value)]
    return joined(settings, ", ") if settings else "nothing set"


def _words(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner, of in value.items():
            # "settings", "broker_jvm" and such group; only a setting has its own name beside its value.
            yield from _words(of, inner)
    elif isinstance(value, list | tuple):
        if value:
            yield " ".join(filter(None, (f"{key}:", *map(str, value))))
    else:
        yield setting(key, value)


def _said(value: Any) -> str:
    return "" if value is None else plain(value)
