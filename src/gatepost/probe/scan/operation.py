"""What can be called: operations of paths, webhooks and callbacks, with all that applies to them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.schema import Schema
from gatepost.probe.scan.security import Alternative, SecurityScheme, alternatives_of
from gatepost.probe.scan.servers import Server, servers_of

if TYPE_CHECKING:
    from gatepost.probe.scan.model import Description

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""They ask and change nothing (RFC 9110 section 9.2.1; QUERY: draft-ietf-httpbis-safe-method-w-body)."""

FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class Kind(enum.Enum):
    """Who calls whom. In webhooks and callbacks the API itself is the caller."""

    PATH = "path"
    WEBHOOK = "webhook"
    CALLBACK = "callback"


class Parameter(Struct, frozen=True):
    """A parameter. `location` is `query`, `header`, `path`, `cookie`, `querystring`, and in 2.0 `formData`."""

    name: str
    location: str
    node: Node
    schema: Schema | None
    required: bool


class Content(Struct, frozen=True):
    """A body in one media type. `place` is the media type object, in 2.0 the parameter or response."""

    media_type: str
    place: Node
    schema: Schema | None
    item_schema: Schema | None = None
    """Of a stream (3.2)."""


class Header(Struct, frozen=True):
    """A header of a response; `name` is in lower case."""

    name: str
    node: Node
    schema: Schema | None


class Response(Struct, frozen=True):
    """A response. `status` is as written: `200`, `4XX` or `default`."""

    status: str
    node: Node
    headers: tuple[Header, ...]
    contents: tuple[Content, ...]

    @property
    def is_success(self) -> bool:
        return self.status.startswith("2")

    @property
    def is_error(self) -> bool:
        return self.status.startswith(("4", "5")) or self.status == "default"

    def header(self, name: str) -> Header | None:
        return next((header for header in self.headers if header.name == name.lower()), None)


