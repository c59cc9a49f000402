"""Whether the gate cries wolf, and whether it sees what is there: ``python -m benchmarks.gate FOLDER [--neighbour]``.

Two arms that are alike but for what is done to the new one take turns on warm brokers, as those of ``sweep --against``
do. What a proxy on the clients' line does to it is set so that a figure becomes what it is to become, by trials made
for that alone. Each effect has real comparisons of its own. Of all pairs that were measured more comparisons are drawn:
of pairs that are alike with their arms swapped by the toss of a coin, which are alike as well, and of pairs with an
effect some at random. Real and drawn ones are counted apart. Where an effect is a loss, the same is said the other way
round as well: then it is an improvement. Records are kept in FOLDER, and what is there is not measured again.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Container, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from benchmarks.gate.effects import ALIKE, Effect, effects, line
from benchmarks.gate.real import Done, Real, pairs_of, ratio_of
from benchmarks.gate.said import Said, drawn
from harness.cli.codes import BROKEN, REGRESSED, of_comparison
from harness.compare.figures import STAGES
from harness.events import Metric
from harness.kinds import KINDS
from harness.plan import Trial
from harness.store import TrialRecord
from harness.sweep import Turn, run_in_turn

_DRAWN_ALIKE, _DRAWN_APART = 299, 59
"""So many without a miss bound it to 1 % and to 5 %, at 95 % confidence."""
_Load = Mapping[str, object]
_PACED: _Load = {"rate": 1000, "seconds": 1}
_LINES, _STEPS, _PAIRS = (0.8, 6.4), 5, 6
"""Of the search for what the line has to be: each step halves what is left of a factor of eight."""
_NEIGHBOUR = """
import os, random, time
dice, parent = random.Random(1), os.getppid()
while os.getppid() == parent:
    until = time.monotonic() + dice.uniform(2, 20)
    while time.monotonic() < until:
        pass
    time.sleep(dice.uniform(2, 20))
"""


class _Silent:
    def fetching(self, done_bytes: int, total_bytes: int) -> None: ...
    def doing(self, what: str) -> None: ...
    def starts(self, trial: Trial) -> None: ...
    def ended(self, record: TrialRecord) -> None: ...


@dataclass
class Proof:
    """All of it, one comparison after the other."""

    folder: Path
    client: str
    most: _Load
    rounds: int
    times: int
    line: float | None
    """The factor of one that leaves 0.8 of the throughput; None: it has to be found."""
    wanted: Container[str] | None
    """The names of effects; None: all of them."""
    done: Done
    real: list[Real]

    def turns(self) -> Iterator[list[Turn]]:
        """What is left to be run, with what is done in it set before each."""
        yield from self._times(ALIKE)  # first: brokers grow faster for minutes, and what a line leaves depends on it
        factor = self.line or (yield from self._line_that_leaves(0.8))
        for effect in effects(factor):
            if self.wanted is None or effect.name in self.wanted:
                yield from self._times(effect)

    def _times(self, effect: Effect) -> Iterator[list[Turn]]:
        for number in range(1 if effect.rounds else self.times):
            name = f"{effect.name.replace(' ', '-').replace(',', '')}-{number}"
            if effect.rounds:
                real = yield from self._compared(effect, name, effect.rounds, [self.most])
            else:
                real = yield from self._compared(effect, name, self.rounds, [self.most, _PACED])
                still = real.open(self.rounds, 1)
                for stage in range(1, STAGES):
                    still &= real.open(self.rounds, stage)
                    if again := real.turns((stage + 1) * self.rounds, still):
                        print(f"{name}, {len(again)} more of what those leave open", flush=True)
                        yield again
            self.real.append(real)

    def _compared(
        self, effect: Effect, name: str, rounds: int, loads: Sequence[_Load]
    ) -> Generator[list[Turn], None, Real]:
        self.done.real = real = Real.of(effect, name, self.folder, self.client, loads)
        if turns := real.turns(rounds):
            print(f"{name}, {len(turns)} trials", flush=True)
            yield turns
        return real

    def _line_that_leaves(self, share: float) -> Generator[list[Turn], None, float]:
        """Of the throughput; as a share of the bytes that a base trial's values have a second."""
        low, high = _LINES
        for _ in range(_STEPS):
            factor = math.sqrt(low * high)
            effect = Effect(f"a line of {factor:.3f}", rule=partial(line, factor))
            real = yield from self._compared(effect, f"line-{factor:.3f}", _PAIRS, [self.most])
            left = ratio_of(real, Metric.THROUGHPUT)
            print(f"a line of {factor:.3f} of the base's bytes leaves {left:.2f}", flush=True)
            low, high = (factor, high) if left < share else (low, factor)
        return math.sqrt(low * high)


