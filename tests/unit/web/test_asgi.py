"""The ASGI doorway: what goes in reaches the gate, what comes out is HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gatepost.errors import Conflict, GatepostError, InvalidSetting
from gatepost.guard import Admission, FindKey, TakeLimits
from gatepost.web.asgi import Doorway, Message
from gatepost.web.problem import PROBLEM_TYPE, Answer
from tests.unit.guard.gatehouse import BODY, MAX_BYTES, Gatehouse, bearer
from tests.unit.web.asgi_driver import GONE, Exchange, Response, chunks, request

JSON = {"content-type": "application/json"}


class House(Gatehouse):
    """A gatehouse behind a doorway; `then` is what the handler does."""

    def __init__(self) -> None:
        super().__init__()
        facts = self.facts()
        self.seen: list[Admission] = []
        self.defects: list[Exception] = []
        self.then: Callable[[Admission], Answer] = lambda admission: Answer(200, b'{"ok":true}')
        self.app = Doorway(
            self.gate,
            {FindKey: facts[FindKey], TakeLimits: facts[TakeLimits]},
            self.answer,
            self.defects.append,
        )
        self.good = bearer(self.key())

    async def answer(self, admission: Admission) -> Answer:
        self.seen.append(admission)
        return self.then(admission)

    async def post(self, *bodies: bytes, **headers: str) -> Response:
        return await self.stream(chunks(*bodies), **headers)

    async def stream(self, messages: list[Message], **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await Exchange(messages).run(self.app, "POST", "/v1/notifications", {**self.good, **JSON, **named})


@pytest.fixture
def house() -> House:
    return House()


async def test_a_request_reaches_the_handler_and_its_answer_goes_back(house: House) -> None:
    house.then = lambda admission: Answer(202, b'{"id":"ntf_1"}', headers=((b"location", b"/v1/notifications/ntf_1"),))
    response = await house.post(BODY)
    (admission,) = house.seen
    assert (admission.handler, admission.body, admission.principal.tenant) == ("send", BODY, "ten_1")
    assert admission.request.client == "192.0.2.1"
    assert (response.status, response.body) == (202, b'{"id":"ntf_1"}')
    assert dict(response.headers) == {
        b"content-type": b"application/json",
        b"content-length": b"14",
        b"location": b"/v1/notifications/ntf_1",
        b"x-content-type-options": b"nosniff",
        b"cache-control": b"no-store",
    }


async def test_paths_and_queries_are_decoded_once(house: House) -> None:
    await request(house.app, "GET", "/v1/notifications/caf%C3%A9%2541", house.good)
    await request(house.app, "GET", "/v1/notifications?topic=a%2Bb%252F", house.good)
    assert house.seen[0].params == {"id": "café%41"}
    assert house.seen[1].query == {"topic": "a+b%2F"}


@pytest.mark.parametrize(
    "path", ["/v1/notifications/a%2Fb", "/v1/me%00", "/v1/%2e%2e/v1/me", "/v1//me", "/v1/me/", "/v1/me%", "/v1/caf%e9"]
)
async def test_path_tricks_get_a_404(house: House, path: str) -> None:
    response = await request(house.app, "GET", path, house.good)
    assert (response.status, response.problem) == (404, "no-such-route")
    assert house.seen == []


async def test_a_server_that_decodes_paths_itself_is_understood(house: House) -> None:
    """`raw_path` is optional in ASGI, and so is `client`."""
    await request(house.app, "GET", "/v1/notifications/café", house.good, raw_path=None, client=None)
    assert (house.seen[0].params, house.seen[0].request.client) == ({"id": "café"}, "")


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({}, BODY, 401, "unauthenticated"),
        ({"authorization": "Bearer x", "x-api-key": "y"}, BODY, 400, "invalid-parameter"),
        ({"content-type": "text/plain"}, BODY, 415, "unsupported-media-type"),
        ({"content-length": "5000"}, BODY, 413, "too-large"),
        ({"cookie": "c" * 20_000}, BODY, 431, "headers-too-large"),
    ],
)
async def test_refusals_become_problems(
    house: House, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    response = await request(house.app, "POST", "/v1/notifications", {**JSON, **headers}, body)
    assert (response.status, response.problem) == (status, code)
    assert response.header("content-type") == PROBLEM_TYPE
    assert response.header("content-length") == str(len(response.body))
    assert response.header("cache-control") == "no-store"
    assert house.seen == []


async def test_401_carries_the_challenge(house: House) -> None:
    response = await request(house.app, "GET", "/v1/me")
    assert response.header("www-authenticate") == 'Bearer realm="gatepost"'


async def test_405_carries_what_is_allowed(house: House) -> None:
    response = await request(house.app, "OPTIONS", "/v1/notifications")
    assert (response.status, response.header("allow")) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    "pieces", [[BODY], [b"", BODY], [BODY[:1], BODY[1:]], [BODY[i : i + 1] for i in range(len(BODY))]]
)
async def test_a_body_may_come_in_pieces(house: House, pieces: list[bytes]) -> None:
    await house.post(*pieces)
    assert house.seen[0].body == BODY


async def test_messages_may_leave_out_what_has_a_default(house: House) -> None:
    await house.stream([{"type": "http.request", "more_body": True}, {"type": "http.request", "body": BODY}])
    assert house.seen[0].body == BODY


async def test_a_body_that_never_ends_is_read_no_further_than_the_bound(house: House) -> None:
    exchange = Exchange([{"type": "http.request", "body": b"x" * 100, "more_body": True}] * 1000)
    response = await exchange.run(house.app, "POST", "/v1/notifications", {**house.good, **JSON})
    assert (response.status, response.problem) == (413, "too-large")
    assert 1000 - len(exchange.unread) == MAX_BYTES // 100 + 1


async def test_a_body_of_exactly_the_bound_passes(house: House) -> None:
    full = BODY + b" " * (MAX_BYTES - len(BODY))
    assert (await house.post(full)).status == 200
    assert (await house.post(full, b" ")).status == 413
    assert (await house.post(full + b" ")).status == 413


async def test_a_strangers_body_is_not_read_at_all(house: House) -> None:
    exchange = Exchange(chunks(b"[" * 100, b"[" * 100))
    response = await exchange.run(house.app, "POST", "/v1/notifications", JSON)
    assert response.status == 401
    assert len(exchange.unread) == 2


@pytest.mark.parametrize("before", [[], [{"type": "http.request", "body": b'{"a":', "more_body": True}]])
async def test_a_client_that_leaves_mid_body_is_answered_by_silence(house: House, before: list[Message]) -> None:
    response = await house.stream([*before, GONE])
    assert response.status == 0
    assert house.seen == []
    assert house.defects == []


async def test_a_client_that_leaves_before_the_answer_is_no_defect(house: House) -> None:
    async def send(message: Message) -> None:
        raise OSError("connection lost")

    exchange = Exchange()
    exchange.send = send  # type: ignore[method-assign]
    await exchange.run(house.app, "GET", "/v1/me", house.good)
    assert house.defects == []


async def test_an_error_of_the_handler_becomes_a_problem(house: House) -> None:
    def refuse(admission: Admission) -> Answer:
        raise Conflict("it is there already")

    house.then = refuse
    response = await house.post(BODY)
    assert (response.status, response.problem) == (409, "conflict")
    assert house.defects == []


async def test_a_defect_of_the_handler_tells_the_client_nothing_and_the_owner_once(house: House) -> None:
    defect = ZeroDivisionError("password=hunter2")

    def fail(admission: Admission) -> Answer:
        raise defect

    house.then = fail
    response = await house.post(BODY)
    assert (response.status, response.problem) == (500, "internal")
    assert b"hunter2" not in response.body
    assert house.defects == [defect]


async def test_a_fact_that_fails_lets_nobody_in(house: House) -> None:
    def fail(ask: Any) -> None:
        raise RuntimeError("the store is broken")

    broken = Doorway(house.gate, {FindKey: fail, TakeLimits: fail}, house.answer, house.defects.append)
    assert (await request(broken, "GET", "/v1/me", house.good)).status == 500
    assert house.seen == []


async def test_defects_are_logged_unless_told_otherwise(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(admission: Admission) -> Answer:
        raise ZeroDivisionError

    app = Doorway(house.gate, house.facts(), fail)
    assert (await request(app, "GET", "/healthz")).status == 500
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError


async def test_a_cancelled_request_stays_cancelled(house: House) -> None:
    async def hang(admission: Admission) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    app = Doorway(house.gate, house.facts(), hang, house.defects.append)
    task = asyncio.ensure_future(request(app, "GET", "/healthz"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert house.defects == []


async def test_head_is_get_without_the_body(house: House) -> None:
    get = await request(house.app, "GET", "/v1/me", house.good)
    head = await request(house.app, "HEAD", "/v1/me", house.good)
    assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")
    assert head.header("content-length") == str(len(get.body))
    assert (await request(house.app, "HEAD", "/v1/me")).body == b""


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_content_names_no_length(house: House, status: int) -> None:
    house.then = lambda admission: Answer(status)
    response = await request(house.app, "GET", "/v1/me", house.good)
    names = [name for name, _ in response.headers]
    assert (response.status, response.body) == (status, b"")
    assert b"content-length" not in names
    assert b"content-type" not in names


async def test_http_1_0_is_served_like_any_other(house: House) -> None:
    assert (await request(house.app, "GET", "/v1/me", house.good, http_version="1.0")).status == 200


@pytest.mark.parametrize("facts", [{}, {FindKey: print}, {TakeLimits: print}])
def test_a_doorway_without_facts_is_not_built(house: House, facts: dict[type, Any]) -> None:
    with pytest.raises(InvalidSetting):
        Doorway(house.gate, facts, house.answer)


async def test_a_websocket_is_closed(house: House) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await house.app({"type": "websocket", "path": "/v1/me"}, Exchange([{"type": "websocket.connect"}]).receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


async def lifespan(app: Doorway, *phases: str) -> list[str]:
    sent: list[str] = []

    async def send(message: Message) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan"}, Exchange([{"type": phase} for phase in phases]).receive, send)
    return sent


async def test_start_up_and_shutdown_run_once_in_order(house: House) -> None:
    ran: list[str] = []

    async def start() -> None:
        ran.append("start")

    async def stop() -> None:
        ran.append("stop")

    app = Doorway(house.gate, house.facts(), house.answer, startup=start, shutdown=stop)
    sent = await lifespan(app, "lifespan.startup", "lifespan.shutdown")
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert ran == ["start", "stop"]


async def test_a_start_that_fails_is_said_so(house: House) -> None:
    async def fail() -> None:
        raise GatepostError("no disk")

    app = Doorway(house.gate, house.facts(), house.answer, house.defects.append, startup=fail)
    assert await lifespan(app, "lifespan.startup") == ["lifespan.startup.failed"]
    assert len(house.defects) == 1


async def test_the_answer_is_what_the_handler_built(house: House) -> None:
    house.then = lambda admission: Answer(200, msgspec.json.encode(admission.params), "application/vnd.x+json")
    response = await request(house.app, "GET", "/v1/notifications/ntf_1", house.good)
    assert (response.body, response.header("content-type")) == (b'{"id":"ntf_1"}', "application/vnd.x+json")
