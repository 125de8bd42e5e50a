"""API4 and API3:2023: values, lists and objects without an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.seeded.document import ERROR, REQUEST, RESPONSE, Document, Spot
from tests.seeded.fault import Edit, Family, Fault, fault

Faulty = Callable[[dict[str, Any]], dict[str, Any] | None]
"""The schema without its bound, or None where there is none to lose."""

COMPONENT = "Loose"


def without(kind: str, *keys: str) -> Faulty:
    """Takes the keys out of schemas of a type, if all are there."""

    def loosened(schema: dict[str, Any]) -> dict[str, Any] | None:
        types = schema.get("type", ())
        if kind not in ([types] if isinstance(types, str) else types) or not schema.keys() >= set(keys):
            return None
        return {key: value for key, value in schema.items() if key not in keys}

    return loosened


def with_pattern(change: Callable[[str], str]) -> Faulty:
    """Changes the pattern of strings that have one."""

    def changed(schema: dict[str, Any]) -> dict[str, Any] | None:
        pattern = schema.get("pattern")
        if pattern is None or schema.get("type") != "string":
            return None
        return schema | {"pattern": change(pattern)}

    return changed


def loosened(faulty: Faulty, side: str, *implied_by: str) -> Callable[[Document], Iterator[Fault]]:
    """The fault at every place of a side; properties also behind a reference and in an allOf of their own.

    `implied_by` are the keywords of the same schema from which what was lost can be had again.
    """

    def plant(document: Document) -> Iterator[Fault]:
        for spot in document.spots:
            schema = faulty(spot.schema) if spot.side == side else None
            if schema is not None:
                implied = not schema.keys().isdisjoint(implied_by)
                yield from _shapes(document, spot, schema, business=False if implied else None)

    return plant


def _shapes(document: Document, spot: Spot, schema: dict[str, Any], business: bool | None) -> Iterator[Fault]:
    yield fault(spot.shape, spot.pointer, schema, business)
    if spot.is_property:
        place = document.component("schemas", COMPONENT)
        reference = {"$ref": "#/" + "/".join(place)}
        yield Fault("ref", (Edit(place, schema), Edit(spot.pointer, reference)), business)
        yield Fault("allOf", (Edit((*spot.pointer, "allOf"), [schema]), *_emptied(spot)), business)


def _emptied(spot: Spot) -> Iterator[Edit]:
    for key in spot.schema:
        if key != "description":
            yield Edit((*spot.pointer, key))


def _opened(schema: dict[str, Any]) -> dict[str, Any] | None:
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if schema.get(keyword) is False:
            return {key: value for key, value in schema.items() if key != keyword}
    return None


def _wide_open(schema: dict[str, Any]) -> dict[str, Any] | None:
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if schema.get(keyword) is False:
            return schema | {keyword: True}
    return None


def _endless_map(schema: dict[str, Any]) -> dict[str, Any] | None:
    if not isinstance(schema.get("additionalProperties"), dict) or "maxProperties" not in schema:
        return None
    return {key: value for key, value in schema.items() if key != "maxProperties"}


def _without_properties(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Not in a part of a composition that is closed as a whole: without properties it merely adds nothing."""
    return {"type": "object"} if {"properties", "additionalProperties"} <= schema.keys() else None


def _untyped(schema: dict[str, Any]) -> dict[str, Any] | None:
    if schema.get("type") not in ("string", "integer") or "in" in schema or "enum" in schema:
        return None
    return {key: value for key, value in schema.items() if key in ("description", "example")}


def _without_multiple(schema: dict[str, Any]) -> dict[str, Any] | None:
    if schema.get("type") != "number" or "format" not in schema:
        return None
    return {key: value for key, value in schema.items() if key not in ("format", "multipleOf")}