def _lines(effect: Effect, real: Sequence[Real], rounds: int) -> Iterator[str]:
    """What is found of it, and what is said the other way round."""
    for figure in effect.shows:
        yield f"{effect.name}: {figure} " + ", ".join(f"{ratio_of(each, figure):.2f}" for each in real)
    for way, name in ((1, "real"), (-1, "real, the other way round")) if effect.shows else ((1, "real"),):
        yield _line_of(effect, name, [Said.of(*each.records[::way], aside=each.both.aside) for each in real], way)
    if effect.rounds:
        return
    times, pairs = _DRAWN_APART if effect.shows else _DRAWN_ALIKE, pairs_of(real)
    for way, name in ((1, "drawn"), (-1, "drawn, the other way round")) if effect.shows else ((1, "drawn"),):
        said = [drawn(pairs, rounds, number, swap=not effect.shows, way=way) for number in range(times)]
        yield _line_of(effect, name, said, way)


def _line_of(effect: Effect, name: str, said: Sequence[Said], way: int) -> str:
    outcomes = Counter(each.outcome.name.lower() for each in said)
    red = Counter(str(figure) for each in said for figure in each.regressed)
    untold = Counter(str(figure) for each in said for figure in each.untold)
    if way < 0 or effect is ALIKE:
        found = f"{sum(of_comparison(each.outcome) in (BROKEN, REGRESSED) for each in said)} alarms in {len(said)}"
    elif effect.shows:
        found = f"found {sum(bool({*effect.shows} & each.regressed) for each in said)} of {len(said)}"
    else:
        found = f"{effect.outcome.name.lower()} {outcomes[effect.outcome.name.lower()]} of {len(said)}"
    return f"{effect.name}, {name}: {found}; {dict(outcomes)}, regressed {dict(red)}, cannot tell {dict(untold)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--client", default="confluent-kafka")
    parser.add_argument("--seconds", type=float, default=2.0, help="of the load as fast as it goes")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--times", type=int, default=2, help="comparisons of each effect that are measured")
    parser.add_argument("--line", type=float, help="the factor of the line, where a search would find noise")
    names = [effect.name for effect in effects(1)]
    parser.add_argument("--effect", choices=names, action="append", help="behind equals; default: all of them")
    parser.add_argument("--neighbour", action="store_true", help="keep a core busy for half of the time")
    wanted = parser.parse_args()
    KINDS["performance"] = done = Done(KINDS["performance"])
    most = {"rate": "max", "seconds": wanted.seconds, "messages": round(750_000 * wanted.seconds)}
    proof = Proof(wanted.folder, wanted.client, most, wanted.rounds, wanted.times, wanted.line, wanted.effect, done, [])
    with _neighbour() if wanted.neighbour else contextlib.nullcontext():
        run_in_turn(proof.turns(), _Silent(), saturated=True)
    for effect, real in groupby(proof.real, key=lambda each: each.effect):
        for said in _lines(effect, [*real], wanted.rounds):
            print(said, flush=True)


@contextlib.contextmanager
def _neighbour() -> Iterator[None]:
    """Somebody else, who keeps one core busy in spells of 2 to 20 s, for half of the time."""
    busy = subprocess.Popen([sys.executable, "-c", _NEIGHBOUR])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


if __name__ == "__main__":
    main()
