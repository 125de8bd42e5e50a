"""Webhooks: what is sent, over which connections, and what is made of the answer."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.clock import SystemClock
from gatepost.crypto.webhook_signatures import new_ed25519_key, new_hmac_key, public_key, verify
from gatepost.outbound import webhook
from gatepost.outbound.webhook import retry_after
from tests.unit.net.receivers import HOST, OK, Peer, always, hangs, receiver
from tests.unit.outbound.senders import BODY, KEY, NOW, channel, endpoint


async def test_a_request_is_what_standard_webhooks_wants() -> None:
    async with receiver(always(OK)) as there, channel() as sender:
        outcome = await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
    assert (outcome.status, outcome.error, outcome.answer) == (200, None, b"ok")
    assert outcome.succeeded
    assert outcome.duration_ms == 250
    request = there.requests[0]
    assert request.line == "POST /hook?x=1 HTTP/1.1"
    assert request.body == BODY
    assert request.headers["host"] == f"{HOST}:{there.port}"
    assert request.headers["user-agent"] == "Gatepost/1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == "ntf_1"
    assert request.headers["webhook-timestamp"] == str(NOW // 1000)
    verify([KEY], request.headers, request.body, NOW / 1000)


async def test_every_key_signs() -> None:
    private = new_ed25519_key(SystemClock())
    async with receiver(always(OK)) as there, channel() as sender:
        await sender.send(endpoint(there), "ntf_1", BODY, (KEY, private))
    for key in (KEY, public_key(private)):
        verify([key], there.requests[0].headers, BODY, NOW / 1000)


async def test_requests_share_a_connection() -> None:
    async with receiver(always(OK)) as there, channel() as sender:
        for number in range(5):
            assert (await sender.send(endpoint(there), f"ntf_{number}", BODY, (KEY,))).status == 200
        assert there.connections == 1


async def test_requests_at_once_take_a_connection_each_and_use_them_again() -> None:
    async with receiver(always(OK)) as there, channel() as sender:
        for _ in range(3):
            sends = [sender.send(endpoint(there), "ntf_1", BODY, (KEY,)) for _ in range(10)]
            assert {outcome.status for outcome in await asyncio.gather(*sends)} == {200}
        assert there.connections == 10


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with receiver(hangs) as canary, channel() as sender:
        redirect = f"HTTP/1.1 302 Found\r\nlocation: http://{HOST}:{canary.port}/\r\ncontent-length: 0\r\n\r\n"
        async with receiver(always(redirect.encode())) as there:
            outcome = await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
        assert (outcome.status, outcome.error, outcome.succeeded) == (302, None, False)
        assert canary.connections == 0


async def test_a_receiver_that_changes_its_mind_is_reported_each_time() -> None:
    async def flips(peer: Peer) -> None:
        for status in (500, 200, 500, 200):
            await peer.request()
            await peer.send(b"HTTP/1.1 %d X\r\ncontent-length: 3\r\n\r\n%d" % (status, status))
        await peer.gone()

    async with receiver(flips) as there, channel() as sender:
        outcomes = [await sender.send(endpoint(there), "ntf_1", BODY, (KEY,)) for _ in range(4)]
    assert [(outcome.status, outcome.answer) for outcome in outcomes] == [(500, b"500"), (200, b"200")] * 2
    assert there.connections == 1


async def test_a_wish_to_wait_is_passed_on() -> None:
    answer = b"HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n"
    async with receiver(always(answer)) as there, channel() as sender:
        outcome = await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
    assert (outcome.status, outcome.retry_after) == (503, 120.0)


# Endpoints


async def test_endpoints_on_one_host_share_nothing() -> None:
    async with receiver(always(OK)) as there, channel() as sender:
        for number in range(3):
            await sender.send(endpoint(there, endpoint_id=f"ep_{number}"), "ntf_1", BODY, (KEY,))
        assert there.connections == 3


async def test_a_changed_url_or_key_counts_at_once() -> None:
    newer = new_hmac_key(SystemClock())
    async with receiver(always(OK)) as there, channel() as sender:
        await sender.send(endpoint(there, "/old"), "ntf_1", BODY, (KEY,))
        await sender.send(endpoint(there, "/new"), "ntf_1", BODY, (newer,))
    assert [request.line.split()[1] for request in there.requests] == ["/old", "/new"]
    verify([newer], there.requests[1].headers, BODY, NOW / 1000)


async def test_forgetting_an_endpoint_closes_its_connections() -> None:
    async with receiver(always(OK)) as there, channel() as sender:
        await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
        sender.forget("ep_1")
        await there.idle()
        sender.forget("ep_1")
        sender.forget("ep_never_seen")
        assert (await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))).succeeded
        assert there.connections == 2


async def test_forgetting_an_endpoint_lets_its_requests_finish() -> None:
    may_answer = asyncio.Event()

    async def answers_later(peer: Peer) -> None:
        await peer.request()
        await may_answer.wait()
        await peer.send(OK)
        await peer.gone()

    async with receiver(answers_later) as there, channel() as sender:
        sending = asyncio.create_task(sender.send(endpoint(there), "ntf_1", BODY, (KEY,)))
        await there.met()
        sender.forget("ep_1")
        may_answer.set()
        assert (await sending).succeeded
        await there.idle()


async def test_a_bounded_number_of_endpoints_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "MAX_RECIPIENTS", 2)
    async with receiver(always(OK)) as there, channel() as sender:
        for endpoint_id in ("ep_1", "ep_2", "ep_1", "ep_3", "ep_1", "ep_2"):
            await sender.send(endpoint(there, endpoint_id=endpoint_id), "ntf_1", BODY, (KEY,))
        assert there.connections == 4  # ep_2 made room for ep_3 and had to connect again


async def test_a_caller_who_leaves_takes_the_connection_along() -> None:
    async with receiver(hangs) as there, channel() as sender:
        sending = asyncio.create_task(sender.send(endpoint(there), "ntf_1", BODY, (KEY,)))
        await there.met()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await there.idle()


async def test_closing_the_channel_ends_requests_with_an_outcome() -> None:
    asked = asyncio.Event()

    async def reads_and_hangs(peer: Peer) -> None:
        await peer.request()
        asked.set()
        await peer.gone()

    async with receiver(reads_and_hangs) as there, channel() as sender:
        under_way = asyncio.create_task(sender.send(endpoint(there), "ntf_1", BODY, (KEY,)))
        await asked.wait()
        connecting = asyncio.create_task(sender.send(endpoint(there), "ntf_2", BODY, (KEY,)))
        await asyncio.sleep(0)
        await sender.aclose()
        assert (await under_way).error == "connection-closed"
        assert (await connecting).error == "connection-closed"
        assert len(there.requests) == 1


# Retry-After


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:13:00 GMT", 0.0),
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661", None),
        ("9" * 1000, None),
        ("Tue, 99 Nov 2023 22:14:20 GMT", None),
        ("Tue, 14 Nov 99999 22:14:20 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds
