"""API8:2023: what the document gives away to everybody who may read it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, RemoveKey, ReplaceValue
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.secret_formats import PersonalData, is_random, personal_data_in, secrets_in
from gatepost.probe.scan.rules.vocabulary import CREDENTIALS, PAGE_PLACES

_VALUES = frozenset({"example", "examples", "default", "const", "enum", "variables", "x-example", "x-examples"})
"""Keywords below which values stand that somebody made up, or copied from the service."""

_KEY = "AKIA" + "Q3EGRXUOH7LDW5VN"  # in two pieces, so that no scanner for leaked keys takes this file for a leak
_TEXT = "components: {{schemas: {{A: {{type: object, properties: {{{name}: {{type: string, example: '{value}'}}}}}}}}}}"
_REDACTED = "redacted"


class _Places(Struct, frozen=True):
    """Everywhere that one value stands."""

    kind: str
    shown: str
    nodes: list[Node]

    @property
    def message(self) -> str:
        more = len(self.nodes) - 1
        again = f", here and {more} more time{'s' * (more > 1)}" if more else ""
        return f"this is {self.kind} ({self.shown}){again}"


@rule(
    "api8-secret-in-document",
    title="The document holds a secret",
    severity=Severity.HIGH,
    owasp="API8:2023",
    cwe=540,
    why="A description is published, sent to partners and kept in every clone: what is in it is known.",
    exploited="An attacker finds the key by its prefix with a search engine and uses it within minutes.",
    remediation="Revoke it now, then write a value that opens nothing, such as `example`.",
    good=(
        _TEXT.format(name="key", value="AKIAIOSFODNN7EXAMPLE"),
        _TEXT.format(name="password", value="changeme-changeme"),
        _TEXT.format(name="token", value="string"),
        _TEXT.format(name="id", value="5f0c6c1e-0f0a-4d1e-9d0b-0a4a2c9b5f11"),
    ),
    bad=(
        _TEXT.format(name="database", value="postgres://app:Xk39dkLs02Qe@db.example.com/app"),
        _TEXT.format(name="key", value=_KEY),
        f"servers: [{{url: 'https://a.example.com/{{t}}', variables: {{t: {{default: {_KEY}}}}}}}]",
        f"paths: {{/a: {{get: {{description: 'Try it with {_KEY}.', responses: {{}}}}}}}}",
    ),
)
def secret_in_document(description: Description) -> Iterator[Hit]:
    found: dict[str, _Places] = {}
    for node in description.strings:
        for secret in secrets_in(str(node.value)):
            found.setdefault(secret.value, _Places(secret.kind, secret.masked, [])).nodes.append(node)
    for value, places in found.items():
        yield Hit(
            places.nodes[0],
            places.message,
            fix=tuple(_without(node, value, _REDACTED) for node in places.nodes),
        )


@rule(
    "api8-likely-secret",
    title="The example of a credential looks real",
    severity=Severity.MEDIUM,
    confidence=Confidence.TENTATIVE,
    owasp="API8:2023",
    cwe=540,
    why="A random value under such a name was probably copied from a running system.",
    exploited="An attacker tries the credentials of the examples on the production host.",
    remediation="Revoke it if it is real, and write a value that opens nothing, such as `example`.",
    good=(
        _TEXT.format(name="apiKey", value="your-api-key-goes-here"),
        _TEXT.format(name="cursor", value="q8Zt3LmX0vRb7KcY2WnD5sHf"),
    ),
    bad=_TEXT.format(name="apiKey", value="q8Zt3LmX0vRb7KcY2WnD5sHf"),
)
def likely_secret(description: Description) -> Iterator[Hit]:
    for node in description.strings:
        value = str(node.value)
        if not (is_random(value) and _is_made_up(node) and _names_credential(_name_of(node))):
            continue
        if next(secrets_in(value), None) is None:  # else the rule above tells it
            yield Hit(
                node,
                f"the value of {_name_of(node)} is as random as a real one",
                fix=(_without(node, value, _REDACTED),),
            )


@rule(
    "api8-personal-data",
    title="An example may belong to a person",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=359,
    why="Examples are sent by everybody who tries the API, and what they name may exist.",
    exploited="A mail that was meant for a test reaches a stranger, or the number of a customer is published.",
    remediation="Write values that belong to nobody: example.com (RFC 2606), card numbers that are made for tests.",
    good=(
        _TEXT.format(name="email", value="ada@example.com"),
        _TEXT.format(name="card", value="4242 4242 4242 4242"),
        "openapi: 3.1.0\ninfo: {title: a, version: '1', contact: {email: somebody@gmail.com}}\npaths: {}",
    ),
    bad=(
        _TEXT.format(name="email", value="ada.lovelace@gmail.com"),
        _TEXT.format(name="ssn", value="536-90-4399"),
        _TEXT.format(name="card", value="4929 1234 5678 9015"),
    ),
)
def personal_data(description: Description) -> Iterator[Hit]:
    found: dict[str, tuple[PersonalData, _Places]] = {}
    for node in description.strings:
        if _is_made_up(node):
            for data in personal_data_in(str(node.value)):
                places = _Places(data.kind, _masked(data.value), [])
                found.setdefault(data.value, (data, places))[1].nodes.append(node)
    for value, (data, places) in found.items():
        fix = tuple(_without(node, value, data.replacement) for node in places.nodes)
        yield Hit(places.nodes[0], f"{places.message} and may be that of a real person", fix=fix)


def _is_made_up(node: Node) -> bool:
    return any(step in _VALUES for step in node.path)


def _name_of(node: Node) -> str:
    """What the value is a value of: the property, the parameter, or the key inside a larger example."""
    current = node
    while current.parent is not None and (
        isinstance(current.key, int) or current.key in _VALUES or current.key == "value"
    ):
        current = current.parent
        name = current.at("name")
        if name is not None and isinstance(name.value, str) and current.has("in"):
            return name.value
    return str(current.key)


def _names_credential(name: str) -> bool:
    return bool(CREDENTIALS.ending(name)) and not PAGE_PLACES.ending(name)


def _masked(value: str) -> str:
    return f"{value[:2]}...{value[-2:]}"


def _without(node: Node, value: str, replacement: str | None) -> Change:
    """Takes the value out: with the whole example where it is nothing else, else by writing another in its place."""
    if replacement is None or (node.value == value and node.key == "example"):
        return RemoveKey(node, guess=node.key != "example")
    return ReplaceValue(node, str(node.value).replace(value, replacement), guess=node.key == "default")
