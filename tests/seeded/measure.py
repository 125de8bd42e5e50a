"""How much of what was planted a scanner finds, and how much it says about what is clean."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct
from openapi_spec_validator import validate

from tests.seeded.document import parse
from tests.seeded.expectations import EXPECTED
from tests.seeded.plant import Seed, clean_documents, plant


class Said(Struct, frozen=True):
    """One finding. A scanner that gives no JSON Pointer has None there."""

    rule: str
    pointer: str | None = None
    fixable: bool = False


Findings: TypeAlias = Mapping[str, Sequence[Said]]
"""By the name of the file; a file about which nothing is said may be left out."""

Scanner: TypeAlias = Callable[[Sequence[Path]], Findings]


class Planted(Struct, frozen=True):
    """A seed and the file that it was written to."""

    document: str
    seed: Seed
    file: Path


class Outcome(Struct, frozen=True):
    """Whether a scanner found a seed, and whether it says that it can repair it."""

    planted: Planted
    found: bool
    fixable: bool = False


class Measured(Struct, frozen=True):
    """A scanner on all seeds. `noise` is what it says about the clean documents."""

    outcomes: tuple[Outcome, ...]
    noise: Findings

    def recall(self, families: Iterable[str] | None = None) -> float:
        """The part of the seeds that was found; of these families only, if any are given."""
        wanted = None if families is None else set(families)
        counted = [each for each in self.outcomes if wanted is None or each.planted.seed.family in wanted]
        return share(each.found for each in counted)

    @property
    def noise_count(self) -> int:
        """Findings on the clean documents."""
        return sum(len(said) for said in self.noise.values())

    def missed(self) -> list[Planted]:
        """The seeds that were not found."""
        return [each.planted for each in self.outcomes if not each.found]


def share(values: Iterable[bool]) -> float:
    """The part of the values that hold; 0 of none."""
    counted = list(values)
    return sum(counted) / len(counted) if counted else 0.0


def written(folder: Path, names: Iterable[str] | None = None) -> tuple[list[Path], list[Planted]]:
    """The clean documents, or those of these names, and their seeds as files."""
    clean, seeds = [], []
    documents = clean_documents()
    for name in documents if names is None else names:
        text = documents[name]
        clean.append(folder / name)
        clean[-1].write_text(text)
        stem, _, suffix = name.rpartition(".")
        for seed in plant(text):
            file = folder / f"{stem}--{seed.name}.{suffix}"
            file.write_text(seed.text)
            seeds.append(Planted(name, seed, file))
    return clean, seeds


def measure(name: str, scanner: Scanner, clean: Sequence[Path], seeds: Sequence[Planted]) -> Measured:
    """One scanner on all of it. `name` is what `expectations.py` calls it."""
    noise = {file: said for file, said in scanner(clean).items() if said}
    said = scanner([planted.file for planted in seeds])
    outcomes = []
    for planted in seeds:
        hits = meant(name, planted, said, noise)
        outcomes.append(Outcome(planted, bool(hits), any(each.fixable for each in hits)))
    return Measured(tuple(outcomes), noise)


def repaired(
    name: str, scanner: Scanner, fix: Callable[[Sequence[Path]], None], measured: Measured, folder: Path
) -> set[str]:
    """The file names of seeds that were found, are found no more once `fix` has edited a copy, and are valid then."""
    copies = [
        msgspec.structs.replace(each.planted, file=Path(shutil.copy(each.planted.file, folder)))
        for each in measured.outcomes
        if each.found
    ]
    fix([copy.file for copy in copies])
    said = scanner([copy.file for copy in copies])
    healed = [copy for copy in copies if not meant(name, copy, said, measured.noise)]
    return {copy.file.name for copy in healed if _valid(copy.file)}


def meant(name: str, planted: Planted, said: Findings, noise: Findings) -> list[Said]:
    """What is said about a seed that means its fault."""
    rules = EXPECTED[planted.seed.family].of(name)
    new = fresh(said.get(planted.file.name, ()), noise.get(planted.document, ()))
    return [each for each in new if each.rule in rules and _near(each.pointer, planted.seed)]


def fresh(said: Sequence[Said], before: Sequence[Said]) -> list[Said]:
    """What is not said about the clean document too."""
    known = {(each.rule, each.pointer) for each in before}
    return [each for each in said if (each.rule, each.pointer) not in known]


def _valid(file: Path) -> bool:
    try:
        validate(parse(file.read_text()))
    except Exception:  # noqa: BLE001 - the validator has many, and a document that breaks it is not valid
        return False
    return True


def _near(pointer: str | None, seed: Seed) -> bool:
    """In a planted place, or in what it is in; what is wrong for all operations may be told at any."""
    if pointer is None or seed.shape == "global":
        return True
    return any(_inside(pointer, place) or _inside(place, pointer) for place in seed.places)


def _inside(inner: str, outer: str) -> bool:
    return (inner + "/").startswith(outer + "/")
