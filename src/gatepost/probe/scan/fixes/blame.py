"""What is wrong after fixes were tried, and which of them is to blame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.probe.scan.engine import Identity
from gatepost.probe.scan.fixes.fix import Fix
from gatepost.probe.scan.fixes.problems import Place
from gatepost.probe.scan.fixes.state import State


def wrong_things(before: State, after: State, renamed: frozenset[Identity]) -> Iterator[tuple[Place, str]]:
    """What there is now that was not there before."""
    for each, finding in after.findings.items():
        if each not in before.findings and each not in renamed and finding.actionable:
            path = tuple(step.replace("~1", "/").replace("~0", "~") for step in finding.pointer.split("/")[1:])
            yield (finding.file, path), f"it would cause {finding.rule} at {finding.pointer or '/'}"
    for problem, place in after.problems.items():
        if problem not in before.problems:
            yield place, problem.kind


class Places:
    """Which fix changes what."""

    def __init__(self, fixes: Iterable[Fix]) -> None:
        self._at: dict[Place, list[Fix]] = {}
        self._inside: dict[Place, list[Fix]] = {}
        for fix in fixes:
            for file, path in fix.places:
                self._at.setdefault((file, path), []).append(fix)
                for length in range(len(path)):
                    self._inside.setdefault((file, path[:length]), []).append(fix)

    def nearest(self, place: Place) -> list[Fix]:
        """The fixes that change something at or in a place, else those that change the least around it."""
        file, path = place
        if place in self._at or place in self._inside:
            return [*self._at.get(place, ()), *self._inside.get(place, ())]
        around = ((file, path[:length]) for length in range(len(path) - 1, -1, -1))
        return next((self._at[each] for each in around if each in self._at), [])
