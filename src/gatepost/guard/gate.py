"""The gate: every request passes the same checks in the same order, and each route says what they demand."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from gatepost.clock import Clock
from gatepost.crypto.pepper import PepperRing
from gatepost.errors import GatepostError, Unauthenticated
from gatepost.guard.caller import Credentials, HeldScope, KnownCaller, KnownListener, WithinLimit, active_tenant
from gatepost.guard.limits import Rate
from gatepost.guard.policy import ANY_KEY, PUBLIC, Json, Policy, Route
from gatepost.guard.request import Admission, Refusal, Request
from gatepost.guard.routes import Matched, RouteTable
from gatepost.guard.shape import AnnouncedBody, KnownQuery, StrictJson, WholeBody, bounded_headers
from gatepost.guard.visit import Check, Steps, Visit

CHALLENGE = ((b"www-authenticate", b'Bearer realm="gatepost"'),)
"""On every 401 (RFC 9110 section 11.6.1)."""


class Gate:
    """All routes with their checks. It decides and does nothing else: facts are asked for, see `gatepost.guard.drive`.

    `limit` is the rate of each API key over all routes. Raises InvalidSetting for routes that contradict each other.
    """

    def __init__(self, routes: Iterable[Route], peppers: PepperRing, limit: Rate, clock: Clock) -> None:
        self._credentials = Credentials(peppers, clock)
        self._known_caller = KnownCaller(self._credentials)
        self._known_listener = KnownListener(self._credentials)
        self._within_limit = WithinLimit(limit)
        self._table = RouteTable((route, tuple(self._checks(route.policy))) for route in routes)

    def _checks(self, policy: Policy) -> Iterable[Check]:
        """The order of all checks. What costs nothing goes first; a stranger's body is neither read nor parsed."""
        yield bounded_headers
        yield KnownQuery(policy.query)
        yield AnnouncedBody(policy.body)
        if policy.scope != PUBLIC:
            yield self._known_listener if policy.stream_token else self._known_caller
            yield active_tenant
            if policy.scope != ANY_KEY:
                yield HeldScope(policy)
            yield self._within_limit
        if policy.body:
            yield WholeBody(policy.body)
        if isinstance(policy.body, Json):
            yield StrictJson(policy.body)

    def route(self, method: str, path: str) -> Matched:
        """What is at a decoded path; raises NoSuchRoute or MethodNotAllowed."""
        return self._table.match(method, path)

    @staticmethod
    def steps(request: Request, matched: Matched) -> Steps:
        """Run the checks of a route, in order, until one refuses; the value is an Admission or a Refusal."""
        return _run(matched.checks, Visit(request, matched.route, matched.params))

    def steps_of_caller(self, credential: str, admission: Admission) -> Steps:
        """The checks of a caller who is let in as nobody, and shows an API key or stream token later, in a frame."""
        visit = Visit(admission.request, admission.route, admission.params)
        return _run((partial(self._credentials.check, credential), active_tenant, self._within_limit), visit)


def _run(checks: Iterable[Check], visit: Visit) -> Steps:
    try:
        for check in checks:
            asking = check(visit)
            if asking is not None:
                yield from asking
    except GatepostError as error:
        return Refusal(error, CHALLENGE if isinstance(error, Unauthenticated) else ())
    return visit.admission()
