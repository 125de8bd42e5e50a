"""Tenants and their API keys: made, found, suspended, revoked, destroyed."""

from __future__ import annotations

from gatepost.clock import Clock, new_id
from gatepost.crypto.pepper import PepperRing
from gatepost.crypto.secret import Secret
from gatepost.errors import Conflict, NotFound
from gatepost.guard import apikey
from gatepost.guard.accounts import DEFAULT_TENANT, AccountStore, ApiKey, Tenant
from gatepost.guard.asks import FindKey, FindKeyById, KeyRecord
from gatepost.guard.scopes import parse_all

MAX_REMEMBERED = 10_000
"""Keys, and digests that are no key, kept ready: about 5 MB. Bounded, or random keys would fill the memory."""


class Accounts:
    """Keeps tenants and keys, and answers the gate's question for a key from memory."""

    def __init__(self, store: AccountStore, peppers: PepperRing, clock: Clock) -> None:
        self._store = store
        self._peppers = peppers
        self._clock = clock
        self._records: dict[bytes, KeyRecord | None] = {}

    # Keys

    def find_key(self, ask: FindKey) -> KeyRecord | None:
        """Answers the gate."""
        for digest in ask.digests:
            record = self._record(digest)
            if record is not None:
                return record
        return None

    def find_key_by_id(self, ask: FindKeyById) -> KeyRecord | None:
        """Answers the gate about a key that made a stream token."""
        key = self._store.key(ask.tenant, ask.key)
        return None if key is None else self._record(key.digest)

    async def create_key(
        self, tenant: str, name: str, scopes: tuple[str, ...], expires_at: int | None = None
    ) -> tuple[ApiKey, Secret[str]]:
        """Makes a key. The second value is the key itself; it is nowhere else and cannot be shown again.

        Raises `NotFound` when there is no such tenant, and `InvalidField` for a scope that is none.
        """
        if self._store.tenant(tenant) is None:
            raise NotFound("there is no such tenant")
        secret = apikey.generate(self._clock)
        version, digest = self._peppers.digest(secret.reveal().encode())
        key = ApiKey(
            tenant=tenant,
            id=new_id("key", self._clock),
            name=name,
            start=apikey.display_start(secret.reveal()),
            scopes=tuple(map(str, parse_all(scopes))),
            pepper=version,
            digest=digest,
            created_at=self._clock.now(),
            expires_at=expires_at,
        )
        await self._store.add_key(key)
        self._records.clear()
        return key, secret

    def keys(self, tenant: str) -> list[ApiKey]:
        return self._store.keys(tenant)

    async def revoke_key(self, tenant: str, key_id: str) -> ApiKey:
        """After this returns, no request is let in with the key. Raises `NotFound`."""
        key = self._store.key(tenant, key_id)
        if key is None:
            raise NotFound("there is no such key")
        await self._store.revoke_key(tenant, key_id, self._clock.now())
        self._records.clear()
        return self._store.key(tenant, key_id) or key

    # Tenants

    def tenants(self) -> list[Tenant]:
        return self._store.tenants()

    def tenant(self, tenant: str) -> Tenant:
        found = self._store.tenant(tenant)
        if found is None:
            raise NotFound("there is no such tenant")
        return found

    async def create_tenant(self, name: str) -> Tenant:
        """Raises `Conflict` when the name is taken."""
        tenant = Tenant(new_id("ten", self._clock), name, self._clock.now())
        await self._store.add_tenant(tenant)
        return tenant

    async def suspend_tenant(self, tenant: str, suspended: bool) -> Tenant:
        """Refuses all its keys, or lets them in again. Raises `NotFound`, and `Conflict` for the default tenant."""
        self._spare_default(tenant)
        await self._store.suspend_tenant(tenant, self._clock.now() if suspended else None)
        self._records.clear()
        return self.tenant(tenant)

    async def destroy_tenant(self, tenant: str) -> None:
        """Removes the tenant and everything it owns. Raises `NotFound`, and `Conflict` for the default tenant."""
        self._spare_default(tenant)
        await self._store.destroy_tenant(tenant)
        self._records.clear()

    async def first_start(self) -> tuple[Tenant, Secret[str] | None]:
        """The default tenant, made when it is not there yet; and its first key, when there is no key at all."""
        tenant = self._store.tenant_by_name(DEFAULT_TENANT) or await self.create_tenant(DEFAULT_TENANT)
        if self._store.count_keys():
            return tenant, None
        return tenant, await self.create_operator_key(tenant)

    async def create_operator_key(self, tenant: Tenant) -> Secret[str]:
        """A key that may do everything, for the first start and for whoever lost the last one."""
        _, secret = await self.create_key(tenant.id, "operator", ("*:*",))
        return secret

    def _spare_default(self, tenant: str) -> None:
        if self.tenant(tenant).name == DEFAULT_TENANT:
            raise Conflict("the default tenant cannot be suspended or destroyed")

    def _record(self, digest: bytes) -> KeyRecord | None:
        if digest in self._records:
            return self._records[digest]
        if len(self._records) >= MAX_REMEMBERED:
            self._records.pop(next(iter(self._records)))
        record = self._records[digest] = self._read(digest)
        return record

    def _read(self, digest: bytes) -> KeyRecord | None:
        key = self._store.key_by_digest(digest)
        if key is None:
            return None
        tenant = self._store.tenant(key.tenant)
        return KeyRecord(
            key=key.id,
            tenant=key.tenant,
            scopes=parse_all(key.scopes),
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            tenant_suspended=tenant is None or tenant.suspended_at is not None,
        )
