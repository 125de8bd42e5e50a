"""Strings without an end and of any characters."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Severity
from gatepost.probe.scan.edits import SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.api04 import implied
from gatepost.probe.scan.rules.kinds import format_of, of_kind
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.sides import by_side, known_as, sent_or_returned
from gatepost.probe.scan.rules.vocabulary import PASSWORDS
from gatepost.probe.scan.schema import Schema

GUESSED_LENGTH = 255
"""What most columns of databases hold."""

NO_CONTROLS = r"^[^\x00-\x1F\x7F]*$"
"""The least that a text should keep out: what terminals, logs and headers take for commands."""

SAYS_NOTHING = frozenset({"", "string", "text"})
"""Formats that say nothing about the characters of a value, none included."""

_TAKEN = "paths: {{/a: {{get: {{parameters: [{{name: q, in: query, schema: {{type: string{}}}}}]}}}}}}"


def is_upload(schema: Schema) -> bool:
    """Whether it is a file that callers send: `api4-unbounded-upload` looks at those."""
    return schema.in_request and format_of(schema) == "binary"


@rule(
    "api4-unbounded-string",
    title="A string may be of any length",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=770,
    why="What has no end is read into memory, stored and indexed as a whole before anybody notices.",
    exploited="An attacker sends megabytes where a name was expected, many times at once.",
    remediation="Set maxLength.",
    good=(_TAKEN.format(", maxLength: 20"), _TAKEN.format(", enum: [a, b]")),
    bad=_TAKEN.format(""),
    strict=True,
)
def unbounded_string(description: Description) -> Iterator[Hit]:
    for schema in of_kind(description, "string"):
        if schema.constraint("maxLength") is None and not is_upload(schema):
            length = implied.length(schema)
            bound = GUESSED_LENGTH if length is None else length
            yield Hit(
                schema.node,
                f"{known_as(schema)}, which {sent_or_returned(schema)}, may be of any length",
                remediation=f"Set maxLength, such as {bound}.",
                severity=by_side(schema, Severity.LOW),
                fix=(SetKey(schema.node, "maxLength", bound, guess=length is None),),
            )


@rule(
    "api4-unrestricted-string",
    title="A string may hold any characters",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=20,
    why="Without a pattern, a list of values or a format, everything passes: markup, control characters, statements.",
    exploited="An attacker sends what the next system takes for a command.",
    remediation="Set a pattern with ^ and $, an enum or a format.",
    good=(_TAKEN.format(", pattern: '^[a-z]+$'"), _TAKEN.format(", format: uuid")),
    bad=(_TAKEN.format(""), _TAKEN.format(", format: string")),
    strict=True,
)
def unrestricted_string(description: Description) -> Iterator[Hit]:
    for schema in of_kind(description, "string"):
        name = known_as(schema)
        is_password = bool(PASSWORDS.ending(name))  # any character makes a password better
        if schema.constraint("pattern") is None and format_of(schema) in SAYS_NOTHING and not is_password:
            yield Hit(
                schema.node,
                f"{name}, which {sent_or_returned(schema)}, may hold any characters",
                severity=by_side(schema, Severity.LOW),
                fix=(SetKey(schema.node, "pattern", implied.characters(schema) or NO_CONTROLS, guess=True),),
            )
