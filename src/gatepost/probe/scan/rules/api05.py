"""API5:2023, broken function level authorization: who may call which function."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, ReplaceValue
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.audience import is_signing_in, only_asks
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.vocabulary import (
    ADMINISTRATION,
    ASKS,
    CHANGES,
    DIAGNOSTICS,
    NOT_FOR_CALLERS,
    READS,
)
from gatepost.probe.scan.rules.words import literals_of, words_of
from gatepost.probe.scan.security import Requirement

_SCOPES = """
components:
  securitySchemes:
    login:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: https://a.example/t, scopes: {"a:read": Read, "a:write": Write}}}
"""
_KEY = """
security: [{key: []}]
components: {securitySchemes: {key: {type: http, scheme: bearer}, staff: {type: http, scheme: bearer}}}
"""


def _scoped(operation: Operation) -> Iterator[Requirement]:
    """What a write requires of schemes that know scopes."""
    if not operation.is_write or only_asks(operation) or is_signing_in(operation):
        return
    for alternative in operation.security:
        for requirement in alternative.requirements:
            scheme = requirement.scheme
            if scheme is not None and any(flow.scopes for flow in scheme.flows):
                yield requirement


@rule(
    "api5-read-scope-on-write",
    title="A scope to read is enough to write",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API5:2023",
    cwe=863,
    why="Tokens that people gave away to be read with can change what they are about.",
    exploited="An attacker with the token of a dashboard, which may only read, deletes what it shows.",
    remediation="Require a scope of its own for writes.",
    good=f"paths: {{/a: {{post: {{security: [{{login: ['a:write']}}]}}}}}}\n{_SCOPES}",
    bad=f"paths: {{/a: {{post: {{security: [{{login: ['a:read']}}]}}}}}}\n{_SCOPES}",
)
def read_scope_on_write(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for requirement in _scoped(operation):
            if requirement.scopes and all(map(_reads_only, requirement.scopes)):
                scopes = " and ".join(requirement.scopes)
                yield Hit(
                    requirement.node,
                    f"{operation.name} changes something and asks for {scopes} only",
                    (operation,),
                    fix=_scopes_to_write(operation, requirement),
                )


def _reads_only(scope: str) -> bool:
    words = words_of(scope)
    return not READS.isdisjoint(words) and CHANGES.isdisjoint(words) and "write" not in words


def _scopes_to_write(operation: Operation, requirement: Requirement) -> tuple[Change, ...]:
    """The scope that is called the same but for the verb, if there is one; the default of all is left alone."""
    defined = {scope for flow in requirement.scheme.flows for scope in flow.scopes} if requirement.scheme else set()
    changes: list[Change] = []
    for item in requirement.node.items():
        counterpart = str(item.value).replace("read", "write")
        if counterpart in defined and operation.node.has("security"):
            changes.append(ReplaceValue(item, counterpart, guess=True))
    return tuple(changes)


@rule(
    "api5-no-scope-on-write",
    title="Any token is enough to write",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API5:2023",
    cwe=862,
    why="The scheme defines scopes, but this write asks for none: every token can be used for it.",
    exploited="An attacker with a token that was given for something else changes what it was never meant for.",
    remediation="Require the scope that the change needs.",
    good=f"paths: {{/a: {{post: {{security: [{{login: ['a:write']}}]}}}}}}\n{_SCOPES}",
    bad=f"paths: {{/a: {{post: {{security: [{{login: []}}]}}}}}}\n{_SCOPES}",
)
def no_scope_on_write(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for requirement in _scoped(operation):
            if not requirement.scopes:
                yield Hit(
                    requirement.node,
                    f"{operation.name} asks for a token of {requirement.name}, but for no scope",
                    (operation,),
                )


@rule(
    "api5-admin-like-everybody",
    title="Administration asks for nothing more than everything else",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API5:2023",
    cwe=285,
    why="What is required of a caller is the same as elsewhere: only code that nobody sees tells them apart.",
    exploited="An attacker with an ordinary account calls the operation of an administrator and is served.",
    remediation="Require another scheme or a scope that only administrators have.",
    good=(
        f"{_KEY}paths: {{/a: {{get: {{}}}}, /admin/a: {{get: {{security: [{{staff: []}}]}}}}}}",
        f"{_KEY}paths: {{/admin/a: {{get: {{}}}}}}",
    ),
    bad=f"{_KEY}paths: {{/a: {{get: {{}}}}, /admin/users: {{get: {{}}}}}}",
)
def admin_like_everybody(description: Description) -> Iterator[Hit]:
    ordinary = {_required(each) for each in description.operations if not _is_administration(each)}
    for operation in description.operations:
        place = operation.security_node
        if (
            _is_administration(operation)
            and place is not None
            and operation.security
            and _required(operation) in ordinary
        ):
            can_tell = len(description.security_schemes) > 1 or bool(operation.scopes)
            yield Hit(
                place,
                f"{operation.name} asks for what ordinary operations ask for",
                (operation,),
                severity=Severity.HIGH if can_tell else Severity.MEDIUM,
                confidence=Confidence.FIRM if can_tell else Confidence.TENTATIVE,
                detail="administration",
            )


def _is_administration(operation: Operation) -> bool:
    return any(ADMINISTRATION.within(part) for part in literals_of(operation.path))


def _required(operation: Operation) -> frozenset[frozenset[tuple[str, tuple[str, ...]]]]:
    """The alternatives, in no order: two operations that ask for the same have the same."""
    return frozenset(
        frozenset((need.name, tuple(sorted(need.scopes))) for need in alternative.requirements)
        for alternative in operation.security
    )


@rule(
    "api5-debug-path",
    title="A path for those who look for faults",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API5:2023",
    cwe=489,
    why="Such paths show memory, settings and secrets, or change data by design, and are rarely checked like the rest.",
    exploited="An attacker reads credentials out of a heap dump, or resets the data with a test helper.",
    remediation="Serve it on a port that only operators reach, and take it out of this document.",
    good="paths: {/orders: {get: {}}, '/webhooks/{id}/test': {post: {}}}",
    bad="paths: {/actuator/env: {get: {}}, /internal/metrics: {get: {}}}",
)
def debug_path(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        part = _for_insiders(operation)
        if part:
            sure = part in DIAGNOSTICS
            yield Hit(
                operation.item,
                f"{operation.path} is not for callers, as {part!r} in it says",
                (operation,),
                severity=Severity.HIGH if sure and operation.anonymous else Severity.MEDIUM,
                confidence=Confidence.FIRM if sure else Confidence.TENTATIVE,
            )


def _for_insiders(operation: Operation) -> str:
    """The part of the path that says so: diagnostics anywhere before a parameter, `internal` and `test` in front."""
    parts = [part.lower() for part in literals_of(operation.path)]
    leading = [part for part in parts if part != "api" and words_of(part)[:1] != ("v",)]
    before = operation.path.lower().partition("{")[0].split("/")
    found = next((part for part in before if part in DIAGNOSTICS), "")
    return found or (leading[0] if leading and leading[0] in NOT_FOR_CALLERS else "")


@rule(
    "api5-state-changing-get",
    title="A GET changes something",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API5:2023",
    cwe=650,
    why="Browsers, caches, link previews and crawlers call GET freely, and checks for forged requests leave it out.",
    exploited="An attacker puts the address into an image on a page: each visitor's browser does the deed.",
    remediation="Make it POST, PUT, PATCH or DELETE (RFC 9110 section 9.2.1).",
    good="paths: {/updates: {get: {operationId: listUpdates}}, /import/status: {get: {summary: Show the import}}}",
    bad="paths: {/records/delete: {get: {operationId: deleteRecords}}}",
)
def state_changing_get(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        verbs = _verbs_of_change(operation) if operation.method == "GET" else []
        if verbs:
            yield Hit(
                operation.node,
                f"{operation.name} says {verbs[0]!r}, and a GET must not change anything",
                (operation,),
                f"Make {operation.name} a {'DELETE' if verbs[0] in ('delete', 'remove') else 'POST'}.",
                confidence=Confidence.FIRM if len(verbs) > 1 else Confidence.TENTATIVE,
                actionable=len(verbs) > 1,
            )


def _verbs_of_change(operation: Operation) -> list[str]:
    """A verb of change for each of path, id and summary that begins with one; none if one says that it reads."""
    parts = literals_of(operation.path)
    texts = (parts[-1] if parts else "", operation.node.text("operationId"), operation.node.text("summary"))
    first = [words_of(text)[0] for text in texts if words_of(text)]
    if not ASKS.isdisjoint(first):
        return []
    return [word for word in first if word in CHANGES]
