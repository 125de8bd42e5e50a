"""Streams: listening live, tokens for browsers, and who listens."""

from __future__ import annotations

import re

from gatepost import topics
from gatepost.clock import rfc3339
from gatepost.errors import InsufficientScope, InvalidParameter, Unavailable
from gatepost.guard.policy import Json, Policy
from gatepost.guard.request import Admission, Principal
from gatepost.guard.scopes import Scope
from gatepost.guard.stream_token import StreamToken, issue
from gatepost.notify.endpoint import MAX_PATTERNS
from gatepost.notify.stream import Position
from gatepost.server.api.operation import MANAGEMENT_BODY_BYTES, Operation, json_answer, read
from gatepost.server.api.views import NewStreamToken, Presence, StreamTokenDocument
from gatepost.server.service import Service
from gatepost.server.streams.feed import Source
from gatepost.server.streams.sse import EventStream
from gatepost.web.asgi import Endless
from gatepost.web.problem import Answer

MAX_NAMES = 1_000
"""Names in one answer; the count is of all."""

_NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,128}")


async def listen(service: Service, admission: Admission) -> Endless:
    query, headers = admission.query, admission.request.headers
    patterns = _patterns(admission.principal, query.get("topic"))
    if service.hub.is_full:
        raise Unavailable("too many listen already", retry_after=10)
    asked = headers.one("last-event-id") or query.get("last_event_id")
    source = Source(service.hub, service.store, service.clock)
    stream = EventStream(
        source,
        admission.principal,
        patterns,
        source.recover(Position.parse(asked) if asked else None),
        name=_name(query.get("name", "")),
        origin=_origin(service, headers.one("origin")),
    )
    return Endless(stream.start)


async def create_token(service: Service, admission: Admission) -> Answer:
    wanted = read(NewStreamToken, admission.body)
    principal = admission.principal
    _require_read(principal, wanted.topics)
    expires_at = service.clock.now() + wanted.life_seconds * 1000
    token = StreamToken(principal.tenant, principal.key, wanted.topics, expires_at)
    document = StreamTokenDocument(issue(token, service.peppers), wanted.topics, rfc3339(expires_at))
    return json_answer(document, 201)


async def presence(service: Service, admission: Admission) -> Answer:
    topic = admission.query.get("topic", "")
    if not topics.is_pattern(topic) or "*" in topic:
        raise InvalidParameter("topic: the name of a topic")
    if not admission.principal.may("presence", "read", topic):
        raise InsufficientScope("the key lacks presence:read for this topic")
    listeners = service.hub.listeners(admission.principal.tenant, topic)
    names = tuple(sorted(listener.name for listener in listeners if listener.name))
    return json_answer(Presence(topic, len(listeners), names[:MAX_NAMES]))


def _patterns(principal: Principal, text: str | None) -> tuple[str, ...]:
    """The topics to listen to, comma-separated, in one order whatever the order they came in."""
    wanted = tuple(sorted({part for part in (text or "").split(",") if part}))
    if not 0 < len(wanted) <= MAX_PATTERNS or not all(map(topics.is_pattern, wanted)):
        raise InvalidParameter(f"topic: 1 to {MAX_PATTERNS} topics or patterns, comma-separated")
    _require_read(principal, wanted)
    return wanted


def _require_read(principal: Principal, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        if not principal.may_grant(Scope("notifications", "read", pattern)):
            raise InsufficientScope(f"the key lacks notifications:read for {pattern}")


def _name(text: str) -> str:
    if text and not _NAME.fullmatch(text):
        raise InvalidParameter("name: 1 to 128 letters, digits and _.:@-")
    return text


def _origin(service: Service, origin: str | None) -> str | None:
    return origin if origin in service.stream_origins else None


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/stream",
        policy=Policy(
            scope="notifications:read",
            query=frozenset({"topic", "last_event_id", "token", "name"}),
            by_topic=True,
            stream_token=True,
        ),
        handle=listen,
        summary="Listen live by server-sent events, and get what was missed",
    ),
    Operation(
        method="POST",
        path="/v1/stream-tokens",
        policy=Policy(scope="notifications:read", body=Json(MANAGEMENT_BODY_BYTES), by_topic=True),
        handle=create_token,
        summary="Make a short-lived token for a listener that cannot send an API key",
        takes=NewStreamToken,
        gives=StreamTokenDocument,
        status=201,
    ),
    Operation(
        method="GET",
        path="/v1/presence",
        policy=Policy(scope="presence:read", query=frozenset({"topic"}), by_topic=True),
        handle=presence,
        summary="Say who listens to a topic",
        gives=Presence,
    ),
)
