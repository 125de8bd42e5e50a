"""What operations require of their callers: something optional, or something that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Severity
from gatepost.probe.scan.edits import Change, RemoveKey, ReplaceValue
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.naming import listed
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.security import Requirement

_SCHEMES = "components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}"
_CLOSED = f"security: [{{key: []}}]\n{_SCHEMES}\n"


@rule(
    "api2-optional-auth",
    title="Authentication is optional",
    severity=Severity.HIGH,
    owasp="API2:2023",
    cwe=306,
    why="The alternatives of `security` are joined by or: an empty one lets everybody in, whatever the others ask.",
    exploited="An attacker leaves the credentials out and is served all the same.",
    remediation="Remove the empty alternative, and give operations that are meant to be public `security: []`.",
    good=f"{_CLOSED}paths: {{/a: {{get: {{responses: {{}}}}}}}}",
    bad=f"security: [{{key: []}}, {{}}]\npaths: {{/a: {{get: {{responses: {{}}}}}}}}\n{_SCHEMES}",
)
def optional_auth(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        if not any(alternative.requirements for alternative in operation.security):
            continue
        for alternative in operation.security:
            if not alternative.requirements:
                yield Hit(
                    alternative.node,
                    "an empty alternative beside others makes every credential optional",
                    (operation,),
                    severity=Severity.HIGH if operation.is_write else Severity.MEDIUM,
                    fix=(RemoveKey(alternative.node),),
                )


@rule(
    "api2-undefined-scheme",
    title="A security scheme is required that does not exist",
    severity=Severity.HIGH,
    owasp="API2:2023",
    cwe=1059,
    why="Nobody knows what to check: many gateways and generators then check nothing.",
    exploited="An attacker calls the operation without a credential.",
    remediation="Define the scheme, or name one that is defined.",
    good=f"{_CLOSED}paths: {{/a: {{get: {{responses: {{}}}}}}}}",
    bad=f"{_SCHEMES}\nsecurity: [{{kye: []}}]\npaths: {{/a: {{get: {{responses: {{}}}}}}}}",
)
def undefined_scheme(description: Description) -> Iterator[Hit]:
    for operation in description.every_operation:
        for requirement in _requirements(operation):
            if requirement.scheme is None:
                defined = listed(description.security_schemes) if description.security_schemes else "none"
                yield Hit(
                    requirement.node,
                    f"no security scheme is called {requirement.name} (defined: {defined})",
                    (operation,),
                    fix=_only_scheme(operation),
                )


def _only_scheme(operation: Operation) -> tuple[Change, ...]:
    node, schemes = operation.security_node, operation.description.security_schemes
    if node is None or len(schemes) != 1 or len(list(node.items())) != 1:
        return ()
    return (ReplaceValue(node, [{next(iter(schemes)): []}], guess=True),)


def _requirements(operation: Operation) -> Iterator[Requirement]:
    for alternative in operation.security:
        yield from alternative.requirements


@rule(
    "api2-undefined-scope",
    title="A scope is required that does not exist",
    severity=Severity.MEDIUM,
    owasp="API2:2023",
    cwe=1059,
    why="No token can carry it: the operation is dead, or the check was taken out so that it works.",
    exploited="An attacker calls the operation with a token of any scope.",
    remediation="Define the scope in the flows of the scheme, or name one that is defined.",
    good="""
        security: [{login: [read]}]
        paths: {/a: {get: {responses: {}}}}
        components:
          securitySchemes:
            login: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://a.example, scopes: {read: Read}}}}
        """,
    bad="""
        security: [{login: [reed]}]
        paths: {/a: {get: {responses: {}}}}
        components:
          securitySchemes:
            login: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://a.example, scopes: {read: Read}}}}
        """,
)
def undefined_scope(description: Description) -> Iterator[Hit]:
    for operation in description.every_operation:
        for requirement in _requirements(operation):
            if requirement.scheme is None or requirement.scheme.kind != "oauth2":
                continue
            defined = {scope for flow in requirement.scheme.flows for scope in flow.scopes}
            for item in requirement.node.items():
                if isinstance(item.value, str) and item.value not in defined:
                    yield Hit(
                        item,
                        f"{requirement.name} has no scope called {item.value}",
                        (operation,),
                        f"Define {item.value} in the flows of {requirement.name}, or require "
                        f"{listed(sorted(defined)) if defined else 'a scope that exists'}.",
                    )
