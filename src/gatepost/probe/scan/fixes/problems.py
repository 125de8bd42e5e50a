"""What is wrong with a description: against the specification's JSON Schemas, and its examples against its own.

A fix must not add to either. What was wrong before stays out of it: many documents are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import jsonschema_rs
from msgspec import Struct

from gatepost.probe.scan.fixes.examples import examples_of
from gatepost.probe.scan.fixes.json_schemas import JsonSchemas
from gatepost.probe.scan.fixes.specification import specification
from gatepost.probe.scan.model import Description

MAX_EXAMPLES = 20_000
"""Examples of one description that are validated: ten times what the largest public ones have."""


Place = tuple[str, tuple[str, ...]]
"""A file and the way to a value in it."""


class Problem(Struct, frozen=True):
    """One keyword that one value does not obey. It is the same one when the bound in the keyword is another."""

    kind: str
    place: Place
    keyword: str = ""


INVALID = "the document would no longer be valid OpenAPI"
CONTRADICTED = "a documented example would no longer be valid"


def problems(description: Description) -> dict[Problem, Place]:
    """All that is wrong now, with the place that makes it so: of an example it is in the schema."""
    return dict((*_against_the_specification(description), *_of_examples(description)))


def _against_the_specification(description: Description) -> Iterator[tuple[Problem, Place]]:
    name = description.source.name
    try:
        for error in specification(description.version.name).iter_errors(description.root.plain()):
            place = name, tuple(map(str, error.instance_path))
            yield Problem(INVALID, place, _keyword(error)), place
    except ValueError:  # text that no JSON can hold
        yield Problem(INVALID, (name, ())), (name, ())


def _of_examples(description: Description) -> Iterator[tuple[Problem, Place]]:
    try:
        schemas = JsonSchemas(description)
    except ValueError:
        whole = description.source.name, ()
        yield Problem(CONTRADICTED, whole), whole
        return
    for value, schema in islice(examples_of(description), MAX_EXAMPLES):
        try:
            for error in schemas.validator(schema).iter_errors(value.plain()):
                place = value.file, (*value.path, *map(str, error.instance_path))
                yield Problem(CONTRADICTED, place, _keyword(error)), schemas.place(error) or place
        except ValueError:  # a schema that means nothing, or text that no JSON can hold
            yield Problem(CONTRADICTED, (schema.file, schema.path)), (schema.file, schema.path)


def _keyword(error: jsonschema_rs.ValidationError) -> str:
    return str(error.schema_path[-1]) if error.schema_path else ""
