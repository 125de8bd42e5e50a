"""Properties that should not be shown."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, RemoveKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.api03.marks import mark
from gatepost.probe.scan.rules.naming import listed
from gatepost.probe.scan.rules.resources import Use, resources
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.vocabulary import ISSUES_CREDENTIALS, MASKED, PASSWORDS, PERSONAL, SECRETS
from gatepost.probe.scan.rules.words import words_of
from gatepost.probe.scan.schema import Property, Schema

_DATES = frozenset({"date", "date-time", "time"})


@rule(
    "api3-sensitive-property-returned",
    title="An answer carries what nobody should get",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API3:2023",
    cwe=200,
    why="What an answer carries is read by every client, kept in its logs and caches, and shown by its faults.",
    exploited="An attacker with a foot in any client, or in an account, reads what opens further ones.",
    remediation="Leave the property out of answers.",
    good=(
        """
        paths:
          /users/{id}:
            get:
              responses:
                "200": {content: {application/json: {schema: {properties: {passwordChanged: {type: boolean}}}}}}
        """,
        """
        paths:
          /keys:
            post:
              responses:
                "201": {content: {application/json: {schema: {properties: {secret: {type: string}}}}}}
        """,
    ),
    bad="""
        paths:
          /users/{id}:
            get:
              responses:
                "200": {content: {application/json: {schema: {properties: {passwordHash: {type: string}}}}}}
        """,
)
def sensitive_property_returned(description: Description) -> Iterator[Hit]:
    for schema in description.schemas:
        for each in schema.own_properties if schema.in_response else ():
            operations = _shown_by(schema, each)
            if operations:
                yield Hit(
                    each.place,
                    f"{each.name} is part of the answers of {listed(operation.name for operation in operations)}",
                    operations,
                    f"Leave {each.name} out of the answers"
                    + (", or mark it writeOnly where it has to be sent." if schema.in_request else "."),
                    fix=_hide(description, schema, each),
                )


def _shown_by(schema: Schema, each: Property) -> tuple[Operation, ...]:
    """The operations that show a sensitive value; a secret may be shown where it is handed out."""
    if each.write_only or not _may_hold_value(each):
        return ()
    if PASSWORDS.ending(each.name) or PERSONAL.ending(each.name):
        return schema.returned_by
    if SECRETS.ending(each.name):
        return tuple(operation for operation in schema.returned_by if not _hands_out(operation))
    return ()


def _may_hold_value(each: Property) -> bool:
    """Not a flag, a date, or a part such as the last four digits."""
    types = each.schema.types
    if types and types.isdisjoint({"string", "integer", "number"}):
        return False
    return each.schema.format not in _DATES and MASKED.isdisjoint(words_of(each.name)) and not each.schema.is_fixed


def _hands_out(operation: Operation) -> bool:
    return operation.method == "POST" or ISSUES_CREDENTIALS.within(operation.path)


def _hide(description: Description, schema: Schema, each: Property) -> tuple[Change, ...]:
    if schema.in_request:
        return mark(description, each, "writeOnly") if description.version.write_only else ()
    required = schema.node.get("required")
    items = required.items() if required is not None else ()
    return (
        *(RemoveKey(item, guess=True) for item in items if item.value == each.name),
        RemoveKey(each.place, guess=True),
    )


@rule(
    "api3-write-only-returned",
    title="What is only written in one place is returned in another",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API3:2023",
    cwe=200,
    why="Somebody decided that this is never shown, and another schema of the same resource shows it.",
    exploited="An attacker reads it through the operation that was forgotten.",
    remediation="Leave it out of the answer, or mark it writeOnly there too.",
    good="""
        paths:
          /cards:
            post: {requestBody: {content: {application/json: {schema: {properties: {n: {writeOnly: true}}}}}}}
            get: {responses: {"200": {content: {application/json: {schema: {properties: {id: {}}}}}}}}
        """,
    bad="""
        paths:
          /cards:
            post: {requestBody: {content: {application/json: {schema: {properties: {n: {writeOnly: true}}}}}}}
            get: {responses: {"200": {content: {application/json: {schema: {properties: {n: {}}}}}}}}
        """,
)
def write_only_returned(description: Description) -> Iterator[Hit]:
    for resource in resources(description):
        for name, given in resource.given.items():
            marked = [use for use in resource.taken.get(name, ()) if use.property.write_only]
            for use in given if marked else ():
                if not use.property.write_only:
                    yield _returned(description, use, marked[0])


def _returned(description: Description, use: Use, marked: Use) -> Hit:
    name = use.property.name
    return Hit(
        use.property.place,
        f"{use.operation.name} returns {name}, which {marked.operation.name} takes as writeOnly",
        (use.operation,),
        f"Leave {name} out of this answer, or mark it writeOnly.",
        fix=mark(description, use.property, "writeOnly"),
    )
