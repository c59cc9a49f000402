"""*hung_call*: a call of the client that had not returned when its bound was over, and was given up. What became of the
messages behind it the other checks say.

Its witnesses are calls: which, and for how many seconds it was waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.events import Anomaly
from harness.verify.checks.check import MOST_WITNESSES, Check, Found
from harness.verify.readings import GivenUp


def _find(given_up: Sequence[GivenUp]) -> Mapping[Anomaly, Found]:
    return {Anomaly.HUNG_CALL: Found(len(given_up), [vars(each) for each in given_up[:MOST_WITNESSES]])}


CHECK = Check((Anomaly.HUNG_CALL,), ("given_up",), _find)
