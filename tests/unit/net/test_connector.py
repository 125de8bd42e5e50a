"""What is dialled and what is not, and who is believed over TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
import trustme

from gatepost.errors import (
    AddressRefused,
    ConnectFailed,
    ConnectionClosed,
    DeliveryTimeout,
    GarbledAnswer,
    NameNotResolved,
    TlsFailed,
)
from gatepost.guard.egress import EgressRules
from gatepost.net.connector import MAX_ADDRESSES, Connector
from gatepost.net.http1 import Connection, Limits
from gatepost.net.tls import client_context
from tests.unit.net.receivers import HOST, OK, Peer, always, hangs, receiver

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
LIMITS = Limits(connect_s=5, read_s=5, total_s=5, idle_s=5)
HASTY = Limits(connect_s=0.05)
ALLOWED, FORBIDDEN = HOST, "127.0.0.2"
RULES = EgressRules.parse([f"{ALLOWED}/32"])


class Names:
    """A name server: gives one list of addresses after the other, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def connect(connector: Connector, host: str, port: int, tls: bool = False, limits: Limits = LIMITS) -> Connection:
    return await connector.connect(host, port, tls=tls, limits=limits)


@contextmanager
def full_backlog(host: str, port: int = 0) -> Iterator[int]:
    """A port on which a connection is neither accepted nor refused."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind((host, port))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


# Addresses


@pytest.mark.parametrize("host", [FORBIDDEN, "::1", "::ffff:127.0.0.2", "0.0.0.0", "::", "::1%lo"])
async def test_a_refused_address_is_not_dialled(host: str) -> None:
    async with receiver(hangs, host="::" if host in ("::", "::1") else "0.0.0.0") as canary:
        with pytest.raises(AddressRefused):
            await connect(Connector(RULES), host, canary.port)
        assert canary.connections == 0


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "017700000001"])
async def test_no_spelling_of_loopback_passes_the_real_resolver(host: str) -> None:
    async with receiver(hangs) as canary:
        with pytest.raises((AddressRefused, NameNotResolved)):
            await connect(Connector(EgressRules()), host, canary.port)
        assert canary.connections == 0


async def test_a_refused_name_does_not_tell_its_addresses() -> None:
    connector = Connector(EgressRules(), resolve=Names(["10.11.12.13"]))
    with pytest.raises(AddressRefused) as caught:
        await connect(connector, "db.internal", 80)
    assert "10.11.12.13" not in str(caught.value)


@pytest.mark.parametrize("addresses", [[ALLOWED, FORBIDDEN], [FORBIDDEN, ALLOWED], [FORBIDDEN, ALLOWED, FORBIDDEN]])
async def test_of_a_mixed_list_only_what_is_allowed_is_dialled(addresses: list[str]) -> None:
    async with receiver(hangs, host=FORBIDDEN) as canary:
        names = Names(addresses)
        with pytest.raises(ConnectFailed, match="refused"):
            await connect(Connector(RULES, resolve=names), "mixed.example", canary.port)
        assert canary.connections == 0
        assert names.asked == ["mixed.example"]


async def test_a_name_that_changes_its_address_is_checked_for_every_connection() -> None:
    async with receiver(always(OK), host="0.0.0.0") as there:
        names = Names([ALLOWED], [FORBIDDEN])
        connector = Connector(RULES, resolve=names)
        connection = await connect(connector, "rebinding.example", there.port)
        with pytest.raises(AddressRefused):
            await connect(connector, "rebinding.example", there.port)
        for _ in range(3):
            assert (await connection.send(REQUEST)).status == 200
        assert len(names.asked) == 2
        assert there.connections == 1
        connection.close()


async def test_the_peer_is_checked_after_connecting() -> None:
    class StricterEachTime(EgressRules):
        checked: list[str]

        def check(self, address: str) -> None:
            self.checked.append(address)
            if len(self.checked) == 2:
                super().check(address)

    rules = StricterEachTime()
    rules.checked = []
    async with receiver(hangs) as there:
        with pytest.raises(AddressRefused):
            await connect(Connector(rules), HOST, there.port)
        await there.met()
    assert rules.checked == [HOST, HOST]


async def test_without_rules_every_address_is_dialled() -> None:
    async with receiver(always(OK), host=FORBIDDEN) as there:
        connection = await connect(Connector(None), FORBIDDEN, there.port)
        assert (await connection.send(REQUEST)).status == 200
        connection.close()


async def test_proxy_settings_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver(always(OK)) as there, receiver(hangs) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{HOST}:{proxy.port}")
        connection = await connect(Connector(RULES), HOST, there.port)
        assert (await connection.send(REQUEST)).status == 200
        assert proxy.connections == 0
        connection.close()


# Failing, and trying the next address


async def test_a_refused_connection_is_told() -> None:
    async with receiver(hangs) as there:
        port = there.port
    with pytest.raises(ConnectFailed, match="Connection refused"):
        await connect(Connector(None), HOST, port)


async def test_a_connection_that_does_not_come_about_is_given_up() -> None:
    with full_backlog(HOST) as port, pytest.raises(DeliveryTimeout):
        await connect(Connector(None), HOST, port, limits=HASTY)


async def test_the_deadline_of_the_caller_counts_too() -> None:
    soon = asyncio.get_running_loop().time() + 0.02
    with full_backlog(HOST) as port, pytest.raises(DeliveryTimeout):
        await Connector(None).connect(HOST, port, tls=False, limits=LIMITS, deadline=soon)


async def test_a_dead_address_leaves_time_for_the_next_one() -> None:
    async with receiver(always(OK), host="127.0.0.3") as there:
        names = Names(["127.0.0.4", "127.0.0.5", "127.0.0.3"])
        with full_backlog("127.0.0.5", there.port):  # 127.0.0.4 refuses, 127.0.0.5 hangs
            connection = await connect(Connector(None, resolve=names), "some.example", there.port, limits=Limits(1))
        assert (await connection.send(REQUEST)).status == 200
        connection.close()


async def test_only_a_few_addresses_of_a_name_are_tried() -> None:
    async with receiver(hangs) as there:
        dead = [f"127.0.1.{n}" for n in range(MAX_ADDRESSES)]
        with pytest.raises(ConnectFailed):
            await connect(Connector(None, resolve=Names([*dead, HOST])), "many.example", there.port)
        assert there.connections == 0


# TLS


class Authority(NamedTuple):
    ca: trustme.CA
    client: ssl.SSLContext

    def server(self, *names: str, not_after: datetime | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names, not_after=not_after).configure_cert(context)
        return context

    def connector(self) -> Connector:
        return Connector(RULES, tls=self.client, resolve=Names([HOST]))


@pytest.fixture(scope="module")
def authority() -> Authority:
    ca = trustme.CA()
    client = client_context()
    ca.configure_trust(client)
    return Authority(ca, client)


@pytest.mark.parametrize("host", ["hooks.example", HOST])
async def test_a_server_with_a_good_certificate_is_believed(authority: Authority, host: str) -> None:
    async with receiver(always(OK), tls=authority.server("hooks.example", HOST)) as there:
        connection = await connect(authority.connector(), host, there.port, tls=True)
        for _ in range(3):
            assert (await connection.send(REQUEST)).body == b"ok"
        assert there.connections == 1
        connection.close()
        await connection.closed


async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    async with receiver(always(OK), tls=authority.server("other.example")) as there:
        with pytest.raises(TlsFailed, match=r"(?i)hostname mismatch"):
            await connect(authority.connector(), "hooks.example", there.port, tls=True)
        with pytest.raises(TlsFailed, match=r"(?i)ip address mismatch"):
            await connect(authority.connector(), HOST, there.port, tls=True)
        assert there.requests == []


async def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority) -> None:
    stranger = Authority(trustme.CA(), authority.client)
    async with receiver(always(OK), tls=stranger.server("hooks.example")) as there:
        with pytest.raises(TlsFailed, match=r"self.signed certificate|unable to get local issuer"):
            await connect(authority.connector(), "hooks.example", there.port, tls=True)


async def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    async with receiver(always(OK), tls=authority.server("hooks.example", not_after=yesterday)) as there:
        with pytest.raises(TlsFailed, match="expired"):
            await connect(authority.connector(), "hooks.example", there.port, tls=True)


async def test_tls_to_a_port_of_plain_http_fails(authority: Authority) -> None:
    async def answers_anything(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        await peer.gone()

    async with receiver(answers_anything) as there:
        with pytest.raises(TlsFailed):
            await connect(authority.connector(), "hooks.example", there.port, tls=True)


async def test_plain_http_to_a_port_of_tls_fails(authority: Authority) -> None:
    async with receiver(always(OK), tls=authority.server("hooks.example")) as there:
        connection = await connect(Connector(RULES), HOST, there.port)
        with pytest.raises((GarbledAnswer, ConnectionClosed)):
            await connection.send(REQUEST)


async def test_a_server_that_never_finishes_the_handshake_is_given_up(authority: Authority) -> None:
    async with receiver(hangs) as there:
        with pytest.raises(DeliveryTimeout):
            await connect(authority.connector(), "hooks.example", there.port, tls=True, limits=HASTY)


async def test_a_server_that_closes_during_the_handshake_is_told(authority: Authority) -> None:
    async def closes(peer: Peer) -> None:
        """Ends at once."""

    async with receiver(closes) as there:
        with pytest.raises(TlsFailed):
            await connect(authority.connector(), "hooks.example", there.port, tls=True)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
async def test_a_server_of_old_tls_is_refused(authority: Authority) -> None:
    old = authority.server("hooks.example")
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with receiver(always(OK), tls=old) as there:
        with pytest.raises(TlsFailed):
            await connect(authority.connector(), "hooks.example", there.port, tls=True)


async def test_by_default_the_authorities_of_the_system_are_asked(authority: Authority) -> None:
    async with receiver(always(OK), tls=authority.server(HOST)) as there:
        with pytest.raises(TlsFailed, match=r"unable to get local issuer|self.signed certificate"):
            await connect(Connector(RULES), HOST, there.port, tls=True)
        assert there.requests == []
