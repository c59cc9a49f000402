"""Messages that were sent in two transactions, in histories written by hand."""

from __future__ import annotations

from harness.events import Ending
from harness.verify import Readings, find, find_committed

from .histories import found, log
from .test_transactions import BOTH, FAR, read_committed, two_messages

OPEN, COMMITTED, ABORTED = Ending.OPEN, Ending.COMMITTED, Ending.ABORTED


def test_a_message_that_is_seen_of_the_transaction_that_a_kill_left_open_is_aborted_visible() -> None:
    """It is sent again in the next one, which is committed, so that it may be seen once: of that one."""
    sent = two_messages(1, 1, ended=[OPEN, COMMITTED], again=[0, 1])
    twice = ((0, 0, 0, 0), (0, 2, 0, 0), (1, 0, 0, 1))
    assert found(find(Readings([sent], log(*twice), read_committed(*twice[1:])))) == {"duplicate": 1}
    findings = find(Readings([sent], log(*twice), read_committed(*twice)))
    assert found(findings) == {"duplicate": 1, "aborted_visible": 1}
    assert findings.witnesses["aborted_visible"][0]["offsets"] == [0, 2]
    unheard = two_messages(1, 1, ended=[OPEN, COMMITTED], asked=[COMMITTED, COMMITTED], again=[0, 1])
    assert found(find(Readings([unheard], log(*twice), read_committed(*twice)))) == {"duplicate": 1}, "nobody knows"


def test_one_that_was_in_two_transactions_neither_of_which_is_committed_is_seen_for_no_reason() -> None:
    sent = two_messages(1, 1, ended=[OPEN, ABORTED], again=[0, 1])
    assert found(find(Readings([sent], log(*BOTH), read_committed(*BOTH)))) == {"aborted_visible": 2}


def test_a_copy_behind_the_last_stable_offset_is_kept_back_though_another_was_aborted_before_it() -> None:
    sent = two_messages(1, 1, ended=[OPEN, COMMITTED], again=[0, 1])
    records = log((0, 0, 0, 0), (0, 5, 0, 0), (1, 0, 0, 1), (1, 5, 0, 1))
    findings, _ = find_committed(Readings([sent], records, read_committed((1, 5, 0, 1), stable=(3, FAR))))
    assert found(findings) == {"unknown_absent": 1, "hung_transaction": 1}, "neither lost nor torn"
