"""``report.md`` as text: the matrix of verdicts first, then the answer, then how to read the rest, then the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.report import pages, ran, tables, trials, verdicts
from harness.report.answer import Answer
from harness.report.gallery import Gallery
from harness.report.labels import Labels
from harness.report.markdown import bullets, escape, section
from harness.report.matrix import Matrix
from harness.report.performance import Performance
from harness.report.wording import listed
from harness.store import TrialRecord

_READING = """\
**Words.** A message is *lost* if the client reported success (with acks=0: counted it as sent) and it is not in the \
log after full recovery; a *dup* is a copy beyond the first; *reordered* is a first copy behind a later message of its \
producer and partition; *misplaced* was acked with an offset at which it is not, though it is in the log; *unreported* \
had no report when the client's own bound on that was over; *failed landed* was reported failed and is in the log all \
the same; *unexpected* is a record that nobody sent. RF is the replication factor. An em dash means that there is no \
such figure, which is not 0: a percentile, for one, needs a message beyond it, so p99.9 needs a thousand.

**Verdicts.** *kept*: the fault, if there was one, fired, and nothing went wrong; it is evidence, not proof. \
*allowed*: something went wrong, and no promise rules it out. *reproduced*: what the rules expect of this \
configuration under this fault happened. *broken*: something happened that the rules forbid. *not_exercised*: the \
fault did not fire, or what was expected did not appear. *unknown*: no data, a hang, or a judge that crashed.

**Promises.** *at-most-once*: a message is not sent again, so one that fails may be missing. *at-least-once*: an acked \
message stays, with acks=1 as long as its leader does and with acks=all as long as a replica in sync does; it may be \
there twice. *once-per-session*: each message is once and in order in its partition's log as long as the same producer \
lives (KIP-98). A producer that is restarted duplicates under it, and no consumer is part of it: it is not what \
exactly-once means for a pipeline.

**Latency** counts from the moment a message was due, also when the client was late to send it, so a stall is not \
hidden, to the client's report. With acks=0 no broker reports anything: there it ends when the client counts the \
message as sent. *Service* time counts from the send itself, *end-to-end* from due to a consumer that has it.

**Saturation.** Under `rate: max` messages queue in the client, and latency measures the queue: it says nothing about \
the latency at a load the client can carry.

**Gaps.** The *longest gap* is the longest time without an ack, from the first message sent to the last report. \
*Recovery* is how long after the fault began every partition that was sent to had acked a message that was due since; \
an em dash where one never did, where nothing was sent since, and with acks=0, where no broker acks."""
_FILES = """\
[run.json](run.json) has what ran, [trials.csv](trials.csv) every trial in one flat table, \
[summary.json](summary.json) the tables of this report for programs."""


def document(
    records: Sequence[TrialRecord],
    labels: Labels,
    run: Mapping[str, Any],
    run_id: str,
    cells: Matrix,
    found: Answer,
    measured: Sequence[Performance],
    gallery: Gallery,
    typed: str,
) -> str:
    """The whole report. ``typed`` is its folder, as a person types it in a shell."""
    title = escape(str(run.get("name") or run_id))
    sections = [f"# Delivery report: {title}"]
    sections += section("Verdicts", *verdicts.verdicts(cells, verdicts.links(records, labels)))
    sections += section("In short", *_lead(found))
    sections += section("What would have been safe", *_safe(cells))
    sections += section("How to read this", _READING)
    sections += section("Charts", *_charts(gallery))
    sections += section("Performance", *_performance(records, labels, measured))
    sections += section("Faults", *_faults(records, run))
    sections += section("Not run", trials.not_run(records, labels), trials.refused(run))
    sections += section("What ran", ran.what_ran(run))
    sections += section("Files, and the same again", _FILES, ran.again(typed))
    return "\n\n".join(sections) + "\n"


def _lead(found: Answer) -> Iterator[str]:
    if found.broken:
        yield bullets(found.broken)
    yield " ".join(found.sentences)
    promises = tables.promises(found)
    if promises:
        yield promises
        yield tables.PER_SESSION if any("once-per-session" in each.promises for each in found.promises) else ""
    costs = tables.costs(found.costs)
    if found.costs is not None:
        loads = sorted({row.paced_load for row in found.costs.rows if row.paced_load})
        paced = f"p99 latency at {listed(loads)}" if loads else "p99 latency (no paced load ran)"
        extents = any(row.repeats > 1 for row in found.costs.rows)
        yield (
            f"What it cost, as throughput at `rate: max` · {paced}, against {found.costs.against} of the same client "
            "and replication factor, which is in italics with its own figures"
            f"{'; in brackets the least and the most that a repeat of each gives' if extents else ''}:"
        )
        yield costs
        yield tables.not_repeated(found.costs)
        if not all(row.steady for row in found.costs.rows):
            yield f"{tables.UNSTEADY} Not steady: too short to rely on (see Performance)."


def _charts(gallery: Gallery) -> Iterator[str]:
    for picture in gallery.of(None):
        yield f"### {escape(picture.title)}"
        yield f"[![{escape(picture.says)}]({picture.png})]({picture.svg})"
    if gallery.left_out:
        yield "Left out:\n\n" + bullets([escape(why) for why in gallery.left_out])


def _performance(records: Sequence[TrialRecord], labels: Labels, measured: Sequence[Performance]) -> Iterator[str]:
    paced, saturated = tables.paced(measured), tables.saturated(measured)
    if not measured:
        return
    repeats = {len(each.trials) for each in measured}
    yield (
        "One run each: these figures have no interval."
        if repeats == {1}
        else f"Medians of up to {max(repeats)} repeats, throughput with its least and most."
    )
    if paced:
        yield "### Latency at a paced load"
        yield paced
    if saturated:
        yield "### Throughput, and latency at saturation"
        yield saturated
    short = tables.unsteady(records, labels)
    if short:
        yield (
            f"{tables.UNSTEADY} Not steady: the two halves of a repeat differ by more than 20 %, so it was too short "
            "and its figures are not to be relied on.\n\n" + bullets([escape(each) for each in short])
        )


def _safe(cells: Matrix) -> Iterator[str]:
    table = verdicts.safe_instead(cells)
    if table:
        yield (
            "For every configuration that something went wrong with: the fewest settings to change to come to one "
            "whose rules forbid what went wrong, and which kept it in every repeat of this run under the same fault. "
            "It never promises less in anything: acks, retries, requests in flight, idempotence, patience, replicas, "
            "replicas in sync, elections, flushes. What is still allowed there may happen another time. Where the run "
            "has no such configuration, the rules name one, and nobody measured it."
        )
        yield table


def _faults(records: Sequence[TrialRecord], run: Mapping[str, Any]) -> Iterator[str]:
    index = pages.index(records, run)
    if not index:
        return
    yield "Each has a page: its parameters, every verdict with its reason, its course over time, every trial."
    yield index
    if any(record.cluster_profile == "fault" and record.status != "skipped" for record in records):
        yield (
            "Brokers of these trials are set up to fail over fast (profile *fault* under What ran): with Kafka's own "
            "settings the gaps are longer, and their performance says nothing about other clusters."
        )
