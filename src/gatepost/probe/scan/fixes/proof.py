"""Proves fixes before they are offered: they are made in memory, and the documents are scanned again.

All fixes are tried at once. Whatever is wrong then is laid to the fix that is nearest to it; where none is near, the
fixes are divided until the guilty one stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from gatepost.errors import GatepostError
from gatepost.probe.finding import Finding
from gatepost.probe.scan.edits import Change, SetKey
from gatepost.probe.scan.engine import Document, Identity, Options, identity
from gatepost.probe.scan.fixes.editable import EditableFile
from gatepost.probe.scan.fixes.plan import Plan, same
from gatepost.probe.scan.fixes.problems import Place
from gatepost.probe.scan.fixes.refusal import Conflicting, NotEditable
from gatepost.probe.scan.fixes.rewriting import splices_of
from gatepost.probe.scan.fixes.splice import Splice, applied, composed
from gatepost.probe.scan.fixes.state import State, scanned_again
from gatepost.probe.scan.reading.node import Source
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.scan.rules.rule import Rule

MAX_TRIALS = 16
"""Scans that the proof of one family of documents may take."""

MAX_TRIED_CHARACTERS = 8 * 1024 * 1024
"""Characters that these scans may read in all, some six seconds. Two are always allowed: the second one is without
what was wrong in the first."""

MAX_ROUNDS = 3
"""Times that fixes which had to wait for others are tried after those."""

STILL_THERE = "the finding would still be there"
TOO_LONG = "it could not be told apart from others in time"


class Fix(Struct, frozen=True):
    """What a rule proposes for one finding."""

    finding: Finding
    changes: tuple[Change, ...]

    @property
    def identity(self) -> Identity:
        return identity(self.finding)

    @property
    def places(self) -> Iterator[Place]:
        for change in self.changes:
            path = change.place.path
            yield change.place.file, (*path, change.key) if isinstance(change, SetKey) else path


class Proven(Struct):
    """What holds of the fixes of one family of documents."""

    fixed: set[Identity] = field(default_factory=set)
    refused: dict[Identity, str] = field(default_factory=dict)
    """Why a fix is not offered."""
    plans: list[Plan] = field(default_factory=list)
    """What is changed, round by round; each plan counts in the text that the one before gives."""
    splices: dict[str, list[Splice]] = field(default_factory=dict)
    """What is changed in the files as they are, by name."""

    def take(self, trial: _Trial) -> None:
        """Notes a round that holds."""
        self.fixed.update(fix.identity for fix in trial.fixes)
        self.plans.append(trial.plan)
        for source, splices in trial.splices.items():
            self.splices[source.name] = composed(source.text, self.splices.get(source.name, ()), splices)


class _Trial(Struct):
    """Some fixes made together, and what is wrong then."""

    plan: Plan
    fixes: list[Fix] = field(default_factory=list)
    """Those that fit together; the others have to wait."""
    splices: Mapping[Source, list[Splice]] = field(default_factory=dict)
    after: State | None = None
    guilty: dict[Identity, str] = field(default_factory=dict)
    unexplained: str = ""

    @property
    def holds(self) -> bool:
        return not self.guilty and not self.unexplained


class Prover:
    """Proves the fixes of documents that share files.

    New findings that only `--strict` shows are let pass: what a fix adds may be short of them as what was there is.
    With `strict` they are mended as well, in a further round.
    """

    def __init__(
        self,
        documents: Mapping[str, Document],
        options: Options,
        *,
        guesses: bool = False,
        strict: bool = False,
        rules: Sequence[Rule] | None = None,
    ) -> None:
        self._documents = documents
        self._options = options
        self._guesses = guesses
        self._strict = strict
        self._rules = every_rule() if rules is None else rules
        self._files: dict[int, EditableFile] = {}
        self._trials = 0
        self._characters = 0

    def prove(self, state: State, wanted: Iterable[Identity]) -> Proven:
        """Tries the fixes of the `wanted` findings, the most wanted first."""
        proven = Proven()
        left = list(wanted)
        known = state.findings.keys()
        for _ in range(MAX_ROUNDS):
            fixes = [
                Fix(state.findings[each], state.changes[each])
                for each in left
                if is_wanted(state.changes.get(each), self._guesses)
            ]
            trial = self._largest(state, fixes, proven.refused)
            if trial is None or trial.after is None:
                break
            proven.take(trial)
            state = trial.after
            caused = [each for each in state.findings if each not in known] if self._strict else []
            left = [each for each in (*left, *caused) if each not in proven.refused and each in state.findings]
        return proven

    def _largest(self, state: State, fixes: Sequence[Fix], refused: dict[Identity, str]) -> _Trial | None:
        """The trial of all fixes that hold together; the others are refused."""
        best: _Trial | None = None
        accepted: list[Fix] = []
        waiting = [list(fixes)]
        while waiting:
            group = waiting.pop()
            if not group:
                continue
            if not self._may_try(state):
                refused.update((fix.identity, TOO_LONG) for fix in group)
                continue
            trial = self._try(state, [*accepted, *group])
            if trial.holds:
                best, accepted = trial, [*accepted, *group]
                continue
            guilty = {fix.identity: trial.guilty[fix.identity] for fix in group if fix.identity in trial.guilty}
            if not guilty and len(group) == 1:
                guilty = {group[0].identity: trial.unexplained or next(iter(trial.guilty.values()))}
            refused.update(guilty)
            half = (len(group) + 1) // 2
            waiting += (
                [[fix for fix in group if fix.identity not in guilty]] if guilty else [group[half:], group[:half]]
            )
        return best if best is not None and best.fixes else None

    def _may_try(self, state: State) -> bool:
        self._trials += 1
        self._characters += state.size
        return self._trials <= 2 or (self._trials <= MAX_TRIALS and self._characters <= MAX_TRIED_CHARACTERS)

    def _try(self, state: State, fixes: Sequence[Fix]) -> _Trial:
        trial = _Trial(Plan(self._files))
        for fix in fixes:
            try:
                trial.plan.add(fix.changes)
                trial.fixes.append(fix)
            except Conflicting:
                continue
            except NotEditable as reason:
                trial.guilty[fix.identity] = str(reason)
        if trial.guilty:
            return trial
        try:
            trial.splices = splices_of(trial.plan)
            trial.after = scanned_again(state, _texts(trial.splices), self._documents, self._options, self._rules)
        except (NotEditable, GatepostError) as reason:
            trial.unexplained = str(reason)
            return trial
        self._judge(trial, state, trial.after)
        return trial

    def _judge(self, trial: _Trial, before: State, after: State) -> None:
        sources = after.sources
        for source in trial.splices:
            if not same(sources[source.name].root.plain(), trial.plan.after(source.root)):
                trial.unexplained = "the text would say something else"
        for fix in trial.fixes:
            if fix.identity in after.findings:
                trial.guilty[fix.identity] = STILL_THERE
        places = _Places(trial.fixes)
        for place, reason in _wrong(before, after):
            nearest = places.nearest(place)
            trial.guilty.update((fix.identity, reason) for fix in nearest)
            if not nearest:
                trial.unexplained = reason


class _Places:
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


def is_wanted(changes: Sequence[Change] | None, guesses: bool) -> bool:
    """Whether there is a fix, and it holds guesses only if these are wanted."""
    return bool(changes) and (guesses or not any(change.guess for change in changes or ()))


def _wrong(before: State, after: State) -> Iterator[tuple[Place, str]]:
    """What there is now that was not there before."""
    for each, finding in after.findings.items():
        if each not in before.findings and finding.actionable:
            path = tuple(step.replace("~1", "/").replace("~0", "~") for step in finding.pointer.split("/")[1:])
            yield (finding.file, path), f"it would cause {finding.rule} at {finding.pointer or '/'}"
    for problem, place in after.problems.items():
        if problem not in before.problems:
            yield place, problem.kind


def _texts(splices: Mapping[Source, Sequence[Splice]]) -> dict[str, bytes]:
    return {
        source.name: applied(source.text, of_source).encode(source.encoding) for source, of_source in splices.items()
    }
