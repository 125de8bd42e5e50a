"""Runs the rules over descriptions."""

from __future__ import annotations

import os
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
from gatepost.probe.scan.reading.library import Access, Library, read_named_file
from gatepost.probe.scan.reading.node import Fault, Source
from gatepost.probe.scan.reading.remote import Fetch, Fetcher, refuse
from gatepost.probe.scan.reading.source_text import decode
from gatepost.probe.scan.reading.versions import NEWEST, Version, declared, version_of
from gatepost.probe.scan.reading.yaml_reader import read as parse
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
    optional: bool = False
    """Whether it is passed over when it turns out to be no description."""


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

    changes: bool = False
    """Whether what rules propose to change is kept, with every node of the documents."""

    def fetch(self) -> Fetch:
        """How references to URLs are opened; bounded for one description."""
        return Fetcher(EgressRules.parse(self.allow_networks)) if self.allow_remote else refuse


Identity = tuple[str, str]
"""File and fingerprint: the fingerprint alone leaves out the folder."""


def identity(finding: Finding) -> Identity:
    """What tells a finding apart from all others of a scan."""
    return finding.file, finding.fingerprint


class Scan(Struct, frozen=True):
    """What came out of looking at some documents."""

    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    """Also those that are not actionable; the worst first."""
    changes: Mapping[Identity, tuple[Change, ...]]
    """What rules propose; only with `Options.changes`."""
    descriptions: tuple[Description, ...]
    """The documents as they were read; only with `Options.changes`."""
    sources: Mapping[str, str]
    """The text of every file that was read, by name."""
    operations: int
    """How many were looked at."""
    former: tuple[Finding, ...] = ()
    """What was found in the document that this one is compared with."""
    failures: tuple[str, ...] = ()
    """Rules that could not be run to their end, and why: defects of theirs, not of the document."""


def scan(
    documents: Iterable[Document],
    options: Options | None = None,
    *,
    rules: Sequence[Rule] | None = None,
    since: Document | None = None,
    progress: Callable[[int], None] | None = None,
) -> Scan:
    """Runs `rules`, by default all, over each document; `progress` is told how many are done.

    `since` is how the documents looked before, for rules that compare. Raises InvalidInput, NotFound or TooLarge for
    what is no description; what is merely broken is scanned as far as it can be read, and the breaks are findings.
    """
    collected = _Collected(options or Options(), every_rule() if rules is None else rules)
    for number, document in enumerate(documents, start=1):
        collected.add(document, since)
        if progress is not None:
            progress(number)
    return collected.scan()


class _Collected:
    """What was found so far. Files that several descriptions share are told once."""

    def __init__(self, options: Options, rules: Sequence[Rule]) -> None:
        self._options = options
        self._rules = rules
        self._names: list[str] = []
        self._descriptions: list[Description] = []
        self._findings: dict[Identity, Finding] = {}
        self._changes: dict[Identity, tuple[Change, ...]] = {}
        self._sources: dict[str, str] = {}
        self._operations = 0
        self._former: list[Finding] = []
        self._failures: list[str] = []

    def add(self, document: Document, since: Document | None) -> None:
        try:
            description = read(document, self._options)
        except InvalidInput:
            if document.optional:
                return
            raise
        if since is not None:  # under the same name, which is part of what makes findings the same
            description.former = read(replace(since, name=document.name), self._options)
            self._former.extend(finding for finding, _ in examine(description.former, self._rules).findings())
        self._names.append(document.name)
        if self._options.changes:
            self._descriptions.append(description)
        self._operations += len(description.every_operation)
        self._sources.update((source.name, source.text) for source in (*description.sources, *description.overlays))
        grouping = examine(description, self._rules)
        self._failures.extend(grouping.failures)
        for finding, changes in grouping.findings():
            key = identity(finding)
            known = self._findings.get(key)
            self._findings[key] = finding if known is None else _joined(known, finding)
            if changes and self._options.changes:
                self._changes.setdefault(key, changes)

    def scan(self) -> Scan:
        return Scan(
            documents=tuple(self._names),
            findings=in_order(self._findings.values()),
            changes=self._changes,
            descriptions=tuple(self._descriptions),
            sources=self._sources,
            operations=self._operations,
            former=tuple(self._former),
            failures=tuple(self._failures),
        )


def read(document: Document, options: Options) -> Description:
    """The description that a document holds, with all that it refers to. Raises InvalidInput, NotFound or TooLarge."""
    library = Library(Access(document.folder, options.fetch(), options.texts))
    source = library.add(document.name, document.data, document.location)
    version = _version(source)
    overlays = [_apply_overlay(path, source, options) for path in options.overlays]
    library.resolve()
    return Description(source, version, library.sources, tuple(overlays))


def _apply_overlay(path: Path, source: Source, options: Options) -> Source:
    from gatepost.probe.scan.reading import overlay as overlays  # noqa: PLC0415 - JSONPath loads slowly, few need it

    name = str(path)
    overlay = decode(name, options.texts.get(name) or read_named_file(path, name), os.path.realpath(path))
    parse(overlay)
    overlay.faults.extend(overlays.apply(overlay, source))
    return overlay


def examine(description: Description, rules: Iterable[Rule]) -> Grouping:
    """Runs `rules` over one description."""
    grouping = Grouping(description)
    for rule in rules:
        grouping.run(rule)
    return grouping


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
