"""Properties that callers should not be able to set."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Kind, Operation
from gatepost.probe.scan.rules.api03.marks import mark
from gatepost.probe.scan.rules.audience import is_signing_in, only_asks
from gatepost.probe.scan.rules.naming import listed
from gatepost.probe.scan.rules.resources import Use, resources
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.vocabulary import (
    ADMINISTRATION,
    MANAGES_ACCESS,
    OWN_ACCOUNT,
    PRIVILEGES,
    SERVER_OWNED,
    SET_BY_SERVER,
    STATUS,
)
from gatepost.probe.scan.rules.words import is_template, literals_of, segments_of
from gatepost.probe.scan.schema import Property, Schema

_BODY = """
        paths:
          {path}:
            post: {{requestBody: {{content: {{application/json: {{schema: {{properties: {{{properties}}}}}}}}}}}}}
        """


@rule(
    "api3-privileged-property-writable",
    title="Callers can set what they are allowed to do",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API3:2023",
    cwe=915,
    why="A body that has roles or permissions in it is bound to the object as a whole by most frameworks.",
    exploited="An attacker adds the property to an ordinary request and is an administrator.",
    remediation="Take the property out of this body; give rights in an operation of its own, for administrators.",
    good=(
        _BODY.format(path="/users", properties="name: {type: string}, role: {type: string, readOnly: true}"),
        _BODY.format(path="/users/{id}/roles", properties="role: {type: string}"),
    ),
    bad=_BODY.format(path="/register", properties="name: {type: string}, isAdmin: {type: boolean}"),
)
def privileged_property_writable(description: Description) -> Iterator[Hit]:
    writers = Writers(description)
    for schema, each in _writable(description):
        if PRIVILEGES.ending(each.name):
            operations = tuple(writer for writer in writers.of(schema) if not MANAGES_ACCESS.within(writer.path))
            if operations:
                severity, confidence = _how_bad(operations)
                yield Hit(
                    each.place,
                    f"whoever calls {listed(operation.name for operation in operations)} can set {each.name}",
                    operations,
                    f"Take {each.name} out of this body, or mark it readOnly.",
                    severity=severity,
                    confidence=confidence,
                    fix=mark(description, each, "readOnly"),
                )


def _writable(description: Description) -> Iterator[tuple[Schema, Property]]:
    """Every property that a caller may send, with the schema that has it."""
    for schema in description.schemas:
        for each in schema.own_properties if schema.in_request else ():
            if not each.read_only:
                yield schema, each


class Writers:
    """The operations that change something, by the schema that they take; many schemas share the same ones."""

    def __init__(self, description: Description) -> None:
        self._operations = description.graph.operations_of
        self._ids = _ids(description)
        self._of_mask = cache(self._find)
        self._ids_of_mask = cache(self._find_ids)

    def of(self, schema: Schema) -> tuple[Operation, ...]:
        return self._of_mask(schema.request)

    def ids(self, schema: Schema) -> frozenset[str]:
        """The parameters by which paths name what these operations make or change."""
        return self._ids_of_mask(schema.request)

    def _find(self, mask: int) -> tuple[Operation, ...]:
        return tuple(operation for operation in self._operations(mask) if _changes(operation))

    def _find_ids(self, mask: int) -> frozenset[str]:
        collections = (part for each in self._of_mask(mask) for part in literals_of(each.path)[-1:])
        return frozenset(self._ids[part] for part in collections if part in self._ids)


def _changes(operation: Operation) -> bool:
    return operation.kind is Kind.PATH and operation.is_write and not only_asks(operation)


def _how_bad(operations: tuple[Operation, ...]) -> tuple[Severity, Confidence]:
    if any(map(_is_for_everybody, operations)):
        return Severity.HIGH, Confidence.FIRM
    by_administrators = all(ADMINISTRATION.within(operation.path) for operation in operations)
    return Severity.LOW if by_administrators else Severity.MEDIUM, Confidence.TENTATIVE


def _is_for_everybody(operation: Operation) -> bool:
    """Whether an ordinary person calls it about themselves, such as to sign up."""
    return operation.anonymous or is_signing_in(operation) or OWN_ACCOUNT.within(operation.path)


@rule(
    "api3-server-owned-property-writable",
    title="Callers can set what only the service knows",
    severity=Severity.MEDIUM,
    confidence=Confidence.TENTATIVE,
    owasp="API3:2023",
    cwe=915,
    why="Balances, owners and verifications are results of what happened; a caller who sends them writes history.",
    exploited="An attacker sends `balance` or `ownerId` along with what the form asks for, and it is stored.",
    remediation="Take the property out of this body, or mark it readOnly.",
    good=_BODY.format(path="/accounts", properties="balance: {type: integer, readOnly: true}, name: {type: string}"),
    bad=_BODY.format(path="/accounts", properties="balance: {type: integer}, name: {type: string}"),
)
def server_owned_property_writable(description: Description) -> Iterator[Hit]:
    writers = Writers(description)
    for schema, each in _writable(description):
        if SERVER_OWNED.ending(each.name):
            operations = tuple(writer for writer in writers.of(schema) if not ADMINISTRATION.within(writer.path))
            if operations:
                yield Hit(
                    each.place,
                    f"whoever calls {listed(operation.name for operation in operations)} can set {each.name}",
                    operations,
                    f"Take {each.name} out of this body, or mark it readOnly.",
                    fix=mark(description, each, "readOnly"),
                )


@rule(
    "api3-identity-writable",
    title="Ids and dates that the service sets can be sent",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API3:2023",
    cwe=915,
    why="A schema shared by requests and answers lets callers send what only answers should carry.",
    exploited="An attacker sends the id of somebody else's object in the body, and it is overwritten or moved.",
    remediation="Mark the properties readOnly.",
    good="""
        paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}},
          responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}
        components: {schemas: {A: {properties: {id: {type: string, readOnly: true}, name: {type: string}}}}}
        """,
    bad="""
        paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}},
          responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}
        components: {schemas: {A: {properties: {id: {type: string}, createdAt: {type: string}}}}}
        """,
)
def identity_writable(description: Description) -> Iterator[Hit]:
    writers = Writers(description)
    for schema in description.schemas:
        place = schema.node.at("properties")
        if place is None or not schema.in_request or not schema.in_response:
            continue
        ids, operations = writers.ids(schema), writers.of(schema)
        found = [
            each
            for each in schema.own_properties
            if not each.read_only and (each.name in ids or SET_BY_SERVER.names(each.name))
        ]
        if found and operations:
            names = listed(each.name for each in found)
            yield Hit(
                place,
                f"callers can send {names}, which {'is' if len(found) == 1 else 'are'} for the service to set",
                operations,
                f"Mark {names} readOnly.",
                fix=tuple(change for each in found for change in mark(description, each, "readOnly")),
            )


def _ids(description: Description) -> dict[str, str]:
    """What follows the name of a collection in paths: `orders` is followed by `{orderId}`."""
    found: dict[str, str] = {}
    for operation in description.operations:
        parts = segments_of(operation.path)
        for collection, name in pairwise(parts):
            if is_template(name) and not is_template(collection):
                found.setdefault(collection, name.strip("{}"))
    return found


@rule(
    "api3-read-only-elsewhere",
    title="Read-only in one operation, writable in another",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API3:2023",
    cwe=915,
    why="Somebody decided that callers do not set this, and another body of the same resource takes it.",
    exploited="An attacker sets it through the operation that was forgotten.",
    remediation="Mark it readOnly here too, or take it out of this body.",
    good="""
        paths:
          /a:
            get: {responses: {"200": {content: {application/json: {schema: {properties: {rank: {readOnly: true}}}}}}}}
            post: {requestBody: {content: {application/json: {schema: {properties: {name: {}}}}}}}
        """,
    bad="""
        paths:
          /a:
            get: {responses: {"200": {content: {application/json: {schema: {properties: {rank: {readOnly: true}}}}}}}}
            post: {requestBody: {content: {application/json: {schema: {properties: {rank: {}}}}}}}
        """,
)
def read_only_elsewhere(description: Description) -> Iterator[Hit]:
    for resource in resources(description):
        for name, taken in resource.taken.items():
            marked = [
                use
                for use in (*taken, *resource.given.get(name, ()))
                if use.property.read_only and not STATUS.names(name)
            ]
            for use in taken if marked else ():
                if not use.property.read_only and _changes(use.operation):
                    yield _taken(description, use, marked[0])


def _taken(description: Description, use: Use, marked: Use) -> Hit:
    name = use.property.name
    return Hit(
        use.property.place,
        f"{use.operation.name} takes {name}, which is readOnly in {marked.operation.name}",
        (use.operation,),
        f"Mark {name} readOnly here too, or take it out of this body.",
        fix=mark(description, use.property, "readOnly"),
    )
