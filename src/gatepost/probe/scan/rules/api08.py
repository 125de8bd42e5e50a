"""API8:2023, security misconfiguration: transport, headers, errors."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Severity
from gatepost.probe.scan.edits import ReplaceValue
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.servers import Server

_PLAIN = "http"
_LOCAL = ("localhost", "127.", "[::1]")


@rule(
    "api8-plain-http",
    title="The API is served without encryption",
    severity=Severity.HIGH,
    owasp="API8:2023",
    cwe=319,
    why="Whoever is on the way reads and changes what is sent, credentials included.",
    exploited="An attacker in the same network reads the token of a request and uses it as their own.",
    remediation="Serve the API over https only, and remove the plain address from the document.",
    good="servers: [{url: https://api.example.com}]\npaths: {/a: {get: {responses: {}}}}",
    bad=(
        "servers: [{url: http://api.example.com}]\npaths: {/a: {get: {responses: {}}}}",
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
            scheme, _, rest = server.url.partition("://")
            if scheme.lower() == _PLAIN and not rest.startswith(_LOCAL):
                yield Hit(
                    server.place,
                    f"{server.url} is reached without TLS",
                    (operation,),
                    fix=(ReplaceValue(server.place, _encrypted(server)),),
                )


def _encrypted(server: Server) -> str:
    written = str(server.place.value)
    return f"https{written[len(_PLAIN) :]}"
