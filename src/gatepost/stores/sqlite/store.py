"""The store as the service sees it: every verb of the Protocols, each one line onto a set writer or a reader."""

from __future__ import annotations

import sqlite3
from asyncio import Future
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from gatepost.crypto.keyring import Keyring
from gatepost.errors import DataSealed, SealBroken, Unavailable
from gatepost.guard.accounts import ApiKey, Tenant
from gatepost.notify.delivery import Delivery, Finished, State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.replay import Candidate
from gatepost.notify.store import (
    Acceptance,
    Accepted,
    Claim,
    Filter,
    Keep,
    LogPortion,
    NotificationView,
    Page,
    Planned,
    Totals,
)
from gatepost.notify.subscription import Acknowledgement, Progress, Subscription
from gatepost.stores.sqlite import accounts, changing, reading, replaying, subscribing
from gatepost.stores.sqlite.accepting import write_acceptances
from gatepost.stores.sqlite.commit import GroupCommit
from gatepost.stores.sqlite.database import open_database, open_reader, opening
from gatepost.stores.sqlite.delivering import write_claims, write_steps
from gatepost.stores.sqlite.ids import pack, unpack
from gatepost.stores.sqlite.mark import CommitMark
from gatepost.stores.sqlite.named import statements
from gatepost.stores.sqlite.pruning import Pruner
from gatepost.stores.vault import Vault

MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Bytes of payloads that may wait for their commit: a minute of a very slow disk, not all of the memory."""

DATABASE = "gatepost.db"

_SQL = statements("notifications.sql")


class SqliteStore:
    """All of `NotificationStore`, `SubscriptionStore`, `EndpointStore` and `AccountStore` in one SQLite file.

    Must be made inside a running event loop, and once per data directory.
    """

    def __init__(self, directory: Path, vault: Vault) -> None:
        """Opens or makes the files in `directory`, whose cells `vault` seals.

        Raises `StartRefused`, and of that `DataDamaged` for damage and `DataSealed` when it is another's vault.
        """
        with ExitStack() as files, opening(DATABASE):
            mark = files.enter_context(closing(CommitMark(directory / DATABASE)))
            mark.check()
            self._writer = files.enter_context(closing(open_database(directory / DATABASE, vault)))
            self._reader = files.enter_context(closing(open_reader(directory / DATABASE)))
            self._vault = vault
            _unlock(vault, self._reader)
            self._commits = GroupCommit(self._writer, mark, vault)
            self._recover()
            if mark.was_missing:  # removed to accept a loss, or a copy without it: who counted on the old log must know
                self._writer.execute(_SQL["new_epoch"])
            self._epoch = str(self._writer.execute(_SQL["epoch"]).fetchone()[0])
            self._files = files.pop_all()
        self._pruner = Pruner()
        self._waiting_bytes = 0

    def _recover(self) -> None:
        """What was being sent when the last process ended is due again, in order: at least once, never lost."""
        self._writer.execute(_SQL["hold_claimed"])
        self._writer.execute(_SQL["release_claimed"])
        (self._commits.totals.backlog,) = self._writer.execute(_SQL["count_open"]).fetchone()

    @property
    def totals(self) -> Totals:
        return self._commits.totals

    async def aclose(self) -> None:
        """Commits what waits and closes the files."""
        await self._commits.aclose()
        self._files.close()

    # Notifications

    def accept(self, acceptance: Acceptance) -> Future[Accepted]:
        size = sum(len(item.notification.payload) for item in acceptance.items if isinstance(item, Planned))
        if self._waiting_bytes + size > MAX_WAITING_BYTES:
            raise Unavailable("too much waits to be written to disk", retry_after=1)
        self._waiting_bytes += size
        accepted = self._commits.submit(write_acceptances, acceptance)
        accepted.add_done_callback(lambda _: self._written(size))
        return accepted

    def _written(self, size: int) -> None:
        self._waiting_bytes -= size

    async def finish(self, steps: Sequence[Finished]) -> frozenset[str]:
        return await self._commits.submit(write_steps, steps)

    async def claim(self, claims: Sequence[Claim], now: int) -> list[Delivery]:
        return await self._commits.submit(write_claims, (claims, now))

    async def next_due(self) -> dict[tuple[str, str], int]:
        rows = self._reader.execute(_SQL["next_due"])
        return {(unpack("ten", tenant), unpack("ep", endpoint)): due_at for tenant, endpoint, due_at in rows}

    async def next_due_of(self, endpoints: Sequence[tuple[str, str]]) -> dict[str, int]:
        due = {}
        for tenant, endpoint in endpoints:
            (due_at,) = self._reader.execute(_SQL["next_due_of"], (pack(tenant), pack(endpoint))).fetchone()
            if due_at is not None:
                due[endpoint] = due_at
        return due

    async def cancel(self, tenant: str, notification: str, withdrawn: Sequence[str]) -> int:
        return await self._commits.submit(changing.cancel, (tenant, notification, withdrawn))

    async def retry(self, tenant: str, notification: str, endpoint: str, now: int) -> bool:
        return await self._commits.submit(changing.retry, (tenant, notification, endpoint, now))

    async def clear_endpoint(self, tenant: str, endpoint: str) -> int:
        return await self._commits.submit(changing.clear_endpoint, (tenant, endpoint))

    async def candidates(
        self, tenant: str, endpoint: str, since: int, until: int, after: str | None, limit: int
    ) -> list[Candidate]:
        return replaying.candidates(self._reader, tenant, endpoint, since, until, after, limit)

    async def replay(self, tenant: str, endpoint: str, wanted: Sequence[tuple[int, int]]) -> int:
        return await self._commits.submit(replaying.replay, (tenant, endpoint, wanted))

    async def find(self, tenant: str, notification: str) -> NotificationView | None:
        return reading.find(self._reader, self._vault, tenant, notification)

    async def page(self, tenant: str, wanted: Filter, before: str | None, limit: int) -> Page:
        return reading.page(self._reader, self._vault, tenant, wanted, before, limit)

    async def deliveries(self, tenant: str, state: State, endpoint: str, after: str | None, limit: int) -> Page:
        return reading.deliveries_page(self._reader, tenant, state, endpoint, after, limit)

    async def parked_by_tenant(self) -> dict[str, int]:
        return reading.parked_by_tenant(self._reader)

    @property
    def epoch(self) -> str:
        return self._epoch

    async def read_log(self, tenant: str, after: int, until: int) -> LogPortion:
        return reading.read_log(self._reader, self._vault, tenant, after, until)

    async def prune(self, keep: Keep) -> bool:
        return await self._commits.submit(self._pruner.write, keep)

    # Durable subscriptions

    async def subscriptions(self, tenant: str) -> list[Subscription]:
        return subscribing.all_of(self._reader, tenant)

    async def subscription(self, tenant: str, name: str) -> Subscription | None:
        return subscribing.find(self._reader, tenant, name)

    async def put_subscription(self, subscription: Subscription) -> None:
        await self._commits.submit(subscribing.put, subscription)

    async def delete_subscription(self, tenant: str, name: str) -> bool:
        return await self._commits.submit(subscribing.delete, (tenant, name))

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        await self._commits.submit(subscribing.acknowledge, acknowledgement)

    async def note_progress(self, progress: Sequence[Progress]) -> None:
        await self._commits.submit(subscribing.note_progress, progress)

    async def forget_subscriptions(self, unused_since: int) -> int:
        return await self._commits.submit(subscribing.forget, unused_since)

    # Endpoints

    async def endpoints(self) -> list[Endpoint]:
        return accounts.endpoints(self._reader, self._vault)

    async def put_endpoint(self, endpoint: Endpoint) -> None:
        await self._commits.submit(accounts.write_endpoints, endpoint)

    async def delete_endpoint(self, tenant: str, endpoint: str) -> None:
        await self._commits.submit(accounts.delete_endpoints, (tenant, endpoint))

    # Tenants and keys

    def tenants(self) -> list[Tenant]:
        return accounts.tenants(self._reader)

    def tenant(self, tenant: str) -> Tenant | None:
        return accounts.tenant(self._reader, tenant)

    def tenant_by_name(self, name: str) -> Tenant | None:
        return accounts.tenant_by_name(self._reader, name)

    def keys(self, tenant: str) -> list[ApiKey]:
        return accounts.keys(self._reader, tenant)

    def key(self, tenant: str, key: str) -> ApiKey | None:
        return accounts.key(self._reader, tenant, key)

    def key_by_digest(self, digest: bytes) -> ApiKey | None:
        return accounts.key_by_digest(self._reader, digest)

    def count_keys(self) -> int:
        return accounts.count_keys(self._reader)

    async def add_tenant(self, tenant: Tenant) -> None:
        await self._commits.submit(accounts.write_tenants, tenant)

    async def rewrap(self, keyring: Keyring) -> None:
        """Has the keys of all tenants wrapped by the primary key of another ring."""
        await self._commits.submit(accounts.rewrap_tenant_keys, keyring)

    async def suspend_tenant(self, tenant: str, at: int | None) -> None:
        await self._commits.submit(accounts.write_suspensions, (tenant, at))

    async def destroy_tenant(self, tenant: str) -> None:
        left = await self._commits.submit(accounts.destroy_tenants, tenant)
        self._vault.forget(tenant)  # not any earlier: a commit can fail
        while left:
            left = await self._commits.submit(accounts.destroy_tenants, tenant)

    async def add_key(self, key: ApiKey) -> None:
        await self._commits.submit(accounts.write_keys, key)

    async def revoke_key(self, tenant: str, key: str, at: int) -> None:
        await self._commits.submit(accounts.revoke_keys, (tenant, key, at))


def _unlock(vault: Vault, reader: sqlite3.Connection) -> None:
    try:
        vault.load(accounts.tenant_keys(reader))
    except SealBroken:
        raise DataSealed("the keyring is another one than that which sealed the database") from None
