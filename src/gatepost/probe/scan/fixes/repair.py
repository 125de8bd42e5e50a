"""From a scan to fixes that hold: which findings they end, and what becomes of the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gatepost.probe.finding import Edit, Finding
from gatepost.probe.report import Report
from gatepost.probe.scan.engine import Document, Identity, Options, Scan, identity
from gatepost.probe.scan.fixes.editable import EditableFile
from gatepost.probe.scan.fixes.fix import is_wanted
from gatepost.probe.scan.fixes.plan import Plan
from gatepost.probe.scan.fixes.proof import Prover
from gatepost.probe.scan.fixes.refusal import Conflicting, NotEditable
from gatepost.probe.scan.fixes.rewriting import edits_of
from gatepost.probe.scan.fixes.splice import Splice
from gatepost.probe.scan.fixes.state import states
from gatepost.probe.scan.reading.node import Source
from gatepost.probe.scan.rules.rule import Rule

UNASKED_LIMIT = 1024 * 1024
"""Characters of documents whose fixes are proved although nobody asked for them, about a second of work."""


class FileRepair(Struct, frozen=True):
    """What becomes of one file."""

    source: Source
    splices: Sequence[Splice]
    plans: Sequence[Plan]
    """The same as changes, round by round."""


class Repair(Struct, frozen=True):
    """Fixes, proved together."""

    fixed: frozenset[Identity]
    refused: Mapping[Identity, str]
    edits: Mapping[Identity, tuple[Edit, ...]]
    """What each fix alone changes."""
    files: tuple[FileRepair, ...]
    unproved: tuple[str, ...] = ()
    """Files that are too large to be proved unasked."""

    def of(self, finding: Finding) -> Finding:
        """The finding with its fix, unless that does not hold."""
        key = identity(finding)
        is_offered = key in self.fixed or (finding.file in self.unproved and key in self.edits)
        return replace(finding, fixable=is_offered, edits=self.edits[key] if is_offered else ())

    def ends(self, finding: Finding) -> bool:
        """Whether the finding is gone when the fixes are made."""
        return identity(finding) in self.fixed

    def notes(self, findings: Iterable[Finding]) -> tuple[str, ...]:
        """Why fixes of these findings are not offered."""
        counts: Counter[tuple[str, str]] = Counter()
        first: dict[tuple[str, str], Finding] = {}
        for finding in findings:
            if identity(finding) in self.refused and not self.ends(finding):
                key = finding.rule, self.refused[identity(finding)]
                counts[key] += 1
                first.setdefault(key, finding)
        late = (f"the fixes of {name} were not proved: --fix, --patch and the like do that" for name in self.unproved)
        return *(_note(first[key], key[1], count) for key, count in counts.items()), *late


def repair(
    scan: Scan,
    findings: Iterable[Finding],
    documents: Iterable[Document],
    options: Options,
    *,
    guesses: bool = False,
    strict: bool = False,
    limit: int | None = None,
    rules: Sequence[Rule] | None = None,
) -> Repair:
    """Proves the fixes of `findings`, which come from `scan`, those that hold guesses only if these are wanted.

    Documents of more than `limit` characters are left unproved. `rules` are those of the scan, by default all.
    """
    by_name = {document.name: document for document in documents}
    wanted = [key for finding in findings if is_wanted(scan.changes.get(key := identity(finding)), guesses)]
    edits, refused = _one_by_one(scan, wanted)
    fixed: set[Identity] = set()
    files: list[FileRepair] = []
    unproved: list[str] = []
    for state in states(scan, edits):
        sources = state.sources
        if limit is not None and state.size > limit:
            unproved += sources
            continue
        prover = Prover(by_name, options, guesses=guesses, strict=strict, rules=rules)
        proven = prover.prove(state, [each for each in wanted if each in edits])
        fixed |= proven.fixed
        refused |= proven.refused
        files += [FileRepair(sources[name], splices, proven.plans) for name, splices in proven.splices.items()]
    return Repair(frozenset(fixed), refused, edits, tuple(files), tuple(unproved))


def explained(report: Report, repair: Repair) -> Report:
    """The report with the fixes that hold, and why the others do not."""
    findings = tuple(repair.of(finding) for finding in report.findings)
    return replace(report, findings=findings, notes=(*report.notes, *repair.notes(report.findings)))


def _one_by_one(scan: Scan, wanted: Iterable[Identity]) -> tuple[dict[Identity, tuple[Edit, ...]], dict[Identity, str]]:
    """What each fix alone changes, or why it cannot be written."""
    files: dict[int, EditableFile] = {}
    edits: dict[Identity, tuple[Edit, ...]] = {}
    refused: dict[Identity, str] = {}
    for each in wanted:
        plan = Plan(files)
        try:
            plan.add(scan.changes[each])
            edits[each] = edits_of(plan)
        except NotEditable as reason:
            refused[each] = str(reason)
        except Conflicting:
            refused[each] = "its changes contradict one another"
    return edits, refused


def _note(finding: Finding, reason: str, count: int) -> str:
    where = f"{finding.file}:{finding.line}"
    if count == 1:
        return f"the fix of {finding.rule} at {where} is not offered: {reason}"
    return f"{count} fixes of {finding.rule}, the first at {where}, are not offered: {reason}"
