"""API10:2023, unsafe consumption of APIs: calls that the service makes to others, and what it takes from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import AppendItem, Change, Json, RemoveKey, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Kind, Operation
from gatepost.probe.scan.rules.flows import input_names
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.words import segments_of, words_of

_SIGNATURES = frozenset(
    {"signature", "signatures", "hmac", "digest", "authorization", "sign", "sig", "hash", "secret", "token"}
)


def _is_signed(operation: Operation) -> bool:
    """Whether the receiver can tell by a header who sent it and that nobody changed it."""
    return any(
        each.location == "header" and not _SIGNATURES.isdisjoint(words_of(each.name)) for each in operation.parameters
    )


def _requires(operation: Operation) -> bool:
    """Whether it has a requirement of its own: that of the document is meant for calls in the other direction."""
    return operation.node.has("security") and not operation.anonymous


def _webhook(parts: str) -> str:
    return f"webhooks: {{done: {{post: {{{parts}responses: {{'200': {{description: a}}}}}}}}}}"


_SIGNED = "parameters: [{name: X-Signature, in: header, schema: {type: string}}], "


@rule(
    "api10-unsigned-webhook",
    title="What the service sends to others cannot be verified",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API10:2023",
    cwe=345,
    why="A receiver that cannot tell who sent a message has to believe everybody.",
    exploited="An attacker sends `payment received` to the address of a receiver, which delivers the goods.",
    remediation="Sign each message with its time, as Standard Webhooks does, and document the headers.",
    good=(_webhook(_SIGNED), f"{_webhook('security: [{key: []}], ')}\n{'security: [{key: []}]'}"),
    bad=(
        _webhook(""),
        _webhook("security: [], "),
        "paths: {/a: {post: {responses: {}, callbacks: {c: {'https://b.example.com': {post: {responses: {}}}}}}}}",
    ),
)
def unsigned_webhook(description: Description) -> Iterator[Hit]:
    for operation in (*description.webhooks, *description.callbacks):
        if not _is_signed(operation) and not _requires(operation):
            inherits = not operation.anonymous
            yield Hit(
                operation.node,
                f"nothing in {operation.name} lets a receiver check who sent it",
                (operation,),
                severity=Severity.LOW if inherits else None,
                confidence=Confidence.TENTATIVE if inherits else None,
                fix=_signed(operation),
            )


def _signed(operation: Operation) -> tuple[Change, ...]:
    text: dict[str, Json] = {"type": "string", "maxLength": 512, "pattern": "^[!-~ ]+$"}
    parameter: Json = {"name": "Webhook-Signature", "in": "header", "required": True, "schema": text}
    listed = operation.node.get("parameters")
    if listed is None:
        return (SetKey(operation.node, "parameters", [parameter], guess=True),)
    return (AppendItem(listed, parameter, guess=True),)


@rule(
    "api10-plain-http-callback",
    title="The service calls others without encryption",
    severity=Severity.HIGH,
    owasp="API10:2023",
    cwe=319,
    why="Whoever is on the way reads what is sent to the other side and writes what it answers.",
    exploited="An attacker in the network of the receiver changes the answer that the service believes.",
    remediation="Call https addresses only.",
    good="paths: {/a: {post: {responses: {}, callbacks: {c: {'https://b.example.com': {post: {responses: {}}}}}}}}",
    bad="paths: {/a: {post: {responses: {}, callbacks: {c: {'http://b.example.com': {post: {responses: {}}}}}}}}",
)
def plain_http_callback(description: Description) -> Iterator[Hit]:
    for operation in description.callbacks:
        if operation.path.lower().startswith("http://"):
            yield Hit(
                operation.item,
                f"{operation.path} is called without TLS",
                (operation,),
                fix=_under_https(operation),
            )


def _under_https(operation: Operation) -> tuple[Change, ...]:
    """The same callback under the encrypted address; nothing when it stands behind a reference."""
    item, holder = operation.item, operation.item.parent
    if holder is None or item.key != operation.path:
        return ()
    return (SetKey(holder, f"https{operation.path[4:]}", cast(Json, item.plain())), RemoveKey(item))


_RECEIVES = frozenset({"webhook", "webhooks", "hook", "hooks", "ipn", "postback"})


def _receives(operation: Operation) -> bool:
    """Whether others send events to it: open to everybody, and not to register where events should go."""
    last = segments_of(operation.path)[-2:]
    if operation.kind is not Kind.PATH or operation.method != "POST" or not operation.anonymous:
        return False
    registers = any(not {"url", "uri", "endpoint"}.isdisjoint(words_of(name)) for name in input_names(operation))
    return not registers and any(not _RECEIVES.isdisjoint(words_of(segment)) for segment in last)


def _receiver(parts: str) -> str:
    return f"paths: {{/webhooks/payments: {{post: {{{parts}responses: {{}}}}}}}}"


@rule(
    "api10-unverified-sender",
    title="Events of others are taken from anybody",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API10:2023",
    cwe=345,
    why="The address of a receiver is easily guessed, and whoever knows it can send events in the name of a partner.",
    exploited="An attacker posts `invoice paid` to the receiver and is served.",
    remediation="Check the partner's signature over the raw body and its time, and document the header.",
    good=(
        _receiver(_SIGNED),
        "paths: {/webhooks: {post: {responses: {}, requestBody: {content: {application/json: {schema: "
        "{type: object, properties: {url: {type: string}}}}}}}}}",
    ),
    bad=_receiver(""),
)
def unverified_sender(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        if _receives(operation) and not _is_signed(operation):
            yield Hit(
                operation.node, f"{operation.name} takes events without a signature or a credential", (operation,)
            )


@rule(
    "api10-unchecked-data",
    title="What others send or answer is not described",
    severity=Severity.LOW,
    owasp="API10:2023",
    cwe=20,
    why="Data of a partner is as foreign as data of a caller; once the partner is broken into, it is the attacker's.",
    exploited="An attacker who owns the partner answers with a field that ends in a query or in a page.",
    remediation="Describe what is expected by a schema, and reject the rest.",
    good="""
        webhooks: {done: {post: {responses: {'200': {description: a, content: {application/json: {schema:
          {type: object}}}}}}}}
        """,
    bad="webhooks: {done: {post: {responses: {'200': {description: a, content: {application/json: {}}}}}}}",
    strict=True,
)
def unchecked_data(description: Description) -> Iterator[Hit]:
    for operation in (*description.webhooks, *description.callbacks):
        for response in operation.responses:
            for content in response.contents:
                if content.item_schema is None and not content.place.has("schema"):
                    yield Hit(content.place, f"nothing says what {operation.name} is answered with", (operation,))