def _bodies_without_schema(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        for pointer, media in document.request_bodies(operation):
            if not document.is_v2 and "schema" in media:
                yield fault("inline", (*pointer, "schema"))
            elif document.is_v2:
                yield fault("inline", (*pointer, "schema"), {})


def _page_sizes(document: Document) -> Iterator[Fault]:
    for spot in document.parameters:
        if spot.name in ("limit", "PageSize"):
            inner = () if document.is_v2 else ("schema",)
            yield fault(spot.shape, (*spot.pointer, *inner, "maximum"), business=False)


def _endless_collection(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        listed = operation.node.get("parameters", [])
        for index in range(len(listed)):
            pointer = (*operation.pointer, "parameters", str(index))
            name = document.target(listed[index])["name"]
            if operation.method == "get" and name in ("limit", "PageSize"):
                others = [each for number, each in enumerate(listed) if number != index]
                kept = [each for each in others if document.target(each)["name"] not in _PAGE_PLACES]
                yield fault("inline", pointer[:-1], kept)


_PAGE_PLACES = ("cursor", "offset", "page", "Page", "PageToken")


def _unanchored(pattern: str) -> str:
    return pattern.removeprefix("^").removesuffix("$")


_HINTS = ("format", "example", "default")
_HIGHEST, _LOWEST = without("integer", "maximum"), without("integer", "minimum")

FAMILIES = (
    Family("unbounded-string", "API4:2023", loosened(without("string", "maxLength"), REQUEST, *_HINTS)),
    Family("unrestricted-string", "API4:2023", loosened(without("string", "pattern"), REQUEST)),
    Family("integer-without-maximum", "API4:2023", loosened(_HIGHEST, REQUEST, *_HINTS)),
    Family("integer-without-minimum", "API4:2023", loosened(_LOWEST, REQUEST, *_HINTS)),
    Family("integer-without-format", "API4:2023", loosened(without("integer", "format"), REQUEST), business=False),
    Family("unbounded-number", "API4:2023", loosened(without("number", "maximum", "minimum"), REQUEST, "example")),
    Family("imprecise-number", "API4:2023", loosened(_without_multiple, REQUEST)),
    Family("unbounded-array", "API4:2023", loosened(without("array", "maxItems"), REQUEST)),
    Family("open-object", "API3:2023", loosened(_opened, REQUEST)),
    Family("wide-open-object", "API3:2023", loosened(_wide_open, REQUEST)),
    Family("endless-map", "API4:2023", loosened(_endless_map, REQUEST)),
    Family("object-without-properties", "API3:2023", loosened(_without_properties, REQUEST)),
    Family("untyped-value", "API3:2023", loosened(_untyped, REQUEST)),
    Family("body-without-schema", "API3:2023", _bodies_without_schema),
    Family("unbounded-string-returned", "API4:2023", loosened(without("string", "maxLength"), RESPONSE, *_HINTS)),
    Family("unrestricted-string-returned", "API4:2023", loosened(without("string", "pattern"), RESPONSE)),
    Family("integer-without-maximum-returned", "API4:2023", loosened(_HIGHEST, RESPONSE, *_HINTS)),
    Family("unbounded-array-returned", "API4:2023", loosened(without("array", "maxItems"), RESPONSE)),
    Family("open-object-returned", "API3:2023", loosened(_opened, RESPONSE)),
    Family("open-error", "API3:2023", loosened(_opened, ERROR)),
    Family("catastrophic-pattern", "API4:2023", loosened(with_pattern(lambda _: r"^([a-zA-Z0-9]+\s?)*$"), REQUEST)),
    Family("nested-quantifier", "API4:2023", loosened(with_pattern(lambda _: "^(a+)+$"), REQUEST)),
    Family("unanchored-pattern", "API8:2023", loosened(with_pattern(_unanchored), REQUEST), business=False),
    Family("pattern-that-allows-all", "API4:2023", loosened(with_pattern(lambda _: "^.*$"), REQUEST)),
    Family("page-size-without-maximum", "API4:2023", _page_sizes),
    Family("endless-collection", "API4:2023", _endless_collection),
)
