"""A request on its way through the checks of its route."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from gatepost.guard.asks import Ask
from gatepost.guard.policy import Route
from gatepost.guard.request import ANONYMOUS, Admission, Decision, Request


class Visit:
    """What the checks have found out so far; the gate alone holds it, and it ends as an `Admission` or not at all."""

    __slots__ = ("body", "media_type", "params", "principal", "query", "request", "route", "tenant_suspended")

    def __init__(self, request: Request, route: Route, params: Mapping[str, str]) -> None:
        self.request = request
        self.route = route
        self.params = params
        self.query: Mapping[str, str] = {}
        self.principal = ANONYMOUS
        self.tenant_suspended = False
        self.media_type = ""
        self.body = b""

    def admission(self) -> Admission:
        return Admission(self.request, self.route, self.params, self.query, self.principal, self.media_type, self.body)


Asking = Generator[Ask, Any, None]
"""A check that needs outside facts: it yields asks and is sent their answers."""

Check = Callable[[Visit], Asking | None]
"""One check: returns when satisfied and raises a GatepostError when not; one that asks returns an `Asking`."""

Steps = Generator[Ask, Any, Decision]
"""All checks of one request, for a driver of `gatepost.guard.drive`."""
