"""Takes a clean document and plants one misconfiguration at a time.

Nothing here knows the scanner: a seed says which family of finding is expected, and `expectations.py` which rules of
which scanner belong to the family.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from msgspec import Struct

from tests.seeded.document import Document, Pointer, text_of
from tests.seeded.families.all import FAMILIES
from tests.seeded.fault import Family, Fault, Shape, planted

DOCUMENTS = Path(__file__).resolve().parent / "documents"

PER_SHAPE = 1
"""Seeds of one family and shape in one document. Which place is taken differs from document to document."""


class Seed(Struct, frozen=True):
    """A document with one fault. `places` are JSON Pointers (RFC 6901), that of the fault itself first."""

    name: str
    family: str
    owasp: str
    version: str
    shape: Shape
    text: str
    places: tuple[str, ...]
    needs_business_knowledge: bool

    @property
    def where(self) -> str:
        """The place of the fault."""
        return self.places[0]


def clean_documents() -> dict[str, str]:
    """The text of each clean document, by file name."""
    return {file.name: file.read_text() for file in sorted(DOCUMENTS.iterdir()) if file.suffix in (".yaml", ".json")}


def plant(text: str, per_shape: int = PER_SHAPE) -> Iterator[Seed]:
    """Every seed of a document, always the same and in the same order."""
    document = Document(text)
    for family in FAMILIES:
        for shape, faults in _by_shape(family, document).items():
            start = crc32(f"{document.tree['info']['title']} {family.name} {shape}".encode())
            for number, fault in enumerate(_spread(faults, start, per_shape), 1):
                yield _seed(document, family, fault, f"{family.name}-{shape}-{number}")


def _by_shape(family: Family, document: Document) -> dict[Shape, list[Fault]]:
    found: dict[Shape, dict[tuple[tuple[Pointer, ...], str], Fault]] = {}
    for fault in family.plant(document):
        key = tuple(edit.pointer for edit in fault.edits), repr(fault.edits[0].value)
        found.setdefault(fault.shape, {}).setdefault(key, fault)
    return {shape: list(faults.values()) for shape, faults in found.items()}


def _spread(faults: list[Fault], start: int, count: int) -> Iterator[Fault]:
    taken = min(count, len(faults))
    for number in range(taken):
        yield faults[(start + number * len(faults) // taken) % len(faults)]


def _seed(document: Document, family: Family, fault: Fault, name: str) -> Seed:
    business = family.business if fault.business is None else fault.business
    return Seed(
        name=name,
        family=family.name,
        owasp=family.owasp,
        version=document.version,
        shape=fault.shape,
        text=document.write(planted(document.tree, fault.edits)),
        places=tuple(dict.fromkeys(text_of(edit.pointer) for edit in fault.edits)),
        needs_business_knowledge=business,
    )
