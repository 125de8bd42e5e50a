"""Documents that share files, and all that is to be said about them at one time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gatepost.probe.finding import Finding
from gatepost.probe.scan import engine
from gatepost.probe.scan.edits import Change
from gatepost.probe.scan.engine import Document, Identity, Options, Scan, identity
from gatepost.probe.scan.fixes.problems import Place, Problem, problems
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Source
from gatepost.probe.scan.rules.rule import Rule


class State(Struct, frozen=True):
    """A family of documents as it is, or as it would be."""

    descriptions: tuple[Description, ...]
    findings: Mapping[Identity, Finding]
    changes: Mapping[Identity, tuple[Change, ...]]
    problems: Mapping[Problem, Place]

    @property
    def sources(self) -> dict[str, Source]:
        """Every file, by name."""
        return _sources(self.descriptions)

    @property
    def size(self) -> int:
        """Characters of all files."""
        return sum(len(source.text) for source in self.sources.values())


def states(scan: Scan, wanted: Iterable[Identity]) -> Iterator[State]:
    """The families of a scan that kept its changes, without those that have none of the `wanted` findings."""
    names = {name for name, _ in wanted}
    for descriptions in _families(scan.descriptions):
        files = _sources(descriptions)
        if names.isdisjoint(files):
            continue
        yield State(
            descriptions,
            {identity(finding): finding for finding in scan.findings if finding.file in files},
            {place: changes for place, changes in scan.changes.items() if place[0] in files},
            _problems(descriptions),
        )


def scanned_again(
    before: State,
    texts: Mapping[str, bytes],
    documents: Mapping[str, Document],
    options: Options,
    rules: Sequence[Rule],
) -> State:
    """The family as it would be with other texts. Raises GatepostError when that is no description any more."""
    findings: dict[Identity, Finding] = {}
    changes: dict[Identity, tuple[Change, ...]] = {}
    kept = {name: source.text.encode(source.encoding) for name, source in before.sources.items() if source.exact}
    tried = replace(options, texts={**kept, **texts})
    descriptions = []
    for former in before.descriptions:
        description = engine.read(documents[former.source.name], tried)
        description.former = former.former
        descriptions.append(description)
        for finding, proposed in engine.examine(description, rules).findings():
            if finding.actionable or identity(finding) not in findings:
                findings[identity(finding)] = finding
            if proposed:
                changes.setdefault(identity(finding), proposed)
    return State(tuple(descriptions), findings, changes, _problems(descriptions))


def renamings(before: State, after: State) -> dict[Identity, Identity]:
    """Findings that are still where they were under another name: that of a server in a list is its address."""
    places = {
        (finding.rule, finding.file, finding.pointer): each
        for each, finding in after.findings.items()
        if each not in before.findings
    }
    renamed = {}
    for each, finding in before.findings.items():
        place = finding.rule, finding.file, finding.pointer
        if each not in after.findings and place in places:
            renamed[each] = places[place]
    return renamed


def _problems(descriptions: Iterable[Description]) -> dict[Problem, Place]:
    return {problem: place for description in descriptions for problem, place in problems(description).items()}


def _sources(descriptions: Iterable[Description]) -> dict[str, Source]:
    return {source.name: source for description in descriptions for source in description.sources}


def _families(descriptions: Iterable[Description]) -> list[tuple[Description, ...]]:
    """Descriptions that share a file stand together."""
    families: list[list[Description]] = []
    family_of: dict[str, list[Description]] = {}
    for description in descriptions:
        family = [description]
        known = [family_of[source.name] for source in description.sources if source.name in family_of]
        for other in {id(each): each for each in known}.values():
            families.remove(other)
            family = [*other, *family]
        families.append(family)
        family_of.update((source.name, family) for each in family for source in each.sources)
    return [tuple(family) for family in families]
