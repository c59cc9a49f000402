"""A comparison as files: for people, for programs, and for whatever shows the results of tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.compare.changes import Change, Changed
from harness.compare.comparison import ALARMS, Comparison
from harness.compare.figures import Answer, Compared
from harness.compare.page import page, why
from harness.report.writers import WRITERS
from harness.words import plural

Form = Callable[[Comparison, str, str], str]


def write(compared: Comparison, folder: Path, base: str, new: str) -> None:
    """All forms of it, as ``comparison.*``. ``base`` and ``new`` are what was compared, in a word or two."""
    for suffix, form in FORMS.items():
        (folder / f"comparison.{suffix}").write_text(form(compared, base, new), encoding="utf-8")


def as_markdown(compared: Comparison, base: str, new: str) -> str:
    """A page for people, short enough for a comment on a pull request."""
    return WRITERS["md"](page(compared, base, new))


def as_json(compared: Comparison, base: str, new: str) -> str:
    """One object; ratios are of the new to the base, absent is null."""
    return json.dumps(
        {
            "base": base,
            "new": new,
            "outcome": compared.outcome.name.lower(),
            "in_turn": compared.paired,
            "did_not_run": compared.left,
            "differ": {what: {"base": one, "new": other} for what, (one, other) in compared.differ.items()},
            "guarantees": [
                {"trial": each.trial.row, "change": str(each.change), **_verdicts(each)} for each in compared.guarantees
            ],
            "figures": [_figure(each) for each in compared.figures],
        },
        indent=2,
    )


def _verdicts(each: Changed) -> dict[str, list[str]]:
    return {
        "base": [str(trial.verdict) for trial in each.trial.base],
        "new": [str(trial.verdict) for trial in each.trial.new],
    }


def _figure(each: Compared) -> dict[str, Any]:
    estimate = each.estimate
    ratio = low = high = None
    if estimate is not None:
        ratio, low, high = each.ratio
    return {
        "trial": each.trial.row,
        "figure": each.figure,
        "answer": str(each.answer),
        "unit": each.gauge.unit,
        "gates": each.gates,
        "base": each.base and each.base.median,
        "new": each.new and each.new.median,
        "ratio": ratio,
        "low": low,
        "high": high,
        "repeats": estimate and estimate.repeats,
        "could_see_ratio": each.could_see if each.gauge.more_is_worse else each.could_see and 1 / each.could_see,
        "why": why(each) or None,
    }


def as_junit(compared: Comparison, base: str, new: str) -> str:
    """A suite of guarantees and one of figures. What broke or regressed is a failure, what is missing an error, and
    what could not be told is skipped, each with why.
    """
    suites = ElementTree.Element("testsuites", name=f"{new} against {base}")
    guarantees = [(each.trial.row, "guarantee", *_of_change(each.change)) for each in compared.guarantees]
    if compared.left or not compared.compared:
        guarantees.append(("the whole", "planned trials", "error", _lacks(compared)))
    figures = [(each.trial.row, each.figure, *_of_answer(each, compared.advisory)) for each in compared.figures]
    for name, cases in (("guarantees", guarantees), ("performance", figures)):
        suite = ElementTree.SubElement(suites, "testsuite", name=name, tests=str(len(cases)))
        for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(attribute, str(sum(each[2] == kind for each in cases)))
        for row, what, said, why_so in cases:
            case = ElementTree.SubElement(suite, "testcase", classname=row, name=what)
            if said is not None:
                ElementTree.SubElement(case, said, message=why_so)
    ElementTree.indent(suites)
    return f"{ElementTree.tostring(suites, encoding='unicode', xml_declaration=True)}\n"


def _lacks(compared: Comparison) -> str:
    return f"{plural(compared.left, 'trial')} that had to run did not" if compared.left else "no trial ran in both"


def _of_change(change: Change) -> tuple[str | None, str]:
    if change in ALARMS:
        return "failure", str(change)
    return ("error", str(change)) if change is Change.UNDECIDED else (None, "")


def _of_answer(each: Compared, advisory: bool) -> tuple[str | None, str]:
    says = " ".join(filter(None, (str(each.answer), why(each))))
    match each.answer:
        case Answer.REGRESSED if each.gates and not advisory:
            return "failure", says
        case Answer.MISSING if each.gates:
            return "error", says
        case Answer.NO_DIFFERENCE | Answer.IMPROVED:
            return None, ""
    return "skipped", says


FORMS: dict[str, Form] = {"md": as_markdown, "json": as_json, "xml": as_junit}
"""By the suffix of its file: Markdown, JSON and JUnit's XML."""
