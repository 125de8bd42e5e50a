"""Endpoints as their owners manage them: kept alike in the store, in the routing and in the engine."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.crypto import webhook_signatures
from gatepost.errors import AddressRefused, Conflict, GatepostError, Internal, InvalidField, NotFound
from gatepost.notify.endpoint import Endpoint, SignatureKind
from gatepost.server import endpoints
from gatepost.stores.sqlite import accounts
from tests.contract.steps import OTHER_TENANT, TENANT
from tests.samples import SECRET
from tests.unit.clocks import HandClock
from tests.unit.server.house import House

URL = "https://1.1.1.1/hook"
FIELDS = {"topics": ("*",), "types": ("*",)}


async def create(house: House, url: str = URL, secret: str | None = None) -> Endpoint:
    return await house.endpoints.create(TENANT, url, "v1", secret, **FIELDS)


async def everywhere(house: House) -> tuple[list[Endpoint], list[Endpoint], list[Endpoint]]:
    lanes = [lane.endpoint for lane in house.engine._lanes.values()]
    return await house.store.endpoints(), list(house.endpoints.all(TENANT)), lanes


async def test_a_new_endpoint_is_known_everywhere(house: House) -> None:
    endpoint = await create(house)
    assert await everywhere(house) == ([endpoint], [endpoint], [endpoint])
    assert house.endpoints.find(TENANT, endpoint.id) == endpoint
    with pytest.raises(NotFound):
        house.endpoints.find(OTHER_TENANT, endpoint.id)


@pytest.mark.parametrize("signature", ["v1", "v1a"])
async def test_it_gets_a_secret_of_its_own_that_signs(house: House, signature: SignatureKind) -> None:
    one, other = [await house.endpoints.create(TENANT, URL, signature, None, **FIELDS) for _ in range(2)]
    assert one.secret != other.secret
    assert webhook_signatures.signer((one.secret,))("ntf_1", 1, b"body").startswith(f"{signature},")


async def test_a_secret_may_be_brought_along_if_it_is_one(house: House) -> None:
    assert (await create(house, secret=SECRET)).secret == SECRET
    with pytest.raises(GatepostError):
        await create(house, secret="whsec_short")
    assert len(house.endpoints.all(TENANT)) == 1


@pytest.mark.parametrize(
    ("url", "error"), [("https://10.0.0.1/", AddressRefused), ("ftp://1.1.1.1/", InvalidField), ("text", InvalidField)]
)
async def test_a_url_that_may_not_be_reached_is_refused(house: House, url: str, error: type[GatepostError]) -> None:
    with pytest.raises(error):
        await create(house, url)
    endpoint = await create(house)
    with pytest.raises(error):
        await house.change(endpoint, url=url)
    assert house.endpoints.find(TENANT, endpoint.id).url == URL


async def test_a_tenant_has_so_many_at_most(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 1)
    await create(house)
    with pytest.raises(Conflict):
        await create(house)


async def test_a_change_is_known_everywhere(house: House) -> None:
    changed = await house.change(await create(house), description="new", concurrency=1)
    assert await everywhere(house) == ([changed], [changed], [changed])


async def test_two_changes_at_once_both_hold(house: House) -> None:
    endpoint = await create(house)
    await asyncio.gather(house.change(endpoint, description="new"), house.change(endpoint, concurrency=1))
    (kept,) = await house.store.endpoints()
    assert (kept.description, kept.concurrency) == ("new", 1)
    assert house.endpoints.find(TENANT, endpoint.id) == kept


async def test_a_change_that_cannot_be_written_has_not_happened(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = await create(house)
    monkeypatch.setitem(accounts._SQL, "put_endpoint", "not to be written now")
    with pytest.raises(Internal):
        await house.change(endpoint, description="new")
    assert await everywhere(house) == ([endpoint], [endpoint], [endpoint])


async def test_and_does_not_undo_a_later_one_that_was_written(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = await create(house)
    monkeypatch.setitem(accounts._SQL, "put_endpoint", "not to be written now")
    doomed = asyncio.create_task(house.change(endpoint, description="new"))
    await asyncio.sleep(0)  # it is about to fail
    written = asyncio.create_task(house.change(endpoint, concurrency=1))
    await asyncio.sleep(0)  # and this one goes into the next commit
    monkeypatch.undo()
    with pytest.raises(Internal):
        await doomed
    kept = await written
    assert kept.concurrency == 1
    assert await everywhere(house) == ([kept], [kept], [kept])


async def test_rotating_gives_a_new_secret_of_the_same_kind_beside_the_old_one(house: House, clock: HandClock) -> None:
    kinds: dict[SignatureKind, str] = {"v1": "whsec_", "v1a": "whsk_"}
    for signature, prefix in kinds.items():
        endpoint = await house.endpoints.create(TENANT, URL, signature, None, **FIELDS)
        rotated = await house.endpoints.rotate_secret(TENANT, endpoint.id, overlap_ms=1000)
        assert rotated.secret.startswith(prefix)
        assert rotated.signing_keys(clock.now() + 999) == (rotated.secret, endpoint.secret)
        assert rotated.signing_keys(clock.now() + 1000) == (rotated.secret,)


async def test_rotating_without_an_overlap_ends_the_old_secret_at_once(house: House, clock: HandClock) -> None:
    endpoint = await create(house)
    await house.endpoints.rotate_secret(TENANT, endpoint.id, overlap_ms=1000)
    rotated = await house.endpoints.rotate_secret(TENANT, endpoint.id, overlap_ms=0)
    assert rotated.signing_keys(clock.now()) == (rotated.secret,)
    assert rotated.old_secret is None


async def test_pausing_and_resuming(house: House) -> None:
    endpoint = await create(house)
    assert (await house.endpoints.set_state(TENANT, endpoint.id, paused=True)).state == "paused"
    assert (await house.endpoints.set_state(TENANT, endpoint.id, paused=False)).state == "active"


async def test_a_deleted_endpoint_is_known_nowhere(house: House) -> None:
    endpoint = await create(house)
    await house.endpoints.delete(TENANT, endpoint.id)
    assert await everywhere(house) == ([], [], [])
    for change in (house.endpoints.delete(TENANT, endpoint.id), house.change(endpoint, description="new")):
        with pytest.raises(NotFound):
            await change


async def test_a_deletion_that_cannot_be_written_has_not_happened(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = await create(house)
    monkeypatch.setitem(accounts._SQL, "delete_endpoint", "not to be written now")
    with pytest.raises(Internal):
        await house.endpoints.delete(TENANT, endpoint.id)
    assert await everywhere(house) == ([endpoint], [endpoint], [endpoint])
    await house.send()
    await house.all_delivered(1)


async def test_all_endpoints_of_a_tenant_are_let_go(house: House) -> None:
    for _ in range(3):
        await create(house)
    await house.endpoints.forget_tenant(TENANT)
    assert await everywhere(house) == ([], [], [])
