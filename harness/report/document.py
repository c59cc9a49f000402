"""The report: the matrix of verdicts first, then the answer, then how to read the rest, then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.report import guarantee_page, pages, ran, tables, trials, verdicts
from harness.report.answer import Answer
from harness.report.blocks import Block, Bullets, Document, Link, Reference, Text, Words, joined, prose, section
from harness.report.data import Data, Told
from harness.report.gallery import Gallery
from harness.report.matrix import Matrix
from harness.report.priced import prices

_READING = """\
**Words.** A message is *lost* if the client reported success (with acks=0: counted it as sent) and it is not in the \
log after full recovery; a *dup* is a copy beyond the first; *reordered* is a first copy behind a later message of its \
producer and partition; *misplaced* was acked with an offset at which it is not, though it is in the log; *unreported* \
had no report 5 s after the client's own bound on that (delivery.timeout.ms; aiokafka has none); *failed landed* was \
reported failed and is in the log all the same; *unexpected* is a record that nobody sent. RF is the replication \
factor. An em dash means that there is no such figure, which is not 0: a percentile, for one, needs a message beyond \
it, so p99.9 needs a thousand.

**Verdicts.** *kept*: the fault, if there was one, fired, and nothing went wrong; it is evidence, not proof. \
*allowed*: something went wrong, and no promise rules it out. *reproduced*: what the rules expect of this \
configuration under this fault happened. *broken*: something happened that the rules forbid. *not_exercised*: the \
fault did not fire or struck when the load was over, nothing was acked that could be lost, or what was expected did \
not appear. *unknown*: no data, a client that hung or died, or a judge that crashed.

**Promises.** *at-most-once*: a message is not sent again, so one that fails may be missing. *at-least-once*: an acked \
message stays, with acks=1 as long as its leader does and with acks=all as long as a replica in sync does; it may be \
there twice. *once-per-session*: each message is once and in order in its partition's log as long as the same producer \
lives (KIP-98). A producer that is restarted duplicates under it, and no consumer is part of it: it is not what \
exactly-once means for a pipeline. *all-or-nothing*: of each transaction a consumer with \
isolation.level=read_committed sees all messages, each once, or none, also when its producer is restarted (KIP-98); \
what is said of such a trial is what that consumer finds.

**Latency** counts from the moment a message was due, also when the client was late to send it, so a stall is not \
hidden, to the client's report. With acks=0 no broker reports anything: there it ends when the client counts the \
message as sent. *Service* time counts from the send itself, *end-to-end* from due to a consumer that has it.

**Saturation.** Under `rate: max` messages queue in the client, and latency measures the queue: it says nothing about \
the latency at a load the client can carry. *Limited by* says what was busy all the time then: a thread of the \
client, every core of the machine, or none of these, which leaves the brokers, the disk, and what the settings let be \
in flight. What the client or the machine limits is no figure of the brokers.

**Transactions.** What is in one counts when its commit was confirmed: *throughput* is of committed messages, *to the \
commit* is from due until that, and *end-to-end* is to a consumer with isolation.level=read_committed, for whoever \
produces. The end of the load cuts the transaction short that is open then; none of these figures is made of its \
messages, and *Transactions* says how many whole ones a trial had.

**Gaps.** The *longest gap* is the longest time without an ack, from the first message sent to the last report. \
*Recovery* is how long after the fault began every partition that was sent to had acked a message that was due since; \
an em dash where one never did, where nothing was sent since, and with acks=0, where no broker acks."""
_FILES: Words = (
    Link("run.json"),
    " has what ran, ",
    Link("trials.csv"),
    " every trial in one flat table, ",
    Link("summary.json"),
    " the tables of this report for programs, ",
    Link("latency.hlog"),
    " every distribution of latencies as HdrHistograms; in hgrm/ is one file a configuration for its plotter.",
)


def document(data: Data, gallery: Gallery, kinds: Iterable[Told]) -> Document:
    """The whole report."""
    records, run, labels = data.records, data.run, data.labels
    body = [
        *section("Verdicts", *verdicts.verdicts(data.matrix, verdicts.links(records, labels))),
        *section("In short", *_lead(data.answer)),
        *section("What it cost", *prices(data.costs)),
        *section("Guarantees", *_guarantees(data)),
        *section("What would have been safe", *_safe(data.matrix)),
        *section("How to read this", *(Text(prose(paragraph)) for paragraph in _READING.split("\n\n"))),
        *section("Charts", *_charts(gallery)),
        *(section for kind in kinds for section in kind.sections(data)),
        *section("Not run", *trials.not_run(records, labels), *trials.refused(run)),
        *section("What ran", *ran.what_ran(run)),
        *section("Files, and the same again", Text(_FILES), ran.again(data.typed)),
    ]
    return Document(pages.REPORT, f"Delivery report: {run.get('name') or data.run_id}", tuple(body))


def _lead(found: Answer) -> Iterator[Block | None]:
    if found.broken:
        yield Bullets(found.broken)
    yield Text(joined(found.sentences, " "))
    yield tables.promises(found)
    if any("once-per-session" in each.promises for each in found.promises):
        yield Text(tables.PER_SESSION)


def _guarantees(data: Data) -> Iterator[Block]:
    if data.evidence:
        yield Text(
            (
                Reference(guarantee_page.GUARANTEES, "One table for a design review"),
                ": what each guarantee forbids, what was seen of it under which faults, how much that bounds, and what "
                "it cost.",
            )
        )


def _charts(gallery: Gallery) -> Iterator[Block]:
    yield from (picture.section for picture in gallery.of(None))
    if gallery.left_out:
        yield Text("Left out:")
        yield Bullets(gallery.left_out)


def _safe(cells: Matrix) -> Iterator[Block]:
    table = verdicts.safe_instead(cells)
    if table is not None:
        yield Text(
            "For every configuration that something went wrong with: the fewest settings to change to come to one "
            "whose rules forbid what went wrong, and which kept it in every repeat of this run under the same fault. "
            "It never promises less in anything: acks, retries, requests in flight, idempotence, patience, replicas, "
            "replicas in sync, elections, flushes. What is still allowed there may happen another time. Where the run "
            "has no such configuration, the rules name one, and nobody measured it."
        )
        yield table
