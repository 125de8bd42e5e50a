"""What is written again at every operation has one cause, such as a generator or a framework, and is told once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.rule import Hit

MANY = 3
"""Places of one document above which a person wants to hear of the cause and not of the places."""


def joined(description: Description, hits: Iterable[Hit], message: Callable[[int], str]) -> Iterator[Hit]:
    """The hits, or one for all of them at the `paths` with the fixes of all; `message` is told how many places."""
    every = list({(id(hit.place), _bits(hit)): hit for hit in hits}.values())
    places = {id(hit.place): hit for hit in every}
    paths = description.root.get("paths")
    if len(places) <= MANY or paths is None:
        yield from every
        return
    operations = dict.fromkeys(operation for hit in every for operation in _operations(hit))
    yield Hit(
        paths,
        message(len(places)),
        tuple(operations),
        severity=max((hit.severity for hit in every if hit.severity is not None), default=None),
        fix=tuple(change for hit in places.values() for change in hit.fix),
    )


def _operations(hit: Hit) -> tuple[Operation, ...]:
    return hit.operations or ()


def _bits(hit: Hit) -> int:
    return sum({operation.bit for operation in _operations(hit)})
