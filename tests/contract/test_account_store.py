"""Store suite: tenants, API keys and endpoints; and that a destroyed tenant leaves nothing behind."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gatepost.clock import new_id
from gatepost.errors import Conflict, NotFound
from gatepost.guard.accounts import ApiKey, Tenant
from gatepost.notify.delivery import State
from gatepost.notify.store import Acceptance, IdempotencyKey, Planned
from tests.contract.engines import Engine, Store, opened
from tests.contract.steps import ENDPOINT, OTHER_TENANT, TENANT, accept, claim, found
from tests.samples import a_notification, a_step, a_subscription, an_endpoint
from tests.unit.clocks import HandClock


def a_tenant(clock: HandClock, name: str = "acme") -> Tenant:
    return Tenant(new_id("ten", clock), name, clock.now())


def a_key(clock: HandClock, tenant: str, **changes: Any) -> ApiKey:
    usual: dict[str, Any] = {
        "tenant": tenant,
        "id": new_id("key", clock),
        "name": "ci",
        "start": "gp_live_abcd",
        "scopes": ("notifications:send", "endpoints:read"),
        "pepper": 1,
        "digest": clock.random_bytes(32),
        "created_at": clock.now(),
    }
    return ApiKey(**usual | changes)


# Tenants


async def test_a_tenant_is_found_by_id_and_by_name(store: Store, clock: HandClock) -> None:
    acme, other = a_tenant(clock), a_tenant(clock, "other")
    await store.add_tenant(acme)
    await store.add_tenant(other)
    assert store.tenant(acme.id) == store.tenant_by_name("acme") == acme
    assert sorted(store.tenants(), key=lambda each: each.name) == [acme, other]


@pytest.mark.parametrize("own_id", ["", "ten_", "ten_1", TENANT, "key_" + "1" * 32])
async def test_what_is_no_tenant_is_not_found(store: Store, own_id: str) -> None:
    assert store.tenant(own_id) is None
    assert store.tenant_by_name("nobody") is None


async def test_a_name_is_taken_once(store: Store, clock: HandClock) -> None:
    first = a_tenant(clock)
    await store.add_tenant(first)
    with pytest.raises(Conflict):
        await store.add_tenant(a_tenant(clock))
    assert store.tenants() == [first]


async def test_a_tenant_is_suspended_and_goes_on(store: Store, clock: HandClock) -> None:
    acme = a_tenant(clock)
    await store.add_tenant(acme)
    await store.suspend_tenant(acme.id, 7)
    assert store.tenant(acme.id) == msgspec.structs.replace(acme, suspended_at=7)
    await store.suspend_tenant(acme.id, None)
    assert store.tenant(acme.id) == acme


async def test_nobody_cannot_be_suspended(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.suspend_tenant(TENANT, 7)


# Keys


async def test_a_key_is_found_by_its_digest_and_by_its_tenant(store: Store, clock: HandClock) -> None:
    key = a_key(clock, TENANT, expires_at=9, scopes=("*:*",))
    other = a_key(clock, TENANT)
    await store.add_key(key)
    await store.add_key(other)
    assert store.key_by_digest(key.digest) == store.key(TENANT, key.id) == key
    assert store.keys(TENANT) == sorted([key, other], key=lambda each: each.id)
    assert store.count_keys() == 2


async def test_what_is_no_key_is_not_found(store: Store, clock: HandClock) -> None:
    assert store.key_by_digest(clock.random_bytes(32)) is None
    assert [store.key(TENANT, own_id) for own_id in ("", "key_1", "key_" + "0" * 32)] == [None] * 3
    assert (store.keys(TENANT), store.count_keys()) == ([], 0)


async def test_a_second_tenant_neither_sees_nor_revokes_a_key(store: Store, clock: HandClock) -> None:
    key = a_key(clock, TENANT)
    await store.add_key(key)
    assert store.key(OTHER_TENANT, key.id) is None
    assert store.keys(OTHER_TENANT) == []
    with pytest.raises(NotFound):
        await store.revoke_key(OTHER_TENANT, key.id, 7)
    assert store.key(TENANT, key.id) == key


async def test_a_key_is_revoked_once(store: Store, clock: HandClock) -> None:
    key = a_key(clock, TENANT)
    await store.add_key(key)
    await store.revoke_key(TENANT, key.id, 7)
    await store.revoke_key(TENANT, key.id, 8)
    assert store.key_by_digest(key.digest) == msgspec.structs.replace(key, revoked_at=7)


# Endpoints


async def test_an_endpoint_is_kept_whole_and_replaced_whole(store: Store, clock: HandClock) -> None:
    endpoint = an_endpoint(clock, TENANT, retry=(0.5, 5), old_secret="whsec_old", old_secret_ends_at=9, warned=50)
    await store.put_endpoint(endpoint)
    assert await store.endpoints() == [endpoint]
    changed = msgspec.structs.replace(endpoint, url="https://other.example/", state="paused", retry=None)
    await store.put_endpoint(changed)
    assert await store.endpoints() == [changed]


async def test_a_deleted_endpoint_is_gone_and_another_tenants_stays(store: Store, clock: HandClock) -> None:
    one = an_endpoint(clock, TENANT)
    await store.put_endpoint(one)
    await store.delete_endpoint(OTHER_TENANT, one.id)
    assert await store.endpoints() == [one]
    await store.delete_endpoint(TENANT, one.id)
    assert await store.endpoints() == []


async def test_accounts_and_endpoints_outlive_the_process(engine: Engine, clock: HandClock) -> None:
    tenant = a_tenant(clock)
    key, endpoint = a_key(clock, tenant.id), an_endpoint(clock, tenant.id)
    async with opened(engine) as store:
        await store.add_tenant(tenant)
        await store.add_key(key)
        await store.put_endpoint(endpoint)
    async with opened(engine) as store:
        assert store.tenants() == [tenant]
        assert store.keys(tenant.id) == [key]
        assert await store.endpoints() == [endpoint]


# Destruction


async def inhabit(store: Store, clock: HandClock, name: str) -> Tenant:
    """A tenant with a row in every table."""
    tenant = a_tenant(clock, name)
    await store.add_tenant(tenant)
    await store.add_key(a_key(clock, tenant.id))
    await store.put_endpoint(an_endpoint(clock, tenant.id))
    await store.put_subscription(a_subscription(clock, tenant.id))
    key = IdempotencyKey(clock.random_bytes(16), b"body", clock.now() + 1000)
    await store.accept(Acceptance(tenant.id, (Planned(a_notification(clock, tenant.id)),), key))
    await accept(store, clock, later=[ENDPOINT], tenant=tenant.id)
    (delivery,) = await claim(store, clock, tenant=tenant.id)
    await store.finish([a_step(clock, delivery, State.DELIVERED)])
    await accept(store, clock, later=[ENDPOINT], now=["ep_" + "3" * 32], tenant=tenant.id)
    return tenant


async def test_a_destroyed_tenant_leaves_no_row(store: Store, engine: Engine, clock: HandClock) -> None:
    await store.destroy_tenant((await inhabit(store, clock, "acme")).id)
    tenant = await inhabit(store, clock, "acme")  # its name is free again
    assert 0 not in engine.rows_of(tenant.id).values()
    await store.destroy_tenant(tenant.id)
    assert set(engine.rows_of(tenant.id).values()) == {0}
    assert (store.totals.backlog, store.totals.deliveries, store.totals.attempts, store.totals.payload_bytes) == (
        0,
    ) * 4


async def test_and_all_others_are_untouched(store: Store, engine: Engine, clock: HandClock) -> None:
    doomed, spared = await inhabit(store, clock, "doomed"), await inhabit(store, clock, "spared")
    before = engine.rows_of(spared.id)
    await store.destroy_tenant(doomed.id)
    assert engine.rows_of(spared.id) == before
    assert store.tenants() == [spared]


async def test_an_outcome_that_comes_in_after_the_destruction_leaves_no_row(
    store: Store, engine: Engine, clock: HandClock
) -> None:
    await accept(store, clock, later=[ENDPOINT])
    (delivery,) = await claim(store, clock)
    await store.destroy_tenant(TENANT)
    await store.finish([a_step(clock, delivery, State.DELIVERED)])
    assert set(engine.rows_of(TENANT).values()) == {0}
    assert (store.totals.delivered, store.totals.attempts, store.totals.backlog) == (0, 0, 0)


async def test_destroying_a_large_tenant_lets_others_write_in_between(store: Store, clock: HandClock) -> None:
    planned = [Planned(a_notification(clock, TENANT), later=(ENDPOINT,)) for _ in range(1200)]
    await store.accept(Acceptance(TENANT, tuple(planned)))
    before = store.totals.commits
    await store.destroy_tenant(TENANT)
    assert store.totals.commits - before > 2
    sent = await accept(store, clock, tenant=OTHER_TENANT, later=[ENDPOINT])
    assert (await found(store, sent)).deliveries
    assert store.totals.backlog == 1
