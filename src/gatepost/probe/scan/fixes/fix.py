"""The changes that are proposed for one finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from gatepost.probe.finding import Finding
from gatepost.probe.scan.edits import Change, RemoveKey, SetKey
from gatepost.probe.scan.engine import Identity, identity
from gatepost.probe.scan.fixes.problems import Place

_SHARED = {(name,) for name in ("components", "definitions", "parameters", "responses", "securityDefinitions")}
"""Where a document keeps what it refers to by name."""


class Fix(Struct, frozen=True):
    """What a rule proposes for one finding."""

    finding: Finding
    changes: tuple[Change, ...]

    @property
    def identity(self) -> Identity:
        return identity(self.finding)

    @property
    def takes_shared_away(self) -> bool:
        """Whether it only takes out what may be referred to: another fix may be about to do so."""
        return all(isinstance(each, RemoveKey) and each.place.path[:1] in _SHARED for each in self.changes)

    @property
    def places(self) -> Iterator[Place]:
        for change in self.changes:
            path = change.place.path
            yield change.place.file, (*path, change.key) if isinstance(change, SetKey) else path


def is_wanted(changes: Sequence[Change] | None, guesses: bool) -> bool:
    """Whether there is a fix, and it holds guesses only if these are wanted."""
    return bool(changes) and (guesses or not any(change.guess for change in changes or ()))
