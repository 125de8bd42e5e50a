"""What a run of the scanners found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from benchmarks.scan.cost import Cost
from tests.seeded.expectations import EXPECTED
from tests.seeded.measure import Measured, Outcome, share


class Row(Struct, frozen=True):
    """One scanner on the seeded set. `repaired` are names of files; None when it has nothing that repairs."""

    name: str
    title: str
    measured: Measured
    repaired: frozenset[str] | None = None

    @property
    def known(self) -> float:
        """What it found of the families for which it has a rule."""
        return self.measured.recall(family for family, expected in EXPECTED.items() if expected.of(self.name))

    def fixed(self, *, without_business: bool = False) -> float | None:
        """The part of its findings that it repaired; of those only whose repair needs no knowledge of the business."""
        if self.repaired is None:
            return None
        found = [each for each in self.measured.outcomes if each.found]
        counted = [each for each in found if not (without_business and each.planted.seed.needs_business_knowledge)]
        return share(each.planted.file.name in self.repaired for each in counted)


class Costs(Struct, frozen=True):
    """One scanner on the large document and on many small ones."""

    name: str
    title: str
    large: Cost
    small: Cost


class Bill(Struct, frozen=True):
    """What everything cost. `by_files` and `by_operations` are how Gatepost's cost grows, `start` that of nothing."""

    scanners: Sequence[Costs]
    by_files: Mapping[int, Cost]
    by_operations: Mapping[int, Cost]
    start: Cost


class Results(Struct, frozen=True):
    """One run: ours first, without and with `--strict`. What was left out is empty."""

    machine: Mapping[str, str]
    missing: Mapping[str, str]
    rows: Sequence[Row] = ()
    bill: Bill | None = None

    @property
    def seeds(self) -> Sequence[Outcome]:
        return self.rows[0].measured.outcomes if self.rows else ()
