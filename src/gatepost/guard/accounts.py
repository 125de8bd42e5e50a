"""Tenants and API keys as they are kept; the key itself is nowhere, only its digest."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from msgspec import Struct

DEFAULT_TENANT = "default"
"""The name of the tenant that exists from the first start."""


class Tenant(Struct, frozen=True):
    """Whoever owns notifications, endpoints and keys; nothing is ever shared between two. Times in milliseconds."""

    id: str
    name: str
    created_at: int
    suspended_at: int | None = None


class ApiKey(Struct, frozen=True):
    """What is known of a key. `start` is what people see of it, `digest` is keyed with the pepper of that version."""

    tenant: str
    id: str
    name: str
    start: str
    scopes: tuple[str, ...]
    pepper: int
    digest: bytes
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None


class AccountStore(Protocol):
    """What the service needs from whatever keeps its tenants and keys. Writes return once they are on disk."""

    def tenants(self) -> list[Tenant]: ...

    def tenant(self, tenant: str) -> Tenant | None: ...

    def tenant_by_name(self, name: str) -> Tenant | None: ...

    def keys(self, tenant: str) -> list[ApiKey]: ...

    def key(self, tenant: str, key: str) -> ApiKey | None: ...

    def key_by_digest(self, digest: bytes) -> ApiKey | None: ...

    def count_keys(self) -> int: ...

    def add_tenant(self, tenant: Tenant) -> Awaitable[None]:
        """Raises `Conflict` when the name is taken."""
        ...

    def suspend_tenant(self, tenant: str, at: int | None) -> Awaitable[None]:
        """Suspends at a time in milliseconds; None lets the tenant go on. Raises `NotFound`."""
        ...

    def destroy_tenant(self, tenant: str) -> Awaitable[None]: ...

    def add_key(self, key: ApiKey) -> Awaitable[None]: ...

    def revoke_key(self, tenant: str, key: str, at: int) -> Awaitable[None]:
        """Raises `NotFound`."""
        ...
