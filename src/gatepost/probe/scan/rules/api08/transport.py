"""API8:2023: who can read and change what is on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.hosts import is_local
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.servers import Server

_ENCRYPTED = {"http": "https", "ws": "wss"}
_SCHEME_VARIABLE = re.compile(r"\{([^{}]+)\}://")

_PATHS = "paths: {/a: {get: {responses: {}}}}"


def _chosen(variable: str) -> str:
    """A document whose clients choose the scheme."""
    return f"servers: [{{url: '{{s}}://a.example.com', variables: {{s: {variable}}}}}]\n{_PATHS}"


@rule(
    "api8-plain-http",
    title="The API is served without encryption",
    severity=Severity.HIGH,
    owasp="API8:2023",
    cwe=319,
    why="Whoever is on the way reads and changes what is sent, credentials included.",
    exploited="An attacker in the same network reads the token of a request and uses it as their own.",
    remediation="Serve the API over https only, and remove the plain address from the document.",
    good=(
        f"servers: [{{url: https://api.example.com}}]\n{_PATHS}",
        f"servers: [{{url: http://localhost:8080}}, {{url: /v1}}]\n{_PATHS}",
        _chosen("{default: https, enum: [https]}"),
    ),
    bad=(
        f"servers: [{{url: http://api.example.com}}]\n{_PATHS}",
        f"servers: [{{url: 'http://{{host}}/', variables: {{host: {{default: api.example.com}}}}}}]\n{_PATHS}",
        _chosen("{default: http}"),
        _chosen("{default: https, enum: [https, http]}"),
        """
        swagger: "2.0"
        info: {title: Example, version: "1"}
        host: api.example.com
        schemes: [https, http]
        paths: {/a: {get: {responses: {}}}}
        """,
    ),
)
def plain_http(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for server in operation.servers:
            if not is_local(server.url):
                for place, message, fix in _plain_places(server):
                    yield Hit(place, message, (operation,), fix=fix)


def _plain_places(server: Server) -> Iterator[tuple[Node, str, tuple[Change, ...]]]:
    """What makes this server plain: its URL or scheme, or the variable that the scheme is taken from."""
    written = str(server.place.value)
    variable = _SCHEME_VARIABLE.match(written)
    if variable is not None:
        yield from _plain_variable(server.node.get("variables", variable[1]))
    elif (scheme := server.url.partition("://")[0].lower()) in _ENCRYPTED:
        yield server.place, f"{server.url} is reached without TLS", _encrypted(server, written, scheme)


def _encrypted(server: Server, written: str, scheme: str) -> tuple[Change, ...]:
    """The same address over TLS; where that is listed too, the plain one goes."""
    secure = _ENCRYPTED[scheme] + written[len(scheme) :]
    own = server.place if server.place.parent is not None and server.place.parent.is_sequence else server.node
    listed = own.parent.items() if own.parent is not None else ()
    others = {str((each.get("url") or each).value).rstrip("/") for each in listed}
    return (RemoveKey(own),) if secure.rstrip("/") in others else (ReplaceValue(server.place, secure),)


def _plain_variable(variable: Node | None) -> Iterator[tuple[Node, str, tuple[Change, ...]]]:
    if variable is None:
        return
    default, listed = variable.get("default"), variable.get("enum")
    secure = "https" in variable.texts("enum") or listed is None
    if default is not None and default.value in _ENCRYPTED:
        fix = (ReplaceValue(default, _ENCRYPTED[str(default.value)]),) if secure else ()
        yield default, f"the scheme is {default.value} unless a client chooses another", fix
    for item in listed.items() if listed is not None else ():
        if item.value in _ENCRYPTED:
            yield item, f"a client may choose {item.value}", (RemoveKey(item),) if secure else ()


@rule(
    "api8-unknown-scheme",
    title="Nothing says that the API is served over https",
    severity=Severity.LOW,
    confidence=Confidence.TENTATIVE,
    owasp="API8:2023",
    cwe=319,
    why="Without schemes, clients use the one by which they got the document, which may be http.",
    exploited="A client that was generated from a local copy sends its credentials in the clear.",
    remediation="Add `schemes: [https]`.",
    good="""
        swagger: "2.0"
        info: {title: Example, version: "1"}
        host: api.example.com
        schemes: [https]
        paths: {}
        """,
    bad="""
        swagger: "2.0"
        info: {title: Example, version: "1"}
        host: api.example.com
        paths: {}
        """,
    strict=True,
)
def unknown_scheme(description: Description) -> Iterator[Hit]:
    root = description.root
    if not description.version.servers and root.text("host") and not root.texts("schemes"):
        yield Hit(
            root.get("host") or root,
            f"{root.text('host')} is named without a scheme",
            fix=(SetKey(root, "schemes", ["https"]),),
        )
