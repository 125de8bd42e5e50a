"""The document itself: what a machine cannot read, nobody enforces."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gatepost.probe.finding import Severity
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.rule import Check, Hit, Rule, rule

_GOOD = "paths: {/a: {get: {responses: {}}}}"


def _told_by_reader(kind: str) -> Check:
    """A check that tells the faults of one kind; they were found when the document was read."""

    def check(description: Description) -> Iterator[Hit]:
        for fault in description.faults:
            if fault.kind == kind:
                yield Hit(fault.place, fault.message, detail=fault.message)

    return check


def _document_rule(
    kind: str, title: str, severity: Severity, why: str, remediation: str, bad: str | tuple[str, ...]
) -> Rule:
    decorate: Callable[[Check], Rule] = rule(
        kind,
        title=title,
        severity=severity,
        owasp="API9:2023",
        cwe=1059,
        why=why,
        exploited="What a gateway or a generator leaves out of the document, it leaves unprotected in the API.",
        remediation=remediation,
        good=_GOOD,
        bad=bad,
    )
    return decorate(_told_by_reader(kind))


syntax = _document_rule(
    "document-syntax",
    title="A part of the document cannot be read",
    severity=Severity.MEDIUM,
    why="Tools stop here, or read on and understand something else; what follows may never have been checked.",
    remediation="Correct the text at this place.",
    bad='info: {title: a\nopenapi: "3.1.0"\n"a: b',
)

encoding = _document_rule(
    "document-encoding",
    title="The text holds bytes or characters that may not be there",
    severity=Severity.LOW,
    why="Readers replace such bytes, each in its own way: names that look alike are then different, or the reverse.",
    remediation="Save the file as UTF-8, without control characters.",
    bad="paths: {}\nx-note: 'a\x01b'",
)

duplicate_key = _document_rule(
    "document-duplicate-key",
    title="A key is there twice",
    severity=Severity.MEDIUM,
    why="One reader takes the first, another the last: the document that was reviewed is not the one that is enforced.",
    remediation="Remove the entry that does not apply.",
    bad="paths: {}\nsecurity: [{key: []}]\nsecurity: []",
)

limit = _document_rule(
    "document-limit",
    title="A part of the document is beyond all bounds",
    severity=Severity.LOW,
    why="Nobody checks what no reader can hold.",
    remediation="Write it flatter, or move parts of it into components.",
    bad=f"x-deep: {'[' * 300}{']' * 300}",
)

broken_ref = _document_rule(
    "document-broken-ref",
    title="A reference leads nowhere",
    severity=Severity.MEDIUM,
    why="What it should have brought, such as a schema that input is checked against, is missing.",
    remediation="Correct the reference, or add what it names.",
    bad="paths: {/a: {$ref: '#/components/pathItems/gone'}}",
)

outside_ref = _document_rule(
    "document-outside-ref",
    title="A reference leads out of the folder of the document",
    severity=Severity.LOW,
    why="It was not opened: a document of somebody else must not make a scanner read files of this machine.",
    remediation="Name a folder that holds all files with --ref-root, or bring the file into the folder.",
    bad="paths: {/a: {$ref: 'file:///etc/passwd'}}",
)

remote_ref = _document_rule(
    "document-remote-ref",
    title="A reference to another machine was not followed",
    severity=Severity.INFO,
    why="What stands there was not looked at, and may be another thing tomorrow.",
    remediation="Allow it with --allow-remote if you trust it, or keep a copy beside the document.",
    bad="paths: {/a: {$ref: 'https://example.com/paths.yaml'}}",
)

version = _document_rule(
    "document-version",
    title="The version of the standard is not known",
    severity=Severity.INFO,
    why="It was read as the newest version that is known; what is new in it was not looked at.",
    remediation="Correct `openapi`, or scan with a newer Gatepost.",
    bad="openapi: 3.9.0\ninfo: {title: a, version: '1'}\npaths: {}",
)


overlay = _document_rule(
    "document-overlay",
    title="An action of the overlay does nothing",
    severity=Severity.LOW,
    why="What it was meant to correct is as it was.",
    remediation="Correct its target, or remove the action.",
    bad=(),
)
