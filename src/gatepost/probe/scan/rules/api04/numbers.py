"""Numbers without ends, and numbers that are not kept as they were sent."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Parameter
from gatepost.probe.scan.rules.api04 import implied
from gatepost.probe.scan.rules.kinds import format_of, of_kind
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.sides import by_side, known_as, sent_or_returned
from gatepost.probe.scan.rules.vocabulary import MONEY, PAGE_SIZES
from gatepost.probe.scan.schema import Bound, Schema

GUESSED_EXTENT = implied.INTEGERS["int32"]
_TAKEN = "paths: {{/a: {{get: {{parameters: [{{name: q, in: query, schema: {{{}}}}}]}}}}}}"
_BODY = (
    "paths: {{/a: {{post: {{requestBody: {{content: {{application/json: {{schema: {{properties: {{{}}}}}}}}}}}}}}}}}"
)


def is_page_size(parameter: Parameter) -> bool:
    """Whether it says how many elements an answer has."""
    schema = parameter.schema
    return (
        parameter.location == "query"
        and PAGE_SIZES.names(parameter.name)
        and (schema is None or not schema.types or schema.is_number)
    )


def _page_sizes(description: Description) -> frozenset[int]:
    """Their schemas: a page size without a maximum is told by a rule of its own."""
    return frozenset(
        id(parameter.schema.node)
        for operation in description.operations
        for parameter in operation.parameters
        if parameter.schema is not None and is_page_size(parameter)
    )


@rule(
    "api4-unbounded-integer",
    title="An integer may be of any size",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=1284,
    why="Integers overflow, become floats, allocate memory or count loops, each language in its own way.",
    exploited="An attacker sends a negative quantity, or a number of which the program makes a list.",
    remediation="Set minimum and maximum.",
    good=_TAKEN.format("type: integer, minimum: 0, maximum: 9"),
    bad=(_TAKEN.format("type: integer"), _TAKEN.format("type: integer, format: int32, minimum: 0")),
    strict=True,
)
def unbounded_integer(description: Description) -> Iterator[Hit]:
    page_sizes = _page_sizes(description)
    for schema in of_kind(description, "integer"):
        yield from _without_ends(schema, page_size=id(schema.node) in page_sizes)


@rule(
    "api4-unbounded-number",
    title="A number may be of any size",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=1284,
    why="Numbers of hundreds of digits are slow to read, become infinite, and are negative where nobody expected it.",
    exploited="An attacker sends 1e309, or a negative amount.",
    remediation="Set minimum and maximum.",
    good=_TAKEN.format("type: number, minimum: 0, maximum: 9"),
    bad=_TAKEN.format("type: number"),
    strict=True,
)
def unbounded_number(description: Description) -> Iterator[Hit]:
    for schema in of_kind(description, "number"):
        yield from _without_ends(schema, page_size=False)


def _without_ends(schema: Schema, page_size: bool) -> Iterator[Hit]:
    least, greatest = schema.minimum(), schema.maximum()
    missing = [name for name, bound in (("minimum", least), ("maximum", greatest)) if bound is None]
    if page_size:
        missing = [name for name in missing if name != "maximum"]
    if missing:
        yield Hit(
            schema.node,
            f"{known_as(schema)}, which {sent_or_returned(schema)}, has no {' and no '.join(missing)}",
            severity=by_side(schema, Severity.LOW),
            fix=_ends(schema, missing, least, greatest),
        )


def _ends(schema: Schema, missing: list[str], least: Bound | None, greatest: Bound | None) -> tuple[Change, ...]:
    """Never beyond the other end, where that one is known."""
    extent = implied.extent(schema)
    low, high = GUESSED_EXTENT if extent is None else extent
    values = {
        "minimum": min(low, greatest.value) if greatest is not None else low,
        "maximum": max(high, least.value) if least is not None else high,
    }
    return tuple(SetKey(schema.node, name, values[name], guess=extent is None) for name in missing)


@rule(
    "api4-integer-without-format",
    title="Nothing says how large an integer can be kept",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=190,
    why="Generated code chooses a type by the format; without one it is 32 bits here and a float there.",
    exploited="An attacker sends a number that fits the check and overflows behind it.",
    remediation="Set the format to int32 or int64.",
    good=_TAKEN.format("type: integer, format: int32, minimum: 0, maximum: 9"),
    bad=_TAKEN.format("type: integer, minimum: 0, maximum: 9"),
    strict=True,
)
def integer_without_format(description: Description) -> Iterator[Hit]:
    for schema in of_kind(description, "integer"):
        if not format_of(schema):
            form, sure = _fitting_format(schema)
            yield Hit(
                schema.node,
                f"{known_as(schema)}, which {sent_or_returned(schema)}, has no format",
                remediation=f"Set the format, such as {form}.",
                severity=by_side(schema, Severity.LOW),
                fix=(SetKey(schema.node, "format", form, guess=not sure),),
            )


def _fitting_format(schema: Schema) -> tuple[str, bool]:
    """The smaller format that holds all that is valid, and whether its bounds are known."""
    least, greatest = schema.minimum(), schema.maximum()
    low, high = implied.INTEGERS["int32"]
    known = [bound.value for bound in (least, greatest) if bound is not None]
    if len(known) == 2 and all(low <= value <= high for value in known):
        return "int32", True
    return "int64", len(known) == 2


@rule(
    "api4-imprecise-number",
    title="Nothing says how precise a number is",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=1339,
    why="One side keeps seven digits, another fifteen: what comes back is not what was sent, and checks disagree.",
    exploited="An attacker sends a fraction that is rounded down where it is checked and up where it counts.",
    remediation="Set the format to float or double, or multipleOf for decimals.",
    good=(_TAKEN.format("type: number, format: double"), _TAKEN.format("type: number, multipleOf: 0.5")),
    bad=_TAKEN.format("type: number"),
    strict=True,
)
def imprecise_number(description: Description) -> Iterator[Hit]:
    for schema in of_kind(description, "number"):
        if not format_of(schema) and schema.constraint("multipleOf") is None:
            yield Hit(
                schema.node,
                f"nothing says how precise {known_as(schema)} is",
                severity=by_side(schema, Severity.LOW),
                fix=(SetKey(schema.node, "format", "double", guess=True),),
            )


@rule(
    "api4-imprecise-amount",
    title="An amount of money is a binary fraction",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=1339,
    why="Most amounts have no exact binary fraction, and nothing keeps callers from sending thousandths of a cent.",
    exploited="An attacker pays 0.004 many times: each payment is rounded to nothing, and the goods are not.",
    remediation="Take amounts as integers of the smallest unit or as decimal strings, or set multipleOf: 0.01.",
    good=(
        _BODY.format("price: {type: number, multipleOf: 0.01}"),
        _BODY.format("price: {type: integer}"),
    ),
    bad=_BODY.format("unitPrice: {type: number, format: float}"),
)
def imprecise_amount(description: Description) -> Iterator[Hit]:
    for schema in description.schemas:
        for each in schema.own_properties if schema.in_request else ():
            amount = each.schema
            is_fraction = "number" in amount.types and amount.constraint("multipleOf") is None
            if is_fraction and not each.read_only and MONEY.ending(each.name) and not amount.is_fixed:
                yield Hit(
                    amount.node,
                    f"{each.name} is a {format_of(amount) or 'number'}: thousandths of a cent are valid",
                    fix=(SetKey(amount.node, "multipleOf", 0.01, guess=True),),
                )
