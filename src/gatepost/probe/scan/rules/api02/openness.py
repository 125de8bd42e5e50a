"""Operations that anybody may call: reads less grave than writes, one cause for what was never thought of."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, ReplaceValue, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.audience import is_open_by_design, only_asks, requires_nothing, resets_password
from gatepost.probe.scan.rules.flows import input_names
from gatepost.probe.scan.rules.naming import about, listed
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.siblings import Siblings, family
from gatepost.probe.scan.rules.vocabulary import ADDRESSES, CHOOSES, CSRF_TOKENS, PROOFS
from gatepost.probe.scan.rules.words import words_of

_SCHEMES = "components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}"
_CLOSED = f"security: [{{key: []}}]\n{_SCHEMES}\n"

MANY = 2
"""Operations that were left open by omission: from here on it is the document that lacks a default."""


def _open(description: Description) -> Iterator[Operation]:
    """Operations that should not be open to everybody, as far as their names tell."""
    for operation in description.operations:
        if requires_nothing(operation) and not is_open_by_design(operation) and not resets_password(operation):
            yield operation


def _says_itself(operation: Operation) -> bool:
    """Whether it is open because it says so, and not because nobody said anything."""
    return operation.node.has("security")


def _open_one_by_one(description: Description) -> Iterator[Operation]:
    """Those that are a finding of their own, and not of the document that has no default."""
    every = list(_open(description))
    forgotten = [operation for operation in every if not _says_itself(operation)]
    if not _is_protected_somewhere(description) or description.security_node is not None or len(forgotten) >= MANY:
        return (operation for operation in every if _says_itself(operation))
    return iter(every)


def _is_protected_somewhere(description: Description) -> bool:
    return any(not requires_nothing(operation) for operation in description.operations)


def _changes(operation: Operation) -> bool:
    return operation.is_write and not only_asks(operation)


def _place(operation: Operation) -> Node:
    own = operation.node.get("security")
    return own if own is not None else operation.node


@rule(
    "api2-no-security-scheme",
    title="Nobody has to say who they are",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=306,
    why="The document knows no way to authenticate: gateways and generated servers built from it let everybody in.",
    exploited="An attacker who finds the address calls every operation.",
    remediation="Describe how callers authenticate as a security scheme, and require it with `security` at the top.",
    good=f"{_CLOSED}paths: {{/a: {{post: {{responses: {{}}}}}}}}",
    bad="paths: {/a: {post: {responses: {}}}}",
)
def no_security_scheme(description: Description) -> Iterator[Hit]:
    if description.security_schemes or _is_protected_somewhere(description):
        return
    operations = tuple(_open(description))
    if operations:
        yield Hit(
            description.root,
            f"no way to authenticate is described, and none is required {_of_how_many(operations)}",
            operations,
            severity=_severity(operations),
        )


@rule(
    "api2-no-global-auth",
    title="Operations are open unless somebody thinks of it",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=306,
    why="Without a `security` at the top, an operation that says nothing is open to everybody, each new one included.",
    exploited="An attacker calls the operations that were forgotten.",
    remediation="Require a credential at the top of the document, and open what is public with `security: []`.",
    good=f"{_CLOSED}paths: {{/a: {{post: {{responses: {{}}}}}}, /health: {{get: {{security: []}}}}}}",
    bad=(
        f"{_SCHEMES}\npaths: {{/a: {{post: {{responses: {{}}}}, get: {{responses: {{}}}}}}}}",
        f"{_SCHEMES}\nsecurity: []\npaths: {{/a: {{post: {{responses: {{}}}}}}}}",
        f"{_SCHEMES}\npaths: {{/a: {{post: {{security: [{{key: []}}]}}}}}}",
    ),
)
def no_global_auth(description: Description) -> Iterator[Hit]:
    place = description.security_node
    if not description.security_schemes and not _is_protected_somewhere(description):
        return
    single = {operation.bit for operation in _open_one_by_one(description)}
    forgotten = tuple(each for each in _open(description) if not _says_itself(each) and each.bit not in single)
    if forgotten:
        yield Hit(
            description.root if place is None else place,
            f"nothing is required {_of_how_many(forgotten)}",
            forgotten,
            severity=_severity(forgotten),
            fix=_require_by_default(description),
        )
    elif place is None and description.operations:
        yield Hit(
            description.root,
            "there is no `security` at the top: an operation that is added without one is open to everybody",
            description.operations,
            severity=Severity.LOW,
            fix=_require_by_default(description),
            actionable=False,
        )


def _of_how_many(operations: tuple[Operation, ...]) -> str:
    writes = [operation for operation in operations if operation.is_write]
    names = listed(operation.name for operation in (writes or operations))
    if len(operations) == 1:
        return f"to call {names}"
    return (
        f"to call {len(operations)} operations, {f'{len(writes)} of them writes' if writes else 'all reads'}: {names}"
    )


def _severity(operations: tuple[Operation, ...]) -> Severity:
    return Severity.HIGH if any(_changes(operation) for operation in operations) else Severity.MEDIUM


def _require_by_default(description: Description) -> tuple[Change, ...]:
    """What the others require becomes the default; what is open by design stays open."""
    required = Siblings(description).default
    if required is None:
        return ()
    place = description.security_node
    public = [each for each in description.operations if is_open_by_design(each) and not each.node.has("security")]
    return (
        SetKey(description.root, "security", required) if place is None else ReplaceValue(place, required),
        *(SetKey(operation.node, "security", []) for operation in public),
    )


@rule(
    "api2-auth-differs",
    title="One method of a path is protected, another is open",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=306,
    why="Who may not change or see an object by one method can do it by the other; nobody means that.",
    exploited="An attacker tries all methods of a path and finds the one that asks for nothing.",
    remediation="Require of this method what the others of the path require.",
    good=f"{_CLOSED}paths: {{'/a/{{id}}': {{put: {{responses: {{}}}}, get: {{security: []}}}}}}",
    bad=f"{_CLOSED}paths: {{'/a/{{id}}': {{put: {{responses: {{}}}}, delete: {{security: []}}}}}}",
)
def auth_differs(description: Description) -> Iterator[Hit]:
    siblings = Siblings(description)
    for operation in _open_one_by_one(description):
        protected = siblings.protected_methods(operation)
        if _changes(operation) and protected:
            yield Hit(
                _place(operation),
                f"anybody may call {operation.name}, but of the same path {listed(protected)} must be authenticated",
                (operation,),
                fix=siblings.protect(operation),
            )


@rule(
    "api2-write-without-auth",
    title="Anybody may change something",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=306,
    why="A write that asks for no credential cannot know whose data it changes, nor whom to hold responsible.",
    exploited="An attacker calls it, by script and without an account.",
    remediation="Require the credential that the other operations require.",
    good=(
        f"{_CLOSED}paths: {{/a: {{post: {{responses: {{}}}}}}, /login: {{post: {{security: []}}}}}}",
        f"{_CLOSED}paths: {{/a: {{post: {{responses: {{}}}}}}, /items/search: {{post: {{security: []}}}}}}",
    ),
    bad=f"{_CLOSED}paths: {{/a: {{post: {{responses: {{}}}}}}, '/b/{{id}}': {{delete: {{security: []}}}}}}",
)
def write_without_auth(description: Description) -> Iterator[Hit]:
    siblings = Siblings(description)
    for operation in _open_one_by_one(description):
        if _changes(operation) and not siblings.protected_methods(operation):
            form = operation.method == "POST" and "{" not in operation.path
            yield Hit(
                _place(operation),
                f"anybody may call {operation.name}: it asks for no credential",
                (operation,),
                severity=Severity.MEDIUM if form else Severity.HIGH,
                confidence=Confidence.TENTATIVE if form else Confidence.FIRM,
                fix=siblings.protect(operation),
            )


@rule(
    "api2-read-without-auth",
    title="Anybody may read this",
    severity=Severity.MEDIUM,
    confidence=Confidence.TENTATIVE,
    owasp="API2:2023",
    cwe=306,
    why="What is served without a credential is served to everybody, search engines and scrapers included.",
    exploited="An attacker reads it all without an account.",
    remediation="Require the credential that the other operations require, unless this is meant to be public.",
    good=f"{_CLOSED}paths: {{/a: {{get: {{responses: {{}}}}}}, /health: {{get: {{security: []}}}}}}",
    bad=f"{_CLOSED}paths: {{/a: {{get: {{responses: {{}}}}}}, '/a/{{id}}': {{get: {{security: []}}}}}}",
)
def read_without_auth(description: Description) -> Iterator[Hit]:
    siblings = Siblings(description)
    for operation in _open_one_by_one(description):
        if not _changes(operation):
            alone = "{" in operation.path and siblings.only_open_read(operation)
            others = f", although other reads below /{family(operation)} ask for a credential" if alone else ""
            yield Hit(
                _place(operation),
                f"anybody may call {operation.name}{others}",
                (operation,),
                severity=Severity.MEDIUM if alone else Severity.LOW,
                fix=siblings.protect(operation),
                actionable=alone,
            )


@rule(
    "api2-open-password-reset",
    title="A password is reset without any proof",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=640,
    why="It asks for no credential, and takes nothing that only the owner of the account could have.",
    exploited="An attacker sets the password of somebody else's account and signs in.",
    remediation="Take the one-time token that was sent to the owner, or require a credential.",
    good=f"{_CLOSED}paths: {{/password-reset: {{post: {{security: [], parameters: [{{name: token, in: query}}]}}}}}}",
    bad=f"{_CLOSED}paths: {{'/users/{{id}}/reset-password': {{post: {{security: []}}}}}}",
)
def open_password_reset(description: Description) -> Iterator[Hit]:
    siblings = Siblings(description)
    for operation in description.operations:
        if resets_password(operation) and operation.anonymous and not _takes_proof(operation):
            yield Hit(
                _place(operation),
                f"{operation.name} takes neither a credential nor a token that was sent to the owner",
                (operation,),
                fix=siblings.protect(operation),
            )


def _takes_proof(operation: Operation) -> bool:
    """Whether it takes what was sent to the owner, or is the step that sends it."""
    names = [name for name in input_names(operation) if not CSRF_TOKENS.ending(name)]
    asks_for_token = CHOOSES.isdisjoint(words_of(about(operation))) and any(map(ADDRESSES.ending, names))
    return asks_for_token or any(map(PROOFS.ending, names))
