"""Checks of who is calling and what they may do."""

from __future__ import annotations

import ipaddress

from gatepost.clock import Clock
from gatepost.crypto.pepper import PepperRing
from gatepost.errors import InsufficientScope, InvalidParameter, QuotaExceeded, TenantSuspended, Unauthenticated
from gatepost.guard import apikey, stream_token
from gatepost.guard.asks import FindKey, FindKeyById, KeyRecord, TakeLimits
from gatepost.guard.limits import Charge, Rate, Verdict
from gatepost.guard.policy import Policy
from gatepost.guard.request import Headers, Principal
from gatepost.guard.scopes import Scope
from gatepost.guard.visit import Asking, Visit

FAILED_CREDENTIALS = Rate(count=1, burst=30)
"""Keys that one address may present in vain. Keys that are good are never held up by it: behind a shared proxy
one broken client would otherwise shut out all the others."""

TOKEN_PARAMETER = "token"  # noqa: S105 - the name of a query parameter

IPV6_NETWORK = 64
"""Bits: the smallest network that one customer gets, so the smallest that counts as one address."""


class Credentials:
    """Whether a credential is what it says, and in force. What is wrong with a bad one is nobody's business."""

    def __init__(self, peppers: PepperRing, clock: Clock) -> None:
        self._peppers = peppers
        self._clock = clock

    def check(self, text: str, visit: Visit) -> Asking:
        """An API key or a stream token, by its prefix."""
        return self.check_token(text, visit) if text.startswith(stream_token.PREFIX) else self.check_key(text, visit)

    def check_key(self, key: str, visit: Visit) -> Asking:
        if not apikey.is_well_formed(key):
            raise Unauthenticated("the API key is not valid")
        digests = tuple(digest for _, digest in self._peppers.digests(key.encode()))
        record: KeyRecord | None = yield FindKey(digests)
        if record is None or not self._is_in_force(record):
            yield from _count_failure(visit.request.client)
            raise Unauthenticated("the API key is not valid")
        visit.principal = Principal(record.tenant, record.key, record.scopes, record.expires_at)
        visit.tenant_suspended = record.tenant_suspended

    def check_token(self, text: str, visit: Visit) -> Asking:
        token = stream_token.verify(text, self._peppers, self._clock.now())
        record: KeyRecord | None = yield FindKeyById(token.tenant, token.key)
        if record is None or not self._is_in_force(record):
            raise Unauthenticated("the stream token is not valid")
        scopes = tuple(Scope("notifications", "read", topic) for topic in token.topics)
        until = token.expires_at if record.expires_at is None else min(token.expires_at, record.expires_at)
        visit.principal = Principal(token.tenant, token.key, scopes, until)
        visit.tenant_suspended = record.tenant_suspended

    def _is_in_force(self, record: KeyRecord) -> bool:
        """Any time of revocation counts, even one ahead of this node's clock."""
        return record.revoked_at is None and (record.expires_at is None or self._clock.now() < record.expires_at)


class KnownCaller:
    """A key is presented in the headers."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, visit: Visit) -> Asking:
        return self._credentials.check_key(_presented_key(visit.request.headers), visit)


class KnownListener:
    """As above, or a stream token in the query: a browser's EventSource can send nothing else."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, visit: Visit) -> Asking:
        token = visit.query.get(TOKEN_PARAMETER)
        if token is not None:
            return self._credentials.check_token(token, visit)
        return self._credentials.check_key(_presented_key(visit.request.headers), visit)


def active_tenant(visit: Visit) -> None:
    if visit.tenant_suspended:
        raise TenantSuspended


class HeldScope:
    """The caller holds the scope of the route: on some topic if the handler asks about topics, else on all."""

    def __init__(self, policy: Policy) -> None:
        self._scope = Scope.parse(policy.scope)
        self._by_topic = policy.by_topic

    def __call__(self, visit: Visit) -> None:
        may = visit.principal.may_on_some_topic if self._by_topic else visit.principal.may
        if not may(self._scope.resource, self._scope.verb):
            raise InsufficientScope(f"this needs the scope {self._scope}")


class WithinLimit:
    """The caller's key has not used up its rate."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate

    def __call__(self, visit: Visit) -> Asking:
        verdict: Verdict = yield TakeLimits((Charge(visit.principal.key, self._rate),))
        if not verdict.allowed:
            raise QuotaExceeded(retry_after=verdict.retry_after)


def _presented_key(headers: Headers) -> str:
    """The key of `Authorization: Bearer` (RFC 6750 section 2.1) or `X-API-Key`; two ways at once are refused."""
    authorization, plain = headers.one("authorization"), headers.one("x-api-key")
    if authorization is None and plain is None:
        raise Unauthenticated("send an API key: authorization: Bearer gp_live_...")
    if authorization is None:
        return plain or ""
    if plain is not None:
        raise InvalidParameter("send the API key in one header, not in two")
    scheme, _, key = authorization.partition(" ")
    return key.lstrip(" ") if scheme.lower() == "bearer" else ""


def _count_failure(client: str) -> Asking:
    verdict: Verdict = yield TakeLimits((Charge(f"failed:{_neighbourhood(client)}", FAILED_CREDENTIALS),))
    if not verdict.allowed:
        raise QuotaExceeded("too many API keys that are not valid", retry_after=verdict.retry_after)


def _neighbourhood(client: str) -> str:
    """The address that failures are counted against; for IPv6 its network."""
    if ":" not in client:
        return client
    try:
        return str(ipaddress.IPv6Network((client.partition("%")[0], IPV6_NETWORK), strict=False))
    except ValueError:
        return client
