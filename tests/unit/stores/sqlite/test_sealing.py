"""What lies on the disk: nothing of a payload, an answer or an endpoint, and nothing that moves to another place."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import json

from gatepost.clock import SystemClock
from gatepost.crypto.keyring import Keyring
from gatepost.crypto.seals.message import OVERHEAD_BYTES
from gatepost.errors import DataSealed, NotFound, SealBroken
from gatepost.guard.accounts import Tenant
from gatepost.notify.delivery import Attempt, Delivery, Finished, State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import Notification
from gatepost.notify.store import Planned, Receipt, Refusal
from gatepost.stores.sqlite import SqliteStore
from gatepost.stores.sqlite.database import is_sealed
from gatepost.stores.sqlite.ids import pack
from gatepost.stores.sqlite.named import migrations
from gatepost.stores.sqlite.sealing import SEALED_SINCE
from gatepost.stores.vault import Vault
from tests.contract.steps import ENDPOINT, OTHER_TENANT, TENANT, accept, accept_all, claim, found
from tests.samples import a_notification
from tests.unit.clocks import HandClock
from tests.vaults import KEYRING

CANARY = b"canary-7f3a"
PAYLOAD = b'{"card":"' + CANARY + b'"}'
CLOCK = SystemClock()


async def opened(directory: Path, keyring: Keyring = KEYRING) -> SqliteStore:
    return SqliteStore(directory, Vault(keyring, CLOCK))


async def started(directory: Path) -> SqliteStore:
    store = await opened(directory)
    for number, tenant in enumerate((TENANT, OTHER_TENANT)):
        await store.add_tenant(Tenant(tenant, f"tenant {number}", 0))
    return store


def bytes_of(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


def change(directory: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(directory / "gatepost.db", isolation_level=None)) as connection:
        assert connection.execute(sql, values).rowcount == 1


def an_endpoint() -> Endpoint:
    url = f"https://example.com/{CANARY.decode()}"
    return Endpoint(ENDPOINT, TENANT, url, ("*",), ("*",), 0, f"whsec_{CANARY.decode()}")


async def fill(store: SqliteStore, clock: HandClock) -> Notification:
    """Leaves the canary in a payload, an endpoint and an answer."""
    await store.put_endpoint(an_endpoint())
    sent = await accept(store, clock, now=[ENDPOINT], payload=PAYLOAD, producer_id="order-1", fingerprint=CANARY)
    attempt = Attempt("att_" + "3" * 32, 0, 1, 500, None, b"you sent " + CANARY)
    await store.finish([Finished(Delivery(sent, ENDPOINT, attempts=1), State.DEAD, 0, attempt)])
    return sent


async def test_no_file_shows_what_was_accepted_answered_or_set_up(tmp_path: Path, clock: HandClock) -> None:
    store = await started(tmp_path)
    await fill(store, clock)
    assert CANARY not in bytes_of(tmp_path)  # the log too: it still holds all of it
    await store.aclose()
    assert CANARY not in bytes_of(tmp_path)


async def test_what_was_sealed_is_there_after_a_restart(tmp_path: Path, clock: HandClock) -> None:
    store = await started(tmp_path)
    sent = await fill(store, clock)
    await store.aclose()
    again = await opened(tmp_path)
    view = await found(again, sent)
    assert view.payload == PAYLOAD
    assert [each.attempt.answer for each in view.attempts] == [b"you sent " + CANARY]
    assert await again.endpoints() == [an_endpoint()]
    await again.aclose()


async def test_another_keyring_does_not_open_the_database(tmp_path: Path) -> None:
    await (await started(tmp_path)).aclose()
    with pytest.raises(DataSealed, match="another one"):
        await opened(tmp_path, Keyring.new(CLOCK))


async def test_a_payload_that_was_moved_to_another_row_is_buried_and_holds_up_nobody(
    tmp_path: Path, clock: HandClock
) -> None:
    store = await started(tmp_path)
    first = await accept(store, clock, later=[ENDPOINT])
    moved = await accept(store, clock, later=[ENDPOINT])
    last = await accept(store, clock, later=[ENDPOINT])
    sql = "UPDATE notifications SET payload = (SELECT payload FROM notifications WHERE id = ?) WHERE id = ?"
    change(tmp_path, sql, pack(first.id), pack(moved.id))
    assert [each.notification.id for each in await claim(store, clock)] == [first.id, last.id]
    with pytest.raises(SealBroken):
        await store.find(TENANT, moved.id)
    assert (store.totals.dead, store.totals.backlog) == (1, 2)
    assert await claim(store, clock) == []
    await store.aclose()


async def test_one_that_is_buried_lets_the_next_of_its_key_go(tmp_path: Path, clock: HandClock) -> None:
    store = await started(tmp_path)
    broken, behind = [await accept(store, clock, later=[ENDPOINT], ordering_key="a") for _ in range(2)]
    change(tmp_path, "UPDATE notifications SET payload = zeroblob(100) WHERE id = ?", pack(broken.id))
    await claim(store, clock)
    assert [each.notification.id for each in await claim(store, clock)] == [behind.id]
    await store.aclose()


async def test_a_listener_gets_what_is_around_a_broken_row(tmp_path: Path, clock: HandClock) -> None:
    store = await started(tmp_path)
    sent = [await accept(store, clock) for _ in range(3)]
    change(tmp_path, "UPDATE notifications SET payload = x'00' WHERE id = ?", pack(sent[1].id))
    portion = await store.read_log(TENANT, 0, store.totals.seq)
    assert [each.id for each in portion.notifications] == [sent[0].id, sent[2].id]
    await store.aclose()


async def test_of_a_destroyed_tenant_no_key_is_left_in_any_file(tmp_path: Path, clock: HandClock) -> None:
    store = await started(tmp_path)
    await fill(store, clock)
    with closing(sqlite3.connect(tmp_path / "gatepost.db")) as connection:
        sql = "SELECT wrapped FROM tenant_keys WHERE tenant = ?"
        (wrapped,) = connection.execute(sql, (pack(TENANT),)).fetchone()
    assert wrapped in bytes_of(tmp_path)
    await store.destroy_tenant(TENANT)
    # while the service still runs: in the file, in the log, nowhere
    assert not any(wrapped[place : place + 16] in bytes_of(tmp_path) for place in range(0, len(wrapped) - 16, 8))
    with pytest.raises(NotFound):
        await accept(store, clock)
    assert len((await store.read_log(OTHER_TENANT, 0, store.totals.seq)).notifications) == 0
    await store.aclose()


async def test_after_a_rotation_only_the_new_key_is_needed(tmp_path: Path, clock: HandClock) -> None:
    store = await started(tmp_path)
    sent = await fill(store, clock)
    ring = KEYRING.rotated(CLOCK)
    await store.rewrap(ring)
    assert (await found(store, sent)).payload == PAYLOAD
    await store.aclose()
    again = await opened(tmp_path, ring.destroyed(1))
    assert (await found(again, sent)).payload == PAYLOAD
    await again.aclose()


async def test_a_repeat_is_known_by_what_it_says_and_not_by_its_hash(tmp_path: Path, clock: HandClock) -> None:
    store = await started(tmp_path)
    sent = await accept(store, clock, producer_id="order-1", fingerprint=b"a hash that can be tried")
    with closing(sqlite3.connect(tmp_path / "gatepost.db")) as connection:
        (kept,) = connection.execute("SELECT fingerprint FROM notifications").fetchone()
    assert kept != b"a hash that can be tried"
    again = Planned(a_notification(clock, TENANT, producer_id="order-1", fingerprint=b"a hash that can be tried"))
    other = Planned(a_notification(clock, TENANT, producer_id="order-1", fingerprint=b"another"))
    assert (await accept_all(store, again)).results == (Receipt(sent.id, 0),)
    assert isinstance((await accept_all(store, other)).results[0], Refusal)
    await store.aclose()


# From before there were seals


def an_older_database(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "gatepost.db", isolation_level=None)) as connection:
        for number, script in migrations():
            if number < SEALED_SINCE:
                connection.executescript(f"{script}; PRAGMA user_version = {number}")
        tenant, endpoint = pack(TENANT), pack(ENDPOINT)
        connection.execute("INSERT INTO tenants VALUES (?, 'default', 0, NULL)", (tenant,))
        document = json.encode(an_endpoint())
        connection.execute("INSERT INTO endpoints VALUES (?, ?, NULL, ?)", (tenant, endpoint, document))
        connection.execute(
            "INSERT INTO notifications (seq, tenant, id, producer_id, topic, type, accepted_at, fanout, fingerprint,"
            " payload) VALUES (1, ?, ?, 'order-1', 'orders', 'order.paid', 0, 1, ?, ?)",
            (tenant, bytes(16), CANARY, PAYLOAD),
        )
        attempt = (tenant, endpoint, bytes(16), b"you sent " + CANARY)
        connection.execute("INSERT INTO attempts VALUES (?, 1, ?, 1, ?, 0, 1, 500, NULL, ?, '')", attempt)
        connection.execute("INSERT INTO idempotency VALUES (1, ?, x'01', ?, x'90', 9)", (tenant, CANARY))
        connection.execute("UPDATE totals SET seq = 1, payload_bytes = ?", (len(PAYLOAD),))


async def test_what_an_older_layout_holds_is_sealed_and_wiped(tmp_path: Path) -> None:
    an_older_database(tmp_path)
    assert not is_sealed(tmp_path / "gatepost.db")
    assert CANARY in bytes_of(tmp_path)
    store = await opened(tmp_path)
    view = await store.find(TENANT, "ntf_" + "0" * 32)
    assert view is not None
    assert view.payload == PAYLOAD
    assert [each.attempt.answer for each in view.attempts] == [b"you sent " + CANARY]
    assert await store.endpoints() == [an_endpoint()]
    assert store.totals.payload_bytes == len(PAYLOAD) + OVERHEAD_BYTES
    await store.aclose()
    assert CANARY not in bytes_of(tmp_path)
    assert is_sealed(tmp_path / "gatepost.db")
