"""Endpoints as their owners manage them: made, changed, paused, deleted, secrets rotated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from gatepost.clock import Clock, new_id
from gatepost.crypto import webhook_signatures
from gatepost.errors import Conflict, GatepostError, NotFound
from gatepost.guard.egress import EgressRules, parse_url
from gatepost.notify.endpoint import Endpoint, SignatureKind
from gatepost.notify.routing import Routing
from gatepost.notify.store import EndpointStore
from gatepost.server.delivery.local import LocalEngine

MAX_ENDPOINTS = 10_000
"""Endpoints of one tenant: each notification is matched against all of them once per topic and type."""


class Endpoints:
    """Keeps endpoints in the store, in the routing and in the delivery engine, all three alike."""

    def __init__(
        self, store: EndpointStore, routing: Routing, engine: LocalEngine, rules: EgressRules, clock: Clock
    ) -> None:
        self._store = store
        self._routing = routing
        self._engine = engine
        self._rules = rules
        self._clock = clock

    def all(self, tenant: str) -> tuple[Endpoint, ...]:
        return self._routing.of_tenant(tenant)

    def find(self, tenant: str, endpoint_id: str) -> Endpoint:
        """Raises `NotFound`."""
        endpoint = self._routing.find(tenant, endpoint_id)
        if endpoint is None:
            raise NotFound("there is no such endpoint")
        return endpoint

    async def create(
        self, tenant: str, url: str, signature: SignatureKind, secret: str | None, **fields: Any
    ) -> Endpoint:
        """Makes an endpoint, with a new secret unless one is given.

        Raises `InvalidField`, `AddressRefused` or `Conflict`.
        """
        if len(self.all(tenant)) >= MAX_ENDPOINTS:
            raise Conflict(f"a tenant may have {MAX_ENDPOINTS} endpoints")
        self._check_url(url)
        endpoint = Endpoint(
            id=new_id("ep", self._clock),
            tenant=tenant,
            url=url,
            created_at=self._clock.now(),
            secret=secret or self._new_secret(signature),
            **fields,
        )
        webhook_signatures.signer((endpoint.secret,))  # refuses a malformed secret now, not at the first delivery
        await self._store.put_endpoint(endpoint)
        self._put(endpoint)
        return endpoint

    async def change(self, tenant: str, endpoint_id: str, **fields: Any) -> Endpoint:
        """Replaces the given fields. Raises `NotFound`, `InvalidField` or `AddressRefused`."""
        if "url" in fields:
            self._check_url(fields["url"])
        return await self.keep(msgspec.structs.replace(self.find(tenant, endpoint_id), **fields))

    async def set_state(self, tenant: str, endpoint_id: str, *, paused: bool) -> Endpoint:
        """Pauses or resumes. Resuming a disabled endpoint gives it a clean record."""
        if paused:
            return await self.change(tenant, endpoint_id, state="paused")
        return await self.change(tenant, endpoint_id, state="active", failing_since=None, warned=0)

    async def rotate_secret(self, tenant: str, endpoint_id: str, overlap_ms: int) -> Endpoint:
        """Gives a new secret; the old one goes on signing beside it for `overlap_ms` milliseconds."""
        endpoint = self.find(tenant, endpoint_id)
        return await self.change(
            tenant,
            endpoint_id,
            secret=self._new_secret("v1a" if endpoint.secret.startswith("whsk_") else "v1"),
            old_secret=endpoint.secret if overlap_ms else None,
            old_secret_ends_at=self._clock.now() + overlap_ms if overlap_ms else None,
        )

    async def delete(self, tenant: str, endpoint_id: str) -> None:
        """Deletes an endpoint and cancels what was on its way to it."""
        endpoint = self.find(tenant, endpoint_id)
        # In memory first: a change of its health that comes in meanwhile would write it back into the store.
        self._routing.remove(endpoint)
        try:
            await self._store.delete_endpoint(tenant, endpoint_id)
        except GatepostError:
            self._routing.put(endpoint)
            raise
        await self._engine.remove(endpoint)

    async def forget_tenant(self, tenant: str) -> None:
        """Lets go of every endpoint of a tenant that is being destroyed."""
        for endpoint in self.all(tenant):
            await self.delete(tenant, endpoint.id)

    async def keep(self, endpoint: Endpoint) -> Endpoint:
        """Takes over what changed about an endpoint. When it cannot be written nothing has changed."""
        before = self._routing.find(endpoint.tenant, endpoint.id)
        if before is not None:
            endpoint = endpoint.remembering(before, self._clock.now())
        # In memory first: two changes at once must each start from the other, not both from the same old one.
        self._put(endpoint)
        try:
            await self._store.put_endpoint(endpoint)
        except BaseException:
            if before is not None and self._routing.find(endpoint.tenant, endpoint.id) is endpoint:
                self._put(before)  # unless it was changed again or deleted meanwhile
            raise
        return endpoint

    def _put(self, endpoint: Endpoint) -> None:
        self._routing.put(endpoint)
        self._engine.put(endpoint)

    def _check_url(self, url: str) -> None:
        """Refuses what is no URL for a webhook; the address behind a name is checked again at every connection."""
        self._rules.check_target(parse_url(url))

    def _new_secret(self, signature: SignatureKind) -> str:
        make: Callable[[Clock], str] = (
            webhook_signatures.new_ed25519_key if signature == "v1a" else webhook_signatures.new_hmac_key
        )
        return make(self._clock)
