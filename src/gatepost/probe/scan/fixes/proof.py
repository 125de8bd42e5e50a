"""Proves fixes before they are offered: they are made in memory, and the documents are scanned again.

All fixes are tried at once. Whatever is wrong then is laid to the fix that is nearest to it; where none is near, the
fixes are divided until the guilty one stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from gatepost.errors import GatepostError
from gatepost.probe.scan.engine import Document, Identity, Options
from gatepost.probe.scan.fixes.blame import Places, wrong_things
from gatepost.probe.scan.fixes.editable import EditableFile
from gatepost.probe.scan.fixes.fix import Fix, is_wanted
from gatepost.probe.scan.fixes.plan import Plan, same
from gatepost.probe.scan.fixes.refusal import Conflicting, NotEditable
from gatepost.probe.scan.fixes.rewriting import splices_of
from gatepost.probe.scan.fixes.splice import Splice, applied, composed
from gatepost.probe.scan.fixes.state import State, renamings, scanned_again
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


class Proven(Struct):
    """What holds of the fixes of one family of documents."""

    fixed: frozenset[Identity] = frozenset()
    """The wanted findings that are gone in the end."""
    refused: dict[Identity, str] = field(default_factory=dict)
    """Why a fix is not offered."""
    plans: list[Plan] = field(default_factory=list)
    """What is changed, round by round; each plan counts in the text that the one before gives."""
    splices: dict[str, list[Splice]] = field(default_factory=dict)
    """What is changed in the files as they are, by name."""

    def take(self, trial: _Trial) -> None:
        """Notes a round that holds."""
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
    suspected: set[Identity] = field(default_factory=set)
    """One of them, or several together, do what is wrong."""
    unexplained: str = ""
    """What is wrong without a fix that must have done it."""

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
        """Tries the fixes of the `wanted` findings, the most wanted first; those of other families are passed over."""
        proven = Proven()
        names = {each: each for each in wanted if each in state.findings}
        known = state.findings.keys()
        refused: dict[Identity, str] = {}
        for _ in range(MAX_ROUNDS):
            caused = [each for each in state.findings if each not in known] if self._strict else []
            fixes = self._next(state, [each for each in (*names.values(), *caused) if each not in refused])
            if not fixes:
                break
            trial = self._largest(state, fixes, refused)
            if trial is not None and trial.after is not None:
                proven.take(trial)
                renamed = renamings(state, trial.after)
                names = {first: renamed.get(name, name) for first, name in names.items()}
                refused |= {renamed[name]: reason for name, reason in refused.items() if name in renamed}
                state = trial.after
        proven.fixed = frozenset(first for first, name in names.items() if name not in state.findings)
        proven.refused = {first: refused[name] for first, name in names.items() if name in refused}
        return proven

    def _next(self, state: State, left: Iterable[Identity]) -> list[Fix]:
        """What is tried next: first everything but the removal of what others may come to need."""
        fixes = [
            Fix(state.findings[each], state.changes[each])
            for each in left
            if each in state.findings and is_wanted(state.changes.get(each), self._guesses)
        ]
        return [fix for fix in fixes if not fix.takes_shared_away] or fixes

    def _largest(self, state: State, fixes: Sequence[Fix], refused: dict[Identity, str]) -> _Trial | None:
        """The trial of all fixes that hold together; the others are refused."""
        best: _Trial | None = None
        accepted: list[Fix] = []
        waiting = [list(fixes)]
        while waiting:
            group = waiting.pop()
            if not self._may_try(state):
                refused.update((fix.identity, TOO_LONG) for fix in group)
                continue
            trial = self._try(state, [*accepted, *group])
            if trial.holds:
                best, accepted = trial, [*accepted, *group]
                continue
            waiting += reversed(_divided(group, trial, refused))
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
        renamed = renamings(before, after)
        for fix in trial.fixes:
            if fix.identity in after.findings or fix.identity in renamed:
                trial.guilty[fix.identity] = STILL_THERE
        places = Places(trial.fixes)
        for place, reason in wrong_things(before, after, frozenset(renamed.values())):
            nearest = places.nearest(place)
            if len(nearest) == 1:
                trial.guilty[nearest[0].identity] = reason
            else:
                trial.suspected.update(fix.identity for fix in nearest)
                trial.unexplained = reason


def _divided(group: Sequence[Fix], trial: _Trial, refused: dict[Identity, str]) -> list[list[Fix]]:
    """What is tried after a trial that does not hold: without the guilty; else in parts, the unsuspected first."""
    guilty = {fix.identity: trial.guilty[fix.identity] for fix in group if fix.identity in trial.guilty}
    if not guilty and len(group) == 1:
        guilty = {group[0].identity: trial.unexplained or next(iter(trial.guilty.values()))}
    refused.update(guilty)
    suspected = trial.suspected | guilty.keys()
    innocent = [fix for fix in group if fix.identity not in suspected]
    rest = [fix for fix in group if fix.identity in trial.suspected and fix.identity not in guilty]
    if not guilty and not (innocent and rest):
        half = (len(group) + 1) // 2
        innocent, rest = list(group[:half]), list(group[half:])
    return [part for part in ([[*innocent, *rest]] if guilty else [innocent, rest]) if part]


def _texts(splices: Mapping[Source, Sequence[Splice]]) -> dict[str, bytes]:
    return {
        source.name: applied(source.text, of_source).encode(source.encoding) for source, of_source in splices.items()
    }
