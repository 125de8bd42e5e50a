"""What a route of the API is: who may call it, what it takes and gives, and the function that answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from gatepost.errors import InvalidParameter, NotFound
from gatepost.guard.policy import Policy, Route
from gatepost.guard.request import Admission, Principal
from gatepost.notify.notification import field_error
from gatepost.server.service import Service
from gatepost.web.asgi import Endless
from gatepost.web.problem import Answer

Body = TypeVar("Body")
Item = TypeVar("Item")

MANAGEMENT_BODY_BYTES = 64 * 1024
"""Bytes of a body that creates or changes something other than notifications."""

DEFAULT_PAGE = 50
MAX_PAGE = 100

PAGED = frozenset({"limit", "cursor"})
"""The query parameters of a list."""


class Operation(Struct, frozen=True, kw_only=True):
    """One route. `takes` and `gives` are the types of its bodies; `operator` reserves it to the default tenant."""

    method: str
    path: str
    policy: Policy
    handle: Callable[[Service, Admission], Awaitable[Answer | Endless]]
    summary: str
    takes: Any = None
    gives: Any = None
    status: int = 200
    operator: bool = False

    @property
    def route(self) -> Route:
        return Route(self.method, self.path, self.policy, self)


async def answer(service: Service, admission: Admission) -> Answer | Endless:
    """Runs the operation that the gate admitted."""
    operation: Operation = admission.handler
    if operation.operator:
        require_operator(service, admission.principal)
    return await operation.handle(service, admission)


def require_operator(service: Service, principal: Principal) -> None:
    """Whatever its scopes, a key of another tenant sees its own tenant only: it is told that nothing is here."""
    if principal.tenant != service.operator_tenant:
        raise NotFound


def read(kind: type[Body], body: bytes) -> Body:
    """The body as `kind`; raises `InvalidField` or `UnknownField` with a JSON Pointer."""
    try:
        decoded = msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise field_error(error) from None
    return decoded


def json_answer(document: object, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode(document))


def page_of(admission: Admission, documents: Iterable[Item], name: Callable[[Item], str]) -> Answer:
    """A page of what memory holds, in the order of its names; `next` is the name with which the page ends."""
    cursor = admission.query.get("cursor", "")
    rest = sorted((each for each in documents if name(each) > cursor), key=name)
    size = page_size(admission)
    return json_answer({"data": rest[:size], "next": name(rest[size - 1]) if len(rest) > size else None})


def page_size(admission: Admission) -> int:
    text = admission.query.get("limit", str(DEFAULT_PAGE))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MAX_PAGE):
        raise InvalidParameter(f"limit: a whole number from 1 to {MAX_PAGE}")
    return int(text)
