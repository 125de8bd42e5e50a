"""On which side of the API a schema is: what callers send weighs more than what they get."""

from __future__ import annotations

from gatepost.probe.finding import Severity
from gatepost.probe.scan.schema import Schema


def by_side(schema: Schema, request: Severity, response: Severity = Severity.INFO) -> Severity:
    """The severity of a bound that is missing on either side."""
    return request if schema.in_request else response


def sent_or_returned(schema: Schema) -> str:
    """In a sentence: who decides what the value is."""
    return "callers may send" if schema.in_request else "answers may carry"


def known_as(schema: Schema) -> str:
    """What people call it: the name of the property, parameter or component that it stands at."""
    node = schema.node
    name = node.text("name") or str(node.key)
    if name in ("schema", "items") and node.parent is not None:
        return f"an item of {_name_of_holder(schema)}" if name == "items" else _name_of_holder(schema)
    return name if not name.isdecimal() else "this"


def _name_of_holder(schema: Schema) -> str:
    holder = schema.node.parent
    while holder is not None and holder.key in ("schema", "items", "content"):
        holder = holder.parent
    if holder is None:
        return "this"
    named = holder.text("name") or str(holder.key)
    return "the body" if "/" in named or named.isdecimal() else named
