"""API4, API6 and API8:2023: answers that are not documented, and what is missing in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.seeded.document import WRITES, Document, Operation
from tests.seeded.fault import Edit, Family, Fault, fault

_SENSITIVE_FLOW = re.compile(r"login|sessions|password-reset|VerificationCheck|Verifications$|tickets$")
CORS = "Access-Control-Allow-Origin"


def _missing(status: str, methods: tuple[str, ...] = ("get", *WRITES)) -> Callable[[Document], Iterator[Fault]]:
    def plant(document: Document) -> Iterator[Fault]:
        having = [each for each in document.operations if status in each.node["responses"] and each.method in methods]
        for operation in having:
            yield fault("inline", (*operation.pointer, "responses", status))
        yield Fault("global", tuple(Edit((*each.pointer, "responses", status)) for each in having))

    return plant


def _missing_on_reads_of_one(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        if operation.path.endswith("}"):
            yield fault("inline", (*operation.pointer, "responses", "404"))


def _missing_in_flow(document: Document) -> Iterator[Fault]:
    for operation in _flows(document):
        yield fault("inline", (*operation.pointer, "responses", "429"))


def _flows(document: Document) -> Iterator[Operation]:
    for operation in document.operations:
        if operation.method == "post" and _SENSITIVE_FLOW.search(operation.path):
            yield operation


def _telling(document: Document) -> Iterator[Fault]:
    """Whether an account exists can be told from the status."""
    for operation in document.operations:
        if operation.path in ("/login", "/sessions", "/account/password-reset"):
            unauthorized = operation.node["responses"]["401"]
            answer = document.target(unauthorized) | {"description": "There is no account with that name."}
            yield fault("inline", (*operation.pointer, "responses", "404"), answer)


def _without_headers(names: tuple[str, ...], statuses: str) -> Callable[[Document], Iterator[Fault]]:
    """The headers are taken out of an answer, in place or where it is shared."""

    def plant(document: Document) -> Iterator[Fault]:
        for operation in document.operations:
            for status, pointer, node, shape in document.answers(operation):
                present = [name for name in names if name in node.get("headers", {})]
                if re.fullmatch(statuses, status) and present:
                    yield Fault(shape, tuple(Edit((*pointer, "headers", name)) for name in present))

    return plant


def _any_origin(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        for status, pointer, node, shape in document.answers(operation):
            if status.startswith("2") and CORS in node.get("headers", {}):
                own = (*pointer, "headers", CORS)
                place, _ = document.resolve(own)
                schema = place if document.is_v2 else (*place, "schema")
                yield fault(shape if place == own else "ref", (*schema, "enum"), ["*"])


def _without_content(statuses: str) -> Callable[[Document], Iterator[Fault]]:
    def plant(document: Document) -> Iterator[Fault]:
        for operation in document.operations:
            for status, pointer, node, shape in document.answers(operation):
                key = "schema" if document.is_v2 else "content"
                if re.fullmatch(statuses, status) and key in node:
                    yield fault(shape, (*pointer, key))

    return plant


_RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

FAMILIES = (
    Family("missing-429", "API4:2023", _missing("429"), business=False),
    Family("missing-429-in-sensitive-flow", "API6:2023", _missing_in_flow, business=False),
    Family("telling-failures", "API6:2023", _telling),
    Family("missing-400", "API8:2023", _missing("400"), business=False),
    Family("missing-401", "API8:2023", _missing("401"), business=False),
    Family("missing-403", "API8:2023", _missing("403"), business=False),
    Family("missing-404", "API8:2023", _missing_on_reads_of_one, business=False),
    Family("missing-415", "API8:2023", _missing("415", ("post", "put", "patch")), business=False),
    Family("missing-500", "API8:2023", _missing("500"), business=False),
    Family("missing-default", "API8:2023", _missing("default"), business=False),
    Family("missing-rate-limit-headers", "API4:2023", _without_headers(_RATE, "2.."), business=False),
    Family("missing-rate-limit-headers-on-429", "API4:2023", _without_headers(_RATE, "429"), business=False),
    Family("missing-retry-after", "API4:2023", _without_headers(("Retry-After",), "429"), business=False),
    Family("missing-cors-origin", "API8:2023", _without_headers((CORS,), "2..|401|429"), business=False),
    Family("any-cors-origin", "API8:2023", _any_origin),
    Family("error-without-schema", "API8:2023", _without_content("400|401|429|500|default"), business=False),
    Family("answer-without-schema", "API3:2023", _without_content("200")),
)
