"""API2:2023, broken authentication: who is calling is not, or not well, established."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Severity
from gatepost.probe.scan.edits import RemoveKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.rule import Hit, rule

_SCHEMES = "components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}"


@rule(
    "api2-optional-auth",
    title="Authentication is optional",
    severity=Severity.HIGH,
    owasp="API2:2023",
    cwe=306,
    why="The alternatives of `security` are joined by or: an empty one lets everybody in, whatever the others ask.",
    exploited="An attacker leaves the credentials out and is served all the same.",
    remediation="Remove the empty alternative, and give operations that are meant to be public `security: []`.",
    good=f"security: [{{key: []}}]\npaths: {{/a: {{get: {{responses: {{}}}}}}}}\n{_SCHEMES}",
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
                    fix=(RemoveKey(alternative.node),),
                )
