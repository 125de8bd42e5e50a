"""API7 and API10:2023: addresses that callers name, and calls that the service makes or takes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.seeded.document import Document
from tests.seeded.families.authentication import added_parameter
from tests.seeded.fault import Edit, Family, Fault, fault

_NAMES = ("redirect_url", "callback", "imageUrl", "webhook-url")


def _url_parameter(document: Document) -> Iterator[Fault]:
    operations = [each for each in document.operations if each.method == "get"]
    for operation, name in zip(operations, _NAMES, strict=False):
        yield from added_parameter(document, operation, name)


def _callbacks(document: Document) -> Iterator[tuple[str, ...]]:
    for operation in document.operations:
        for name, callback in operation.node.get("callbacks", {}).items():
            for address in callback:
                yield (*operation.pointer, "callbacks", name, address)


def _callback_to_anywhere(document: Document) -> Iterator[Fault]:
    """The caller names the address to be called."""
    if document.is_v2:
        return
    for operation in document.operations:
        if operation.method == "post" and "callbacks" not in operation.node:
            answers = {"200": {"description": "Taken."}}
            told = {"summary": "Tell the caller", "responses": answers}
            address = "{$request.query.notify}"
            yield fault("inline", (*operation.pointer, "callbacks"), {"done": {address: {"post": told}}})


def _open_callback(document: Document) -> Iterator[Fault]:
    for pointer in _callbacks(document):
        yield fault("inline", (*pointer, "post", "security"), [])


def _plain_callback(document: Document) -> Iterator[Fault]:
    for pointer in _callbacks(document):
        plain = (*pointer[:-1], pointer[-1].replace("https:", "http:"))
        yield Fault("inline", (Edit(plain, document.get(pointer)), Edit(pointer)))


def _unsigned_webhook(document: Document) -> Iterator[Fault]:
    for name in document.tree.get("webhooks", {}):
        place = ("webhooks", name, "post")
        yield Fault("inline", (Edit((*place, "parameters")), Edit((*place, "security"), [])))


FAMILIES = (
    Family("url-parameter", "API7:2023", _url_parameter),
    Family("callback-to-anywhere", "API7:2023", _callback_to_anywhere),
    Family("open-callback", "API10:2023", _open_callback),
    Family("plain-http-callback", "API10:2023", _plain_callback, business=False),
    Family("unsigned-webhook", "API10:2023", _unsigned_webhook),
)
