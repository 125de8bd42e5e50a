"""Runs the rules over descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from gatepost.errors import InvalidInput
from gatepost.guard.egress import EgressRules
from gatepost.probe.finding import Finding
from gatepost.probe.report import in_order
from gatepost.probe.scan.edits import Change
from gatepost.probe.scan.grouping import Grouping
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.library import Access, Library
from gatepost.probe.scan.reading.node import Fault, Source
from gatepost.probe.scan.reading.remote import Fetch, Fetcher, refuse
from gatepost.probe.scan.reading.versions import NEWEST, Version, declared, version_of
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.scan.rules.rule import Rule


class Document(Struct, frozen=True):
    """One description to scan: the bytes of its first file, and where they came from."""

    name: str
    """What reports call it."""
    data: bytes
    location: str = ""
    """Its real path or URL; empty for one that came from neither: then its references to files lead nowhere."""
    folder: Path | None = None
    """The tree in which its references may open files."""


class Options(Struct, frozen=True):
    """How to scan."""

    allow_remote: bool = False
    """Whether references may be fetched over http(s), from global addresses."""
    allow_networks: tuple[str, ...] = ()
    """Further networks, such as `10.0.0.0/8`, that may be fetched from."""
    overlays: tuple[Path, ...] = ()
    """Overlay documents that are applied before anything is looked at."""
    texts: Mapping[str, bytes] = field(default_factory=dict)
    """Contents that count instead of those of the files of these names: how a fix is tried before it is written."""

    def fetch(self) -> Fetch:
        """How references to URLs are opened; bounded for one description."""
        return Fetcher(EgressRules.parse(self.allow_networks)) if self.allow_remote else refuse


class Scan(Struct, frozen=True):
    """What came out of looking at some documents."""

    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    """Also those that are not actionable; the worst first."""
    changes: Mapping[str, tuple[Change, ...]]
    """What rules propose, by fingerprint."""
    sources: Mapping[str, Source]
    """Every file that was read, by name."""
    operations: int
    """How many were looked at."""


def scan(
    documents: Iterable[Document],
    options: Options | None = None,
    *,
    rules: Sequence[Rule] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Scan:
    """Runs `rules`, by default all, over each document; `progress` is told how many are done.

    Raises InvalidInput or TooLarge for what is no description. What is merely broken is scanned as far as it can be
    read, and the breaks are findings too.
    """
    options = options or Options()
    rules = every_rule() if rules is None else rules
    names: list[str] = []
    findings: dict[str, Finding] = {}
    changes: dict[str, tuple[Change, ...]] = {}
    sources: dict[str, Source] = {}
    operations = 0
    for number, document in enumerate(documents, start=1):
        description = read(document, options)
        names.append(document.name)
        operations += len(description.every_operation)
        sources.update((source.name, source) for source in description.sources)
        for finding, change in examine(description, rules):
            known = findings.get(finding.fingerprint)
            findings[finding.fingerprint] = finding if known is None else _joined(known, finding)
            changes.setdefault(finding.fingerprint, change)
        progress(number)
    changes = {name: change for name, change in changes.items() if change}
    return Scan(tuple(names), in_order(findings.values()), changes, sources, operations)


def read(document: Document, options: Options) -> Description:
    """The description that a document holds, with all that it refers to. Raises InvalidInput or TooLarge."""
    library = Library(Access(document.folder, options.fetch(), options.texts))
    source = library.add(document.name, document.data, document.location)
    version = _version(source)
    library.resolve()
    return Description(source, version, library.sources)


def examine(description: Description, rules: Iterable[Rule]) -> list[tuple[Finding, tuple[Change, ...]]]:
    """What `rules` find in one description, each with the changes that are proposed."""
    grouping = Grouping(description)
    for rule in rules:
        for hit in rule(description):
            grouping.add(rule, hit)
    return list(grouping.findings())


def _version(source: Source) -> Version:
    text = declared(source.root)
    if text is None:
        raise InvalidInput(f"{source.name} is no OpenAPI document: it has neither `openapi` nor `swagger`")
    version = version_of(text)
    if version is not None:
        return version
    if not text.startswith("3."):
        raise InvalidInput(f"{source.name} is of version {text[:20]!r}; 2.0 and 3.0 to {NEWEST.name} are understood")
    source.faults.append(
        Fault("document-version", f"{text[:20]} was read as {NEWEST.name}", source, 0, source.root.at("openapi"))
    )
    return NEWEST


def _joined(known: Finding, again: Finding) -> Finding:
    """The same finding in a file that several descriptions share."""
    operations = tuple(dict.fromkeys((*known.operations, *again.operations)))
    return replace(
        min(known, again, key=lambda each: each.rank),
        operations=operations,
        actionable=known.actionable or again.actionable,
    )