class Operation:
    """One method of one path. Ask it; every answer has the path item, the document and their defaults in it."""

    def __init__(
        self, description: Description, number: int, kind: Kind, method: str, path: str, item: Node, node: Node
    ) -> None:
        self.description = description
        self.bit = 1 << number
        """Stands for it in sets of operations."""
        self.kind = kind
        self.method = method.upper()
        self.path = path
        """As written; for a webhook its name, for a callback its expression."""
        self.item = item
        """The path item."""
        self.node = node

    def __repr__(self) -> str:
        return f"Operation({self.name!r})"

    @property
    def name(self) -> str:
        """How reports name it, such as `GET /users/{id}`."""
        return (
            f"{self.method} {self.path}" if self.kind is Kind.PATH else f"{self.method} {self.kind.value} {self.path}"
        )

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method not in SAFE_METHODS

    @property
    def deprecated(self) -> bool:
        return self.node.flag("deprecated")

    @property
    def tags(self) -> tuple[str, ...]:
        return self.node.texts("tags")

    @cached_property
    def words(self) -> str:
        """Path, id, tags and summary in one lower-case text, to look for what it is about."""
        return " ".join((self.path, self.node.text("operationId"), *self.tags, self.node.text("summary"))).lower()

    # Security

    @cached_property
    def security_node(self) -> Node | None:
        """The `security` that applies, its own or that of the document; None when there is neither."""
        own = self.node.get("security")
        return own if own is not None else self.description.security_node

    @cached_property
    def security(self) -> tuple[Alternative, ...]:
        """The alternatives that let a caller in; none means that nothing is required."""
        node = self.security_node
        return alternatives_of(node, self.description.security_schemes) if node is not None else ()

    @cached_property
    def anonymous(self) -> bool:
        """Whether it can be called without proving anything."""
        return not self.security or any(not each.requirements for each in self.security)

    @property
    def schemes(self) -> tuple[SecurityScheme, ...]:
        """Every defined scheme that an alternative asks for."""
        return tuple(need.scheme for each in self.security for need in each.requirements if need.scheme is not None)

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that an alternative asks for."""
        return frozenset(scope for each in self.security for need in each.requirements for scope in need.scopes)

    # Parameters and bodies

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the path item and its own; its own replace equally named ones. Without the `body` of 2.0."""
        found: dict[tuple[str, str], Parameter] = {}
        for node in (*self._parameter_nodes(self.item), *self._parameter_nodes(self.node)):
            name, location = node.text("name"), node.text("in")
            if location != "body":
                found[name, location] = Parameter(
                    name, location, node, self._parameter_schema(node), node.flag("required") or location == "path"
                )
        return tuple(found.values())

    def parameter(self, name: str, location: str = "") -> Parameter | None:
        """The parameter of that name, upper and lower case alike."""
        return next(
            (each for each in self.parameters if each.name.lower() == name.lower() and location in ("", each.location)),
            None,
        )

    @cached_property
    def request_body(self) -> Node | None:
        """The request body object, in 2.0 the `body` parameter."""
        if self.description.version.media_types:
            return self.node.get("requestBody")
        nodes = (*self._parameter_nodes(self.node), *self._parameter_nodes(self.item))
        return next((node for node in nodes if node.text("in") == "body"), None)

    @cached_property
    def bodies(self) -> tuple[Content, ...]:
        """The request body in each of its media types; the form fields of 2.0 are `parameters`."""
        body = self.request_body
        if body is None:
            return ()
        if self.description.version.media_types:
            return tuple(self._contents(body))
        return tuple(Content(each, body, self._schema(body.at("schema"))) for each in self._media_types("consumes"))

    @cached_property
    def request_media_types(self) -> tuple[str, ...]:
        """What a request may be, forms of 2.0 included."""
        if self.description.version.media_types:
            return tuple(body.media_type for body in self.bodies)
        has_body = self.request_body is not None or any(each.location == "formData" for each in self.parameters)
        return self._media_types("consumes") if has_body else ()

    # Responses

    @cached_property
    def responses(self) -> tuple[Response, ...]:
        node = self.node.get("responses")
        if node is None:
            return ()
        return tuple(
            self._response(status, place.resolved) for status, place in node.entries() if not status.startswith("x-")
        )

    def response(self, status: str, *, exactly: bool = False) -> Response | None:
        """The response for a status such as `429`: its own, that of its range (`4XX`), or the default one."""
        wanted = (status,) if exactly else (status, f"{status[0]}XX", f"{status[0]}xx", "default")
        by_status = {response.status: response for response in self.responses}
        return next((by_status[each] for each in wanted if each in by_status), None)

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """Its own, else those of the path item, else those of the document."""
        version = self.description.version
        return servers_of(self.node, version) or servers_of(self.item, version) or self.description.servers

    # How the pieces are found

    def _parameter_nodes(self, holder: Node) -> Iterator[Node]:
        listed = holder.get("parameters")
        for item in listed.items() if listed is not None else ():
            if item.resolved.is_mapping:
                yield item.resolved

    def _parameter_schema(self, node: Node) -> Schema | None:
        if not self.description.version.media_types:
            return self._schema(node)  # the parameter of 2.0 is a schema itself
        content = next(self._contents(node), None)
        return content.schema if content is not None else self._schema(node.at("schema"))

    def _contents(self, holder: Node) -> Iterator[Content]:
        content = holder.get("content")
        for media_type, place in content.entries() if content is not None else ():
            node = place.resolved
            yield Content(
                media_type.lower(), node, self._schema(node.at("schema")), self._schema(node.at("itemSchema"))
            )

    def _media_types(self, field: str) -> tuple[str, ...]:
        own = self.node.texts(field) if self.node.has(field) else self.description.root.texts(field)
        return tuple(each.lower() for each in own) or ("application/json",)

    def _response(self, status: str, node: Node) -> Response:
        if self.description.version.media_types:
            contents = tuple(self._contents(node))
        elif (schema := self._schema(node.at("schema"))) is not None:
            contents = tuple(Content(each, node, schema) for each in self._media_types("produces"))
        else:
            contents = ()
        return Response(status, node, tuple(self._headers(node)), contents)

    def _headers(self, node: Node) -> Iterator[Header]:
        headers = node.get("headers")
        for name, place in headers.entries() if headers is not None else ():
            yield Header(name.lower(), place.resolved, self._parameter_schema(place.resolved))

    def _schema(self, node: Node | None) -> Schema | None:
        return self.description.graph.schema(node) if node is not None else None
