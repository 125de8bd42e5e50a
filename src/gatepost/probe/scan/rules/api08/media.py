"""API8:2023: kinds of bodies that are hard to take safely."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import RemoveKey, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Content, Operation
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.repeats import joined
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.schema import Property

_RANGES = ("*/*", "application/*", "text/*", "multipart/*")
_STRUCTURED = ("json", "xml", "yaml", "x-www-form-urlencoded", "form-data")


def _taking(content: str) -> str:
    return f"paths: {{/a: {{post: {{responses: {{}}, requestBody: {{content: {{{content}}}}}}}}}}}"


_JSON = "application/json: {schema: {type: object}}"


def _media_types(operation: Operation) -> Iterator[tuple[str, Node]]:
    """What an operation takes, with the node that says so: the media type object, or the item of `consumes`."""
    if operation.description.version.media_types:
        yield from ((body.media_type, body.place) for body in operation.bodies)
    elif operation.request_media_types:
        listed = operation.node.get("consumes") or operation.description.root.get("consumes")
        for item in listed.items() if listed is not None else ():
            if isinstance(item.value, str):
                yield item.value.lower(), item


def _is_xml(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip()
    return name in ("application/xml", "text/xml") or name.endswith("+xml")


@rule(
    "api8-any-media-type",
    title="Bodies of any media type are taken",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=436,
    why="The caller chooses the parser, and the one that nobody meant to offer has the weakest checks.",
    exploited="An attacker sends the same body as XML with an external entity, or as a form from another site.",
    remediation="Name the media types that are really taken.",
    good=_taking(_JSON),
    bad=(
        _taking("'*/*': {schema: {type: object}}"),
        """
        swagger: "2.0"
        info: {title: Example, version: "1"}
        consumes: ["*/*"]
        paths: {/a: {post: {responses: {}, parameters: [{in: body, name: b, schema: {type: object}}]}}}
        """,
    ),
)
def any_media_type(description: Description) -> Iterator[Hit]:
    return joined(description, _any_types(description), lambda count: f"bodies in {count} places may be of any type")


def _any_types(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        types = dict(_media_types(operation))
        for media_type, place in types.items():
            if media_type.partition(";")[0] in _RANGES:
                yield Hit(
                    place,
                    f"a body may be {media_type}",
                    (operation,),
                    fix=(RemoveKey(place, guess=True),) if len(types) > 1 else (),
                )


@rule(
    "api8-undeclared-media-type",
    title="The media types of bodies are not declared",
    severity=Severity.LOW,
    owasp="API8:2023",
    cwe=436,
    why="Where no type is declared, frameworks take every body that they have a parser for.",
    exploited="An attacker sends the body in the format with the weakest parser.",
    remediation="Declare `consumes`, once for the document or for the operation.",
    good="""
        swagger: "2.0"
        info: {title: Example, version: "1"}
        consumes: [application/json]
        paths: {/a: {post: {responses: {}, parameters: [{in: body, name: b, schema: {type: object}}]}}}
        """,
    bad="""
        swagger: "2.0"
        info: {title: Example, version: "1"}
        paths: {/a: {post: {responses: {}, parameters: [{in: body, name: b, schema: {type: object}}]}}}
        """,
    strict=True,
)
def undeclared_media_type(description: Description) -> Iterator[Hit]:
    root = description.root
    if description.version.media_types or root.has("consumes"):
        return
    for operation in description.operations:
        if operation.request_body is not None and not operation.node.has("consumes"):
            yield Hit(
                root.get("paths") or root,
                "operations take bodies of media types that nothing declares",
                (operation,),
                fix=(SetKey(root, "consumes", ["application/json"], guess=True),),
            )


@rule(
    "api8-xml-body",
    title="XML is taken beside another format",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=611,
    why="XML parsers fetch external entities and expand nested ones, unless each of them is told not to.",
    exploited="An attacker sends XML with an entity that reads a file of the server, or that fills its memory.",
    remediation="Remove the XML variant; if somebody needs it, switch document types and entities off in its parser.",
    good=(_taking(_JSON), _taking("application/soap+xml: {schema: {type: object}}")),
    bad=_taking(f"{_JSON}, application/xml: {{schema: {{type: object}}}}"),
)
def xml_body(description: Description) -> Iterator[Hit]:
    return joined(description, _xml_bodies(description), lambda count: f"the bodies in {count} places may also be XML")


def _xml_bodies(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        types = dict(_media_types(operation))
        if all(_is_xml(each) for each in types):
            continue
        for media_type, place in types.items():
            if _is_xml(media_type):
                yield Hit(place, f"a body may also be {media_type}", (operation,), fix=(RemoveKey(place, guess=True),))


@rule(
    "api8-upload-of-any-type",
    title="Files of any type are taken",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=434,
    why="What is stored is opened again: as a page under your host, by a converter, or by a colleague.",
    exploited="An attacker uploads HTML or SVG with a script and sends people the link to it.",
    remediation="Name the media types that are taken in `encoding`, check the content, and serve files as attachments.",
    good=_taking(
        "multipart/form-data: {schema: {type: object, properties: {f: {type: string, format: binary}}}, "
        "encoding: {f: {contentType: image/png}}}"
    ),
    bad=_taking("multipart/form-data: {schema: {type: object, properties: {f: {type: string, format: binary}}}}"),
)
def upload_of_any_type(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for body in operation.bodies:
            if body.media_type.startswith("multipart/") and description.version.media_types:
                for file in _files(body):
                    if not _names_types(body.place.text("encoding", file.name, "contentType")):
                        yield Hit(
                            file.place,
                            f"the file {file.name} may be of any type",
                            (operation,),
                            f"Name its types in `encoding: {{{file.name}: {{contentType: ...}}}}`, check the content, "
                            "and serve it as an attachment.",
                        )


def _names_types(content_type: str) -> bool:
    return content_type not in ("", "*/*", "application/octet-stream")


def _files(body: Content) -> Iterator[Property]:
    for each in body.schema.properties.values() if body.schema is not None else ():
        schema = each.schema.items if each.schema.is_array else each.schema
        if schema is not None and schema.format == "binary" and not schema.constraint("contentMediaType"):
            yield each


@rule(
    "api8-body-without-schema",
    title="A body may be anything",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=20,
    why="Where no schema says what is valid, nothing is rejected before it reaches the code.",
    exploited="An attacker sends fields, types and depths that nobody thought of.",
    remediation="Describe the body by a schema.",
    good=(_taking(_JSON), _taking("image/png: {}")),
    bad=_taking("application/json: {}"),
)
def body_without_schema(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for body in operation.bodies:
            if (
                _is_structured(body)
                and body.schema is None
                and body.item_schema is None
                and not body.place.has("schema")
            ):
                yield Hit(body.place, f"nothing says what a body of {body.media_type} looks like", (operation,))


def _is_described(content: Content) -> bool:
    """Whether there is a schema, be it `true`."""
    return content.item_schema is not None or content.place.has("schema")


def _is_structured(content: Content) -> bool:
    return any(kind in content.media_type for kind in _STRUCTURED) or "*" in content.media_type


@rule(
    "api8-answer-without-schema",
    title="What is answered is not described",
    severity=Severity.LOW,
    owasp="API8:2023",
    cwe=213,
    why="An answer without a schema can carry any field of the record behind it, and no gateway can hold it back.",
    exploited="An attacker reads in the raw answer what the client never shows.",
    remediation="Describe the answer by a schema.",
    good=(
        "paths: {/a: {get: {responses: {'200': {description: a, content: {application/json: {schema: {}}}}}}}}",
        "paths: {/a: {delete: {responses: {'204': {description: a}}}}}",
    ),
    bad=(
        "paths: {/a: {get: {responses: {'200': {description: a}}}}}",
        "paths: {/a: {get: {responses: {'200': {description: a, content: {application/json: {}}}}}}}",
    ),
    strict=True,
)
def answer_without_schema(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for response in operation.responses:
            if response.status == "200" and operation.method != "HEAD" and not response.contents:
                yield Hit(response.node, "nothing says what is in this answer", (operation,))
            for content in response.contents:
                if response.is_success and _is_structured(content) and not _is_described(content):
                    yield Hit(content.place, f"nothing says what is in {content.media_type}", (operation,))
