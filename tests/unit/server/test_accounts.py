"""Tenants and their keys, and that what the gate is told from memory is never out of date."""

from __future__ import annotations

import pytest

from gatepost.crypto.pepper import PepperRing
from gatepost.errors import Conflict, InvalidField, NotFound
from gatepost.guard import apikey
from gatepost.guard.accounts import DEFAULT_TENANT, Tenant
from gatepost.guard.asks import FindKey, KeyRecord
from gatepost.guard.scopes import Scope
from gatepost.server import accounts as accounts_module
from gatepost.server.accounts import Accounts
from tests.contract.steps import TENANT
from tests.unit.clocks import HandClock
from tests.unit.server.house import House


@pytest.fixture
def peppers(clock: HandClock) -> PepperRing:
    return PepperRing.new(clock)


@pytest.fixture
async def accounts(house: House, peppers: PepperRing, clock: HandClock) -> Accounts:
    return Accounts(house.store, peppers, clock)


@pytest.fixture
async def acme(accounts: Accounts) -> Tenant:
    return await accounts.create_tenant("acme")


def look_up(accounts: Accounts, peppers: PepperRing, secret: str) -> KeyRecord | None:
    """What the gate hears of a key that came in."""
    return accounts.find_key(FindKey(tuple(digest for _, digest in peppers.digests(secret.encode()))))


async def test_the_first_start_makes_the_default_tenant_and_a_key_that_may_do_everything(
    accounts: Accounts, peppers: PepperRing
) -> None:
    tenant, secret = await accounts.first_start()
    assert tenant.name == DEFAULT_TENANT
    assert secret is not None
    record = look_up(accounts, peppers, secret.reveal())
    assert record is not None
    assert (record.tenant, record.scopes) == (tenant.id, (Scope("*", "*"),))
    assert await accounts.first_start() == (tenant, None)


async def test_a_new_key_is_shown_once_and_stored_as_a_digest(
    accounts: Accounts, acme: Tenant, peppers: PepperRing
) -> None:
    key, secret = await accounts.create_key(acme.id, "ci", ("notifications:send", "notifications:send"), expires_at=9)
    assert apikey.is_well_formed(secret.reveal())
    assert secret.reveal().startswith(key.start)
    assert (key.pepper, key.digest) == peppers.digest(secret.reveal().encode())
    assert key.scopes == ("notifications:send",)
    assert accounts.keys(acme.id) == [key]
    assert look_up(accounts, peppers, secret.reveal()) == KeyRecord(
        key=key.id, tenant=acme.id, scopes=(Scope("notifications", "send"),), expires_at=9
    )


async def test_a_key_needs_a_tenant_and_scopes_that_are_some(accounts: Accounts, acme: Tenant) -> None:
    with pytest.raises(NotFound):
        await accounts.create_key(TENANT, "ci", ("*:*",))
    with pytest.raises(InvalidField):
        await accounts.create_key(acme.id, "ci", ("everything",))
    assert accounts.keys(acme.id) == []


async def test_a_key_made_under_an_older_pepper_is_found_after_rotation(
    house: House, accounts: Accounts, acme: Tenant, peppers: PepperRing, clock: HandClock
) -> None:
    key, secret = await accounts.create_key(acme.id, "ci", ("*:*",))
    rotated = peppers.rotated(clock)
    record = look_up(Accounts(house.store, rotated, clock), rotated, secret.reveal())
    assert record is not None
    assert record.key == key.id


async def test_a_key_that_was_asked_for_in_vain_is_found_once_it_is_made(
    accounts: Accounts, acme: Tenant, peppers: PepperRing, monkeypatch: pytest.MonkeyPatch, clock: HandClock
) -> None:
    secret = apikey.generate(clock)
    assert look_up(accounts, peppers, secret.reveal()) is None
    monkeypatch.setattr(apikey, "generate", lambda _: secret)
    await accounts.create_key(acme.id, "ci", ("*:*",))
    assert look_up(accounts, peppers, secret.reveal()) is not None


async def test_a_revoked_key_is_known_as_revoked_at_once(
    accounts: Accounts, acme: Tenant, peppers: PepperRing, clock: HandClock
) -> None:
    key, secret = await accounts.create_key(acme.id, "ci", ("*:*",))
    assert look_up(accounts, peppers, secret.reveal())
    assert (await accounts.revoke_key(acme.id, key.id)).revoked_at == clock.now()
    record = look_up(accounts, peppers, secret.reveal())
    assert record is not None
    assert record.revoked_at == clock.now()


async def test_only_a_key_of_the_tenant_can_be_revoked(accounts: Accounts, acme: Tenant) -> None:
    other = await accounts.create_tenant("other")
    key, _ = await accounts.create_key(other.id, "ci", ("*:*",))
    for own_id in (key.id, "key_1"):
        with pytest.raises(NotFound):
            await accounts.revoke_key(acme.id, own_id)
    assert accounts.keys(other.id) == [key]


async def test_suspending_reaches_every_key_at_once_and_ends_as_well(
    accounts: Accounts, acme: Tenant, peppers: PepperRing, clock: HandClock
) -> None:
    _, secret = await accounts.create_key(acme.id, "ci", ("*:*",))
    for suspended in (True, False):
        assert look_up(accounts, peppers, secret.reveal())
        tenant = await accounts.suspend_tenant(acme.id, suspended)
        assert tenant.suspended_at == (clock.now() if suspended else None)
        record = look_up(accounts, peppers, secret.reveal())
        assert record is not None
        assert record.tenant_suspended is suspended


async def test_after_its_destruction_nothing_of_a_tenant_is_found(
    accounts: Accounts, acme: Tenant, peppers: PepperRing
) -> None:
    _, secret = await accounts.create_key(acme.id, "ci", ("*:*",))
    assert look_up(accounts, peppers, secret.reveal())
    await accounts.destroy_tenant(acme.id)
    assert look_up(accounts, peppers, secret.reveal()) is None
    assert accounts.tenants() == []
    with pytest.raises(NotFound):
        accounts.tenant(acme.id)


async def test_a_name_is_taken_once(accounts: Accounts, acme: Tenant) -> None:
    with pytest.raises(Conflict):
        await accounts.create_tenant(acme.name)


async def test_the_default_tenant_is_spared(accounts: Accounts) -> None:
    default, _ = await accounts.first_start()
    for ending in (accounts.suspend_tenant(default.id, True), accounts.destroy_tenant(default.id)):
        with pytest.raises(Conflict):
            await ending
    for ending in (accounts.suspend_tenant(TENANT, True), accounts.destroy_tenant(TENANT)):
        with pytest.raises(NotFound):
            await ending


async def test_guesses_do_not_fill_the_memory(
    accounts: Accounts, acme: Tenant, peppers: PepperRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts_module, "MAX_REMEMBERED", 5)
    _, secret = await accounts.create_key(acme.id, "ci", ("*:*",))
    for number in range(20):
        assert look_up(accounts, peppers, f"guess {number}") is None
    assert len(accounts._records) == 5
    assert look_up(accounts, peppers, secret.reveal()) is not None
