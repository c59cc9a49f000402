"""One word for a trial, from what was found in it and what that means there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.events import INFORMATION, Permission, Verdict
from harness.store import Anomalies, Counts, Expectation
from harness.verify.anomalies import Findings

Judgement = tuple[Verdict, str]
"""A verdict and its reason: one plain sentence, with the counts."""


def judge(
    findings: Findings | None,
    expectations: Sequence[Expectation],
    *,
    fault: str | None,
    fired: bool,
    problem: str | None,
    in_time: bool = True,
    delivered: bool = True,
) -> Judgement:
    """The verdict on a trial. The first of these that holds decides:

    1. there are no findings, or none that count messages: ``unknown``;
    2. a forbidden anomaly was found: ``broken``, whatever else went wrong, for it is in the journals;
    3. the trial had a ``problem`` (a hang, a client that died), or nothing was sent: ``unknown``;
    4. something was counted that no expectation is about, or not counted though one is: ``unknown``;
    5. the fault did not fire, or not ``in_time`` for the load that it was to hit: ``not_exercised`` (``fault`` is
       None in a trial without one);
    6. an expected anomaly did not appear: ``not_exercised``;
    7. an expected anomaly appeared: ``reproduced``;
    8. nothing was ``delivered`` after the warm-up: ``not_exercised``, for what is not there cannot be lost;
    9. something else went wrong: ``allowed``, since nothing forbids it. What became of messages that the client itself
       called unknown is information, and nothing that went wrong;
    10. else ``kept``.
    """
    if findings is None or findings.counts is None:
        return Verdict.UNKNOWN, problem or "there is no data"
    counted = {name: count for name, count in findings.anomalies.model_dump().items() if count is not None}
    appeared = [each for each in expectations if counted.get(each.anomaly)]
    broken = [each for each in appeared if each.permission == Permission.FORBIDDEN]
    allowed = [each for each in appeared if each.permission == Permission.ALLOWED]
    reproduced = [each for each in appeared if each.permission == Permission.EXPECTED]
    went_wrong = [each for each in allowed if each.anomaly not in INFORMATION]
    missing = [each for each in expectations if each.permission == Permission.EXPECTED and each not in appeared]
    unmatched = sorted(counted.keys() ^ {each.anomaly for each in expectations})
    among = _among(findings.counts)
    ladder = (
        (broken, Verdict.BROKEN, f"{_because(broken, counted, 'forbidden')} ({among})"),
        (problem, Verdict.UNKNOWN, problem or ""),
        (findings.counts.sent == 0, Verdict.UNKNOWN, "no message was sent"),
        (unmatched, Verdict.UNKNOWN, f"counts and expectations do not match: {', '.join(unmatched)}"),
        (
            fault is not None and not fired,
            Verdict.NOT_EXERCISED,
            f"{fault} did not fire, so it proves nothing ({among})",
        ),
        (not in_time, Verdict.NOT_EXERCISED, f"{fault} struck when the load was over, so it proves nothing ({among})"),
        (missing, Verdict.NOT_EXERCISED, f"{_because(missing, counted, 'though expected')} ({among})"),
        (reproduced, Verdict.REPRODUCED, f"{_because(reproduced, counted, 'as expected')} ({among})"),
        (
            not delivered,
            Verdict.NOT_EXERCISED,
            f"after the warm-up nothing was acked, so it proves nothing ({among})",
        ),
        (went_wrong, Verdict.ALLOWED, f"{_because(went_wrong, counted, 'allowed')} ({among})"),
        (True, Verdict.KEPT, f"nothing went wrong among {among}{_also(allowed, counted)}"),
    )
    return next((verdict, reason) for holds, verdict, reason in ladder if holds)


def observed(anomalies: Anomalies) -> str | None:
    """What the data fits: ``once`` (nothing lost, nothing twice), ``at-least-once`` (nothing lost), ``at-most-once``
    (nothing twice) or ``none``; of a pipeline's inputs what was processed. None if neither were counted.
    """
    gone = anomalies.lost if anomalies.skipped is None else anomalies.skipped
    twice = anomalies.duplicate if anomalies.redelivered is None else anomalies.redelivered
    if gone is None or twice is None:
        return None
    if gone:
        return "none" if twice else "at-most-once"
    return "at-least-once" if twice else "once"


def _because(expectations: Sequence[Expectation], counted: Mapping[str, int], how: str) -> str:
    return "; ".join(f"{each.anomaly} {counted.get(each.anomaly, 0):,}, {how}: {each.reason}" for each in expectations)


def _also(allowed: Sequence[Expectation], counted: Mapping[str, int]) -> str:
    return "".join(f"; {each.anomaly} {counted[each.anomaly]:,}" for each in allowed)


def _among(counts: Counts) -> str:
    """``3,050 sent, 3,000 acked, 50 unknown, 3,300 in the log``; what did not occur is left out."""
    outcomes = ("acked", "failed", "unknown", "unconfirmed")
    occurred = [f"{getattr(counts, outcome):,} {outcome}" for outcome in outcomes if getattr(counts, outcome)]
    aborted = [f"{counts.aborted:,} of aborted transactions"] if counts.aborted else []
    return ", ".join([f"{counts.sent:,} sent", *occurred, *aborted, f"{counts.in_log:,} in the log"])
