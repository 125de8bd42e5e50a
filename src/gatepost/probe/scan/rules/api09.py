"""API9:2023, improper inventory management: what is still there, what should not be seen, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import RemoveKey, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.hosts import is_private, stage_of
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.words import segments_of
from gatepost.probe.scan.servers import Server

_PATHS = "paths: {/a: {get: {responses: {}}}}"


@rule(
    "api9-non-production-server",
    title="A server that is not for callers is listed",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API9:2023",
    cwe=1059,
    why="Test systems have real data, old versions and weak passwords, and now everybody knows their name.",
    exploited="An attacker finds the hole on the host that nobody watches, or takes keys from there to production.",
    remediation="Remove it from the published document; generate one per environment.",
    good=(
        f"servers: [{{url: https://api.example.com}}, {{url: https://sandbox.example.com}}]\n{_PATHS}",
        f"servers: [{{url: /v1}}]\n{_PATHS}",
        f"servers: [{{url: https://contest.example.com}}]\n{_PATHS}",
    ),
    bad=(
        f"servers: [{{url: https://api.example.com}}, {{url: https://staging.example.com}}]\n{_PATHS}",
        f"servers: [{{url: https://api.example.com}}, {{url: 'http://10.0.0.5:8080'}}]\n{_PATHS}",
        """
        swagger: "2.0"
        info: {title: Example, version: "1"}
        host: api-dev.internal
        schemes: [https]
        paths: {/a: {get: {responses: {}}}}
        """,
    ),
)
def non_production_server(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for server in operation.servers:
            stage = stage_of(server.url)
            if stage is None:
                continue
            beside = any(stage_of(other.url) is None for other in operation.servers)
            removable = beside and description.version.servers
            yield Hit(
                _place(server),
                f"{server.url} is {stage}" + (", beside the servers for callers" if beside else ""),
                (operation,),
                severity=None if beside else Severity.LOW,
                fix=(RemoveKey(server.node, guess=not is_private(server.url)),) if removable else (),
            )


def _place(server: Server) -> Node:
    """The URL, in 2.0 the host."""
    return server.node.at("host") or server.place


@rule(
    "api9-no-servers",
    title="No server is named",
    severity=Severity.LOW,
    owasp="API9:2023",
    cwe=1059,
    why="Nobody can tell which system the document is about, nor what of it is in production.",
    exploited="An attacker scans for hosts that the owner does not count among those of this API.",
    remediation="Name the https address under which it is served.",
    good=f"servers: [{{url: https://api.example.com}}]\n{_PATHS}",
    bad=_PATHS,
    strict=True,
)
def no_servers(description: Description) -> Iterator[Hit]:
    if description.version.servers:
        unnamed = any(not operation.servers for operation in description.operations)
    else:
        unnamed = bool(description.operations) and not description.root.text("host")
    if unnamed:
        yield Hit(description.root, "the document names no server")


_VERSION = re.compile(r"v(\d{1,3})(?:[._](\d{1,3}))*", re.IGNORECASE)


@rule(
    "api9-several-versions",
    title="An older version is alive beside a newer one",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API9:2023",
    cwe=1059,
    why="What was hardened in the newer version is open in the older one, which nobody tests any more.",
    exploited="An attacker calls the older path, where the check that was added is missing.",
    remediation="Mark the older version as deprecated with the date on which it ends, and end it.",
    good=(
        "paths: {/v1/a: {get: {deprecated: true, responses: {}}}, /v2/a: {get: {responses: {}}}}",
        "paths: {/v1/a: {get: {responses: {}}}, /v2/b: {get: {responses: {}}}}",
    ),
    bad="paths: {/v1/a: {get: {responses: {}}}, /v2/a: {get: {responses: {}}}}",
)
def several_versions(description: Description) -> Iterator[Hit]:
    for version, (older, newest) in _outdated(description).items():
        yield Hit(
            older[0].item,
            f"{older[0].path} is there too as {newest}, and nothing says that {version} ends",
            tuple(older),
        )


def _outdated(description: Description) -> dict[str, tuple[list[Operation], str]]:
    """By version the operations that a newer version has too and that are not deprecated, with the newest path."""
    families: dict[tuple[str, str], dict[tuple[int, ...], Operation]] = {}
    for operation in description.operations:
        version, rest = _versioned(operation.path)
        if version:
            families.setdefault((operation.method, rest), {})[version] = operation
    found: dict[str, tuple[list[Operation], str]] = {}
    for family in families.values():
        newest = max(family)
        for version, operation in family.items():
            if version != newest and not operation.deprecated:
                name = "v" + ".".join(map(str, version))
                found.setdefault(name, ([], family[newest].path))[0].append(operation)
    return found


def _versioned(path: str) -> tuple[tuple[int, ...], str]:
    """The version in a path, and the path without it and without the names of its parameters."""
    segments = segments_of(path)
    for index, segment in enumerate(segments):
        if _VERSION.fullmatch(segment):
            rest = "/".join((*segments[:index], *segments[index + 1 :]))
            return tuple(map(int, re.findall(r"\d+", segment))), re.sub(r"\{[^}]*\}", "{}", rest)
    return (), path


@rule(
    "api9-deprecated-without-sunset",
    title="Something is deprecated without an end",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API9:2023",
    cwe=1059,
    why="What has no date stays for ever, maintained by nobody.",
    exploited="An attacker prefers what is deprecated: it gets no fixes.",
    remediation="Say when it ends: by the header `Sunset` (RFC 8594), by `x-sunset`, or in the description.",
    good=(
        "paths: {/a: {get: {deprecated: true, x-sunset: '2030-01-01', responses: {}}}}",
        "paths: {/a: {get: {deprecated: true, description: Will be removed in May 2030., responses: {}}}}",
    ),
    bad="paths: {/a: {get: {deprecated: true, responses: {}}}}",
    strict=True,
)
def deprecated_without_sunset(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        place = operation.node.at("deprecated")
        if operation.deprecated and place is not None and not _says_when_it_ends(operation):
            yield Hit(place, f"nothing says when {operation.name} ends", (operation,))


_ENDS = re.compile(r"\b(sunset|removed?|retired?|discontinued|end[- ]of[- ]life|until|shut down)\b", re.IGNORECASE)


def _says_when_it_ends(operation: Operation) -> bool:
    extensions = any(name.startswith("x-") and "sunset" in name.lower() for name, _ in operation.node.entries())
    headers = any(response.header("Sunset") is not None for response in operation.responses)
    return extensions or headers or _ENDS.search(operation.node.text("description")) is not None


@rule(
    "api9-unused-component",
    title="A component is not used",
    severity=Severity.LOW,
    owasp="API9:2023",
    cwe=1164,
    why="What nothing refers to was left over, or something that should refer to it does not.",
    exploited="A schema that was meant to check input checks nothing.",
    remediation="Remove it, or refer to it where it was meant to apply.",
    good="""
        paths: {/a: {get: {responses: {'200': {$ref: '#/components/responses/R'}}}}}
        components: {responses: {R: {description: a}}}
        """,
    bad=f"{_PATHS}\ncomponents: {{schemas: {{Left: {{type: string}}}}}}",
    strict=True,
)
def unused_component(description: Description) -> Iterator[Hit]:
    used = {id(node.target) for source in description.sources for node in source.root.walk() if node.target is not None}
    if len(description.sources) > 1 or not description.operations:
        return  # it may be a library for other documents
    for kind, place in _components(description):
        for name, component in place.entries():
            if id(component) not in used and id(component.resolved) not in used:
                yield Hit(component, f"nothing refers to {name} of {kind}", fix=(RemoveKey(component),))
    yield from _unused_schemes(description)


_REFERRED = ("schemas", "parameters", "responses", "request_bodies", "headers")


def _components(description: Description) -> Iterator[tuple[str, Node]]:
    for field in _REFERRED:
        path: tuple[str, ...] = getattr(description.version, field)
        place = description.root.get(*path) if path else None
        if place is not None:
            yield path[-1], place


def _unused_schemes(description: Description) -> Iterator[Hit]:
    required = {need.name for each in description.every_operation for way in each.security for need in way.requirements}
    for name, scheme in description.security_schemes.items():
        if name not in required:
            yield Hit(scheme.node, f"no operation asks for {name}", fix=(RemoveKey(scheme.node),))


@rule(
    "api9-server-without-environment",
    title="What a server is for is not said",
    severity=Severity.INFO,
    owasp="API9:2023",
    cwe=1059,
    why="Whoever audits or calls the API has to know which servers are production.",
    exploited="A test system with real data is overlooked, because nothing tells it from the others.",
    remediation="Describe the server by its environment, such as `Production`.",
    good=f"servers: [{{url: https://api.example.com, description: Production}}]\n{_PATHS}",
    bad=f"servers: [{{url: https://api.example.com}}]\n{_PATHS}",
    strict=True,
)
def server_without_environment(description: Description) -> Iterator[Hit]:
    for server in description.servers if description.version.servers else ():
        if not server.description:
            yield Hit(
                server.node,
                f"{server.url} has no description",
                fix=(SetKey(server.node, "description", "Production", guess=True),),
            )


@rule(
    "api9-server-without-audience",
    title="Whether a server is public is not said",
    severity=Severity.INFO,
    owasp="API9:2023",
    cwe=1059,
    why="What is internal is guarded by the network only; the document has to say which servers count on that.",
    exploited="An internal server is opened to the internet, because nobody knew that it was internal.",
    remediation="Say it by `x-internal: true` or `false`.",
    good=f"servers: [{{url: https://api.example.com, x-internal: false}}]\n{_PATHS}",
    bad=f"servers: [{{url: https://api.example.com}}]\n{_PATHS}",
    strict=True,
)
def server_without_audience(description: Description) -> Iterator[Hit]:
    for server in description.servers if description.version.servers else ():
        if not server.node.has("x-internal"):
            yield Hit(
                server.node,
                f"nothing says who may reach {server.url}",
                fix=(SetKey(server.node, "x-internal", False, guess=True),),
            )


@rule(
    "api9-no-owner",
    title="Nobody is named as responsible",
    severity=Severity.INFO,
    owasp="API9:2023",
    cwe=1059,
    why="Who finds a hole has to know whom to tell, and who keeps the inventory has to know whom to ask.",
    exploited="A report about a hole reaches nobody, and the hole stays.",
    remediation="Name a team in `info.contact`, with an address.",
    good=f"openapi: 3.1.0\ninfo: {{title: a, version: '1', contact: {{email: api@example.com}}}}\n{_PATHS}",
    bad=_PATHS,
    strict=True,
)
def no_owner(description: Description) -> Iterator[Hit]:
    info = description.root.get("info")
    if info is not None and not (info.text("contact", "email") or info.text("contact", "url")):
        yield Hit(info, "the document names nobody to turn to")


@rule(
    "api9-undescribed-operation",
    title="What an operation is for is not said",
    severity=Severity.INFO,
    owasp="API9:2023",
    cwe=1059,
    why="Nobody can review whether the right people may call what nobody has described.",
    exploited="An operation that was meant for an experiment stays open.",
    remediation="Say in `summary` or `description` what it does and for whom.",
    good="paths: {/a: {get: {summary: List the things, responses: {}}}}",
    bad=_PATHS,
    strict=True,
)
def undescribed_operation(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        if not (operation.node.text("summary") or operation.node.text("description")):
            yield Hit(operation.node, f"nothing says what {operation.name} is for", (operation,))
