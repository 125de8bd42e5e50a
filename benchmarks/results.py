"""What a run found, as one document."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from benchmarks.fanout_measure import Fanned
from benchmarks.fanout_rows import FANOUT_ROWS, FanOutRow
from benchmarks.headline import Headline
from benchmarks.peer_rows import PEER_ROWS
from gatepost.cli.loadtest.figures import Spread, ratios, spread
from gatepost.cli.loadtest.measure import Measured
from gatepost.cli.loadtest.rows import GATEPOST, Row


class Results(Struct, frozen=True):
    """Measurements by the name of their row, in order of rounds; and the peers that this machine could not run."""

    machine: dict[str, str]
    rounds: int
    seconds: float
    rows: dict[str, list[Measured]]
    missing: dict[str, str]
    headlines: list[Headline]
    fan_outs: dict[str, list[Fanned]] = {}

    def measured(self) -> list[Row]:
        """The rows of this run, ours first."""
        return [row for row in (*GATEPOST, *PEER_ROWS) if row.name in self.rows]

    def fanned(self) -> list[FanOutRow]:
        return [row for row in FANOUT_ROWS if row.name in self.fan_outs]

    @property
    def lost(self) -> int:
        """Accepted notifications that never arrived, in the whole run."""
        measured = (each for row in self.rows.values() for each in row)
        return sum(each.lost for each in measured) + sum(headline.lost for headline in self.headlines)

    def sick(self) -> list[Row]:
        """Peers that did not reach what they reach on any machine worth measuring on: something is wrong with them."""
        return [row for row in self.measured() if self.per_s(row.name).median < row.expected_per_s]

    def per_s(self, name: str) -> Spread:
        return spread([each.per_s for each in self.rows[name]])

    def ratio(self, ours: str, theirs: str) -> Spread | None:
        """How many times the deliveries of a peer ours are, round by round; None when one was not measured."""
        if ours not in self.rows or theirs not in self.rows:
            return None
        return ratios(*([each.per_s for each in self.rows[name]] for name in (ours, theirs)))

    def fan_out_ratio(self, ours: str, theirs: str, value: Callable[[Fanned], float]) -> Spread | None:
        """How many times a value of theirs ours is, round by round; None when one was not measured."""
        if ours not in self.fan_outs or theirs not in self.fan_outs:
            return None
        return ratios(*([value(each) for each in self.fan_outs[name]] for name in (ours, theirs)))
