"""API9:2023: what is there, where, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from tests.seeded.document import Document
from tests.seeded.families.authorization import copied
from tests.seeded.fault import Family, Fault, fault

_ELSEWHERE = ("staging.example.com", "localhost:8443", "10.0.0.5", "api-dev.internal")


def _non_production_server(document: Document) -> Iterator[Fault]:
    if document.is_v2:
        for host in _ELSEWHERE:
            yield fault("global", ("host",), host)
        return
    server = document.get(("servers", "0"))
    for host in _ELSEWHERE:
        yield fault("global", ("servers", "1"), server | {"url": f"https://{host}/"})
    for operation in document.operations[1:2]:
        yield fault("path", ("paths", operation.path, "servers"), [server | {"url": f"https://{_ELSEWHERE[0]}/"}])


def _several_versions(document: Document) -> Iterator[Fault]:
    model = next(each for each in document.operations if each.method == "get" and "{" not in each.path)
    name = model.path.rpartition("/")[2]
    for old, new in (("v7", "v8"), ("v1.0", "v8.0")):
        first, second = copied(document, f"/{old}/{name}"), copied(document, f"/{new}/{name}")
        yield Fault("global", (*first.edits, *second.edits))


def _deprecated(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        yield fault("inline", (*operation.pointer, "deprecated"), True)


def _unnamed_environment(document: Document) -> Iterator[Fault]:
    if not document.is_v2:
        yield fault("global", ("servers", "0", "description"))


def _unnamed_audience(document: Document) -> Iterator[Fault]:
    if not document.is_v2:
        yield fault("global", ("servers", "0", "x-internal"))


def _no_servers(document: Document) -> Iterator[Fault]:
    yield fault("global", ("host" if document.is_v2 else "servers",))


def _unused_component(document: Document) -> Iterator[Fault]:
    left_over = {"type": "string", "maxLength": 10, "pattern": "^[a-z]*$"}
    yield fault("ref", document.component("schemas", "LeftOver"), left_over)


FAMILIES = (
    Family("non-production-server", "API9:2023", _non_production_server),
    Family("several-versions", "API9:2023", _several_versions),
    Family("deprecated-without-sunset", "API9:2023", _deprecated),
    Family("server-without-environment", "API9:2023", _unnamed_environment),
    Family("server-without-audience", "API9:2023", _unnamed_audience),
    Family("no-servers", "API9:2023", _no_servers),
    Family("unused-component", "API9:2023", _unused_component),
)
