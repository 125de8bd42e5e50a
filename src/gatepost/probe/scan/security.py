"""Who may call: security schemes of any version, and what an operation requires of them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.reading.versions import Version

_FLOWS_OF_2_0 = {"application": "clientCredentials", "accessCode": "authorizationCode"}


class Flow(Struct, frozen=True):
    """One OAuth 2 flow: `implicit`, `password`, `clientCredentials`, `authorizationCode` or `deviceAuthorization`."""

    kind: str
    node: Node
    scopes: Mapping[str, Node]

    def url(self, field: str) -> Node | None:
        """The node of `authorizationUrl`, `tokenUrl`, `refreshUrl` or `deviceAuthorizationUrl`."""
        return self.node.at(field)


class SecurityScheme(Struct, frozen=True):
    """One way to prove who is calling. A `basic` scheme of 2.0 is `http` with scheme `basic`."""

    name: str
    node: Node
    kind: str
    """`apiKey`, `http`, `oauth2`, `openIdConnect` or `mutualTLS`."""
    scheme: str
    """Of `http`, in lower case: `bearer`, `basic`, ..."""
    location: str
    """Of `apiKey`: `header`, `query` or `cookie`."""
    flows: tuple[Flow, ...]


class Requirement(Struct, frozen=True):
    """One scheme that has to be satisfied; `scheme` is None when nothing of that name is defined."""

    name: str
    scheme: SecurityScheme | None
    scopes: tuple[str, ...]
    node: Node


class Alternative(Struct, frozen=True):
    """Requirements that are satisfied together; none at all lets everybody in."""

    node: Node
    requirements: tuple[Requirement, ...]


def schemes_of(root: Node, version: Version) -> dict[str, SecurityScheme]:
    """The schemes that a document defines, by name."""
    defined = root.get(*version.security_schemes)
    if defined is None:
        return {}
    return {name: _scheme(name, node.resolved) for name, node in defined.entries() if node.resolved.is_mapping}


def alternatives_of(security: Node, schemes: Mapping[str, SecurityScheme]) -> tuple[Alternative, ...]:
    """What a `security` list says: one of its items has to be satisfied."""
    return tuple(
        Alternative(
            item,
            tuple(Requirement(name, schemes.get(name), item.texts(name), node) for name, node in item.entries()),
        )
        for item in security.items()
        if item.is_mapping
    )


def _scheme(name: str, node: Node) -> SecurityScheme:
    kind, scheme = node.text("type"), node.text("scheme").lower()
    if kind == "basic":
        kind, scheme = "http", "basic"
    return SecurityScheme(name, node, kind, scheme, node.text("in"), tuple(_flows(node)))


def _flows(node: Node) -> list[Flow]:
    flows = node.get("flows")
    if flows is not None:
        return [_flow(kind, flow.resolved) for kind, flow in flows.entries() if flow.resolved.is_mapping]
    kind = node.text("flow")
    return [_flow(_FLOWS_OF_2_0.get(kind, kind), node)] if kind else []


def _flow(kind: str, node: Node) -> Flow:
    scopes = node.get("scopes")
    return Flow(kind, node, dict(scopes.entries()) if scopes is not None else {})
