"""What clients said where they could not end a transaction as they were asked to, and in which protocol they asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.report.blocks import Block, Table, Text, Words
from harness.report.data import Data
from harness.store import TrialRecord
from harness.words import listed

_HUNG = dict.fromkeys(("commit_transaction", "abort_transaction"), "nothing: the call did not return")
"""By the name of a call, which stands for an error where it did not return."""
_KIP_890 = 5
"""The version of EndTxn that came with the second part of KIP-890: every transaction has an epoch of its own."""


def told(records: Sequence[TrialRecord], data: Data) -> Iterator[Block]:
    """Of trials with transactions; nothing if none ran."""
    ran = [record for record in records if record.transactions is not None]
    if not ran:
        return
    name = data.labels.client
    if spoken := sorted({(name(record), made.end_txn) for record in ran if (made := record.transactions)}, key=str):
        said = [f"{client} {version}" for client, version in spoken if version is not None]
        newest = max((version for _, version in spoken if version is not None), default=0)
        which = "" if newest >= _KIP_890 else f": the protocol before KIP-890's second part, which is {_KIP_890}"
        if said:
            yield Text(f"Transactions are ended with EndTxn of version: {listed(said)}{which}.")
    rows = list(_rows(ran, data))
    if rows:
        yield Text("What a client said where it did not end a transaction as it was asked to, by its own name:")
        yield Table(("Fault", "Client", "Asked to", "It said", "Transactions", "Trials"), rows, slice(4, 6))


def _rows(records: Sequence[TrialRecord], data: Data) -> Iterator[list[Words]]:
    counts: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for record in records:
        assert record.transactions is not None
        for each in record.transactions.failed:
            said = _HUNG.get(each.error, each.error)
            if each.call == "commit" and each.error == "abort_transaction":
                said = "that it has to be aborted, and the abort did not return"
            counts[data.labels.fault(record), data.labels.client(record), each.call, said].append(each.count)
    for (fault, client, call, said), each_trial in sorted(counts.items()):
        yield [fault, client, call, said, str(sum(each_trial)), str(len(each_trial))]
