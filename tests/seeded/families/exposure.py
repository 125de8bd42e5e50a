"""API8:2023: transport, secrets in the document, media types that are hard to take safely, cookies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.seeded.document import REQUEST, WRITES, Document, Operation, Pointer
from tests.seeded.fault import Edit, Family, Fault, fault

# Put together here, so that no scanner for leaked secrets takes this file for a leak.
AWS_KEY = "AKIA" + "Q3EGRXUOH7LDW5VN"
TOKEN = "ghp_" + "9vK2mQx7RtLw4ZpYc1NsHb8JdFg3Ea6UoXyT"
JWT = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxODM0In0", "h4Vn9kLr2XwQz8TbYc5MsPd7JfGa1UeR3oKi6NvZt0E"))
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----"
SECRETS = (AWS_KEY, JWT, TOKEN)
PERSONAL = ("john.smith@gmail.com", "536-90-4399", "4929 1234 5678 9015")
_FITTING = {"maxLength": 300, "pattern": r"^[\w .@+/=-]*$"}
"""Bounds that every planted value keeps to, so that the example is no fault of its own."""


def _plain_http(document: Document) -> Iterator[Fault]:
    host = str(document.tree.get("host", "api.example.com"))
    if document.is_v2:
        yield fault("global", ("schemes",), ["http"])
        yield fault("global", ("schemes",), ["https", "http"])
        for operation in document.operations:
            yield fault("inline", (*operation.pointer, "schemes"), ["http"])
        return
    server = document.get(("servers", "0"))
    host = server["url"].partition("//")[2]
    yield fault("global", ("servers", "0", "url"), "http://" + host)
    yield fault("global", ("servers", "1"), server | {"url": "http://" + host})
    for operation in document.operations:
        yield fault("inline", (*operation.pointer, "servers"), [server | {"url": "http://" + host}])
        yield fault("path", ("paths", operation.path, "servers"), [server | {"url": "http://" + host}])


def _in_examples(values: tuple[str, ...]) -> Callable[[Document], Iterator[Fault]]:
    """As the example, or the default, of a free text that is sent."""

    def plant(document: Document) -> Iterator[Fault]:
        spots = [each for each in document.spots if each.side == REQUEST and each.schema.get("type") == "string"]
        free = [spot for spot in spots if not {"format", "enum", "in"} & spot.schema.keys()]
        for number, spot in enumerate(free):
            key = ("example", "default")[number % 2]
            edits = {key: values[number % len(values)]} | _FITTING
            yield Fault(spot.shape, tuple(Edit((*spot.pointer, each), value) for each, value in edits.items()))

    return plant


def _secret_in_description(document: Document) -> Iterator[Fault]:
    for operation, secret in zip(document.operations, (AWS_KEY, TOKEN), strict=False):
        yield fault("inline", (*operation.pointer, "description"), f"Try it with the key {secret}.")
    yield fault("global", ("info", "description"), f"For tests: {PRIVATE_KEY}")


def _secret_in_server(document: Document) -> Iterator[Fault]:
    if not document.is_v2:
        server = document.get(("servers", "0"))
        variables = {"tenant": {"default": TOKEN, "description": "Whose."}}
        yield fault("global", ("servers", "0"), server | {"url": server["url"] + "/{tenant}", "variables": variables})


def _bodies(document: Document) -> Iterator[tuple[Operation, Pointer, dict[str, Any]]]:
    for operation in document.operations:
        for pointer, media in document.request_bodies(operation):
            yield operation, pointer, media


def _media(kind: str) -> Callable[[Document], Iterator[Fault]]:
    """Another media type is taken for the same body."""

    def plant(document: Document) -> Iterator[Fault]:
        for operation, pointer, media in _bodies(document):
            if document.is_v2:
                yield fault("inline", (*operation.pointer, "consumes"), ["application/json", kind])
            else:
                yield fault("inline", (*pointer[:-1], kind), {"schema": media["schema"]})
        if document.is_v2:
            yield fault("global", ("consumes", "1"), kind)

    return plant


def _endless_upload(document: Document) -> Iterator[Fault]:
    for spot in document.spots:
        if spot.side == REQUEST and spot.schema.get("format") == "binary":
            yield fault(spot.shape, (*spot.pointer, "maxLength"))
    for operation in document.operations:
        for index, parameter in enumerate(operation.node.get("parameters", [])):
            if parameter.get("type") == "file":
                yield fault("inline", (*operation.pointer, "parameters", str(index), "maxLength"))
    for _, pointer, _ in _bodies(document):
        if not document.is_v2 and pointer[-1] != "multipart/form-data":
            file = {"type": "string", "format": "binary"}
            form = {"type": "object", "properties": {"file": file}, "additionalProperties": False}
            yield fault("inline", (*pointer[:-1], "multipart/form-data"), {"schema": form})


def _cookie_without_token(document: Document) -> Iterator[Fault]:
    """A browser sends the cookie with any request, also with one that another site makes."""
    if document.is_v2:
        return
    scheme = {"type": "apiKey", "in": "cookie", "name": "session"}
    place = document.component("securitySchemes", "cookie")
    for operation in document.operations:
        if operation.method in WRITES:
            security = (*operation.pointer, "security")
            yield Fault("inline", (Edit(security, [{"cookie": []}]), Edit(place, scheme)))
    yield from _token_dropped(document)


def _token_dropped(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        for index, parameter in enumerate(operation.node.get("parameters", [])):
            if document.target(parameter)["name"] == "X-CSRF-Token":
                listed = (*operation.pointer, "parameters")
                component = document.component("parameters", "CsrfToken")
                yield Fault("ref", (Edit((*listed, str(index))), Edit(component)))


FAMILIES = (
    Family("plain-http-server", "API8:2023", _plain_http, business=False),
    Family("secret-in-example", "API8:2023", _in_examples(SECRETS)),
    Family("personal-data-in-example", "API8:2023", _in_examples(PERSONAL)),
    Family("secret-in-description", "API8:2023", _secret_in_description),
    Family("secret-in-server-variable", "API8:2023", _secret_in_server),
    Family("xml-body", "API8:2023", _media("application/xml")),
    Family("any-media-type", "API8:2023", _media("*/*")),
    Family("endless-upload", "API4:2023", _endless_upload),
    Family("cookie-without-csrf-token", "API8:2023", _cookie_without_token),
)
