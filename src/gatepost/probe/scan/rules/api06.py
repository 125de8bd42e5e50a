"""API6:2023, unrestricted access to sensitive business flows: what is harmless once and harmful a thousand times."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import AppendItem, Change, Json, RemoveKey, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.answers import Answers
from gatepost.probe.scan.rules.flows import Flow, flow_of
from gatepost.probe.scan.rules.limits import has_limit_policy, refuses_too_many, shows_limits
from gatepost.probe.scan.rules.rule import Hit, rule

_BODY = (
    "requestBody: {content: {application/json: {schema: {type: object, properties: "
    "{name: {type: string}, password: {type: string}}}}}}"
)


def _flows(description: Description) -> Iterator[tuple[Operation, Flow]]:
    for operation in description.operations:
        if (flow := flow_of(operation)) is not None:
            yield operation, flow


@rule(
    "api6-flow-without-limit",
    title="A flow that is worth automating has no limit",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API6:2023",
    cwe=799,
    why="Signing in, resetting, redeeming and paying are attacked by doing them thousands of times.",
    exploited="A script tries a leaked list of passwords, all six-digit codes or all coupons, and nothing stops it.",
    remediation="Limit it per account and per caller, and document the refusal as 429.",
    good=(
        f"paths: {{/login: {{post: {{{_BODY}, responses: {{'429': {{description: too many}}}}}}}}}}",
        "paths: {/devices/register: {post: {security: [{key: []}], responses: {}}}}",
        "x-rate-limit: 5/min\npaths: {/login: {post: {responses: {}}}}",
    ),
    bad=(
        f"paths: {{/login: {{post: {{{_BODY}, responses: {{'204': {{description: in}}}}}}}}}}",
        f"paths: {{/sessions: {{post: {{{_BODY}, responses: {{'204': {{description: in}}}}}}}}}}",
        "paths: {'/coupons/{code}/redeem': {post: {responses: {'200': {description: yours}}}}}",
    ),
)
def flow_without_limit(description: Description) -> Iterator[Hit]:
    answers = Answers(description)
    for operation, flow in _flows(description):
        if not refuses_too_many(operation) and not has_limit_policy(operation):
            yield Hit(
                operation.node,
                f"nothing says that {flow.doing} is limited: whoever automates it {flow.harm}",
                (operation,),
                severity=Severity.LOW if flow.moves_value and not operation.anonymous else None,
                fix=answers.added(operation, "429"),
                actionable=not shows_limits(operation),
            )


@rule(
    "api6-telling-failures",
    title="Failures tell who has an account",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API6:2023",
    cwe=204,
    why="A status of its own for an unknown account turns the operation into a directory of your customers.",
    exploited="An attacker asks for a million addresses, keeps those that exist, and tries passwords only on them.",
    remediation="Answer the same for an unknown account as for a wrong secret, with the same delay.",
    good="paths: {/login: {post: {responses: {'401': {description: no}}}}}",
    bad=(
        "paths: {/login: {post: {responses: {'401': {description: no}, '404': {description: no such user}}}}}",
        "paths: {/password-reset: {post: {responses: {'204': {description: sent}, '404': {description: no user}}}}}",
    ),
)
def telling_failures(description: Description) -> Iterator[Hit]:
    for operation, flow in _flows(description):
        if not flow.tells_accounts or "{" in operation.path:  # there a 404 may be about what the path names
            continue
        responses = operation.node.get("responses")
        unknown = responses.at("404") if responses is not None else None
        if responses is not None and unknown is not None:
            same = "401 or 400" if flow.doing == "signing in" else "an answer that is the same in both cases"
            yield Hit(
                responses,
                f"{flow.doing} fails with 404 when there is no such account, and otherwise when there is",
                (operation,),
                f"Answer with {same}, and remove the 404.",
                fix=(RemoveKey(unknown, guess=True),),
            )


@rule(
    "api6-flow-without-idempotency",
    title="A repeated payment cannot be told from a second one",
    severity=Severity.LOW,
    confidence=Confidence.TENTATIVE,
    owasp="API6:2023",
    cwe=837,
    why="Clients repeat what timed out; without a key the server does it twice.",
    exploited="Somebody sends the same redemption in parallel and is credited for each.",
    remediation="Take an Idempotency-Key header, and do what it names once.",
    good="""
        paths: {/payments: {post: {responses: {}, parameters: [
          {name: Idempotency-Key, in: header, schema: {type: string, maxLength: 64}}]}}}
        """,
    bad="paths: {/payments: {post: {responses: {}}}}",
    strict=True,
)
def flow_without_idempotency(description: Description) -> Iterator[Hit]:
    for operation, flow in _flows(description):
        if flow.moves_value and not _has_idempotency_key(operation):
            yield Hit(
                operation.node,
                f"{flow.doing} takes no key by which a repeated request is recognised",
                (operation,),
                fix=_with_parameter(operation, _idempotency_key(description)),
            )


def _has_idempotency_key(operation: Operation) -> bool:
    return any("idempoten" in parameter.name.lower() for parameter in operation.parameters)


def _idempotency_key(description: Description) -> Json:
    text: dict[str, Json] = {"type": "string", "minLength": 16, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}
    head: dict[str, Json] = {"name": "Idempotency-Key", "in": "header"}
    return head | ({"schema": text} if description.version.media_types else text)


def _with_parameter(operation: Operation, parameter: Json) -> tuple[Change, ...]:
    listed = operation.node.get("parameters")
    if listed is None:
        return (SetKey(operation.node, "parameters", [parameter], guess=True),)
    return (AppendItem(listed, parameter, guess=True),)
