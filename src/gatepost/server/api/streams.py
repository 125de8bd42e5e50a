"""Streams: listening live, tokens for browsers, and who listens."""

from __future__ import annotations

from functools import partial

from gatepost import topics
from gatepost.clock import rfc3339
from gatepost.errors import InsufficientScope, InvalidParameter, Unavailable
from gatepost.guard.policy import PUBLIC, Json, Policy
from gatepost.guard.request import Admission
from gatepost.guard.stream_token import StreamToken, issue
from gatepost.net.websocket import handshake
from gatepost.notify.stream import Position, Recovery
from gatepost.server.api.operation import MANAGEMENT_BODY_BYTES, Operation, json_answer, read
from gatepost.server.api.views import NewStreamToken, Presence, StreamTokenDocument
from gatepost.server.service import Service
from gatepost.server.streams.access import (
    checked_name,
    checked_patterns,
    require_own_page,
    require_read,
    require_subscription,
)
from gatepost.server.streams.feed import Feed
from gatepost.server.streams.hub import Interest
from gatepost.server.streams.sse import EventStream, MakeFeed
from gatepost.server.streams.websocket import WebSocket
from gatepost.web.asgi import Endless
from gatepost.web.problem import Answer

MAX_NAMES = 1_000
"""Names in one answer; the count is of all."""


async def listen(service: Service, admission: Admission) -> Endless:
    if service.hub.is_full:
        raise Unavailable("too many listen already", retry_after=10)
    query = admission.query
    recovery, feed = await (_feed_by_name if "subscription" in query else _feed_by_topic)(service, admission)
    stream = EventStream(
        service.subscriptions.source,
        admission.principal,
        recovery,
        feed,
        name=checked_name(query.get("name", "")),
        origin=_origin(service, admission.request.headers.one("origin")),
    )
    return Endless(stream.start)


async def open_socket(service: Service, admission: Admission) -> Endless:
    request = admission.request
    require_own_page(request.headers, service.stream_origins)
    answer = handshake(request.path, request.headers)
    if service.hub.is_full:
        raise Unavailable("too many listen already", retry_after=10)
    identify = partial(service.identify, admission)
    socket = WebSocket(service.subscriptions, service.lobby, identify, answer)
    return Endless(socket.start)


async def create_token(service: Service, admission: Admission) -> Answer:
    wanted = read(NewStreamToken, admission.body)
    principal = admission.principal
    require_read(principal, wanted.topics)
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


async def _feed_by_topic(service: Service, admission: Admission) -> tuple[Recovery, MakeFeed]:
    query, source = admission.query, service.subscriptions.source
    patterns = checked_patterns(admission.principal, filter(None, query.get("topic", "").split(",")))
    asked = admission.request.headers.one("last-event-id") or query.get("last_event_id")
    recovery = source.recover(Position.parse(asked) if asked else None)
    tenant = admission.principal.tenant
    return recovery, lambda outlet, frame: Feed(source, outlet, Interest(tenant, patterns, frame), recovery.after)


async def _feed_by_name(service: Service, admission: Admission) -> tuple[Recovery, MakeFeed]:
    """Goes on after the acknowledged place, whatever event a browser says it saw last."""
    if "topic" in admission.query or "last_event_id" in admission.query:
        raise InvalidParameter("a durable subscription knows its topics and its position")
    subscriptions = service.subscriptions
    subscription = await subscriptions.find(admission.principal.tenant, admission.query["subscription"])
    require_subscription(admission.principal, subscription.topics)
    recovery = subscriptions.recovery(subscription)
    return recovery, partial(subscriptions.feed, subscription, recovery)


def _origin(service: Service, origin: str | None) -> str | None:
    return origin if origin in service.stream_origins else None


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/stream",
        policy=Policy(
            scope="notifications:read",
            query=frozenset({"topic", "last_event_id", "token", "name", "subscription"}),
            by_topic=True,
            stream_token=True,
        ),
        handle=listen,
        summary="Listen live by server-sent events, and get what was missed",
    ),
    Operation(
        method="GET",
        path="/v1/ws",
        policy=Policy(scope=PUBLIC),  # a browser can send no key with it: the first message has one
        handle=open_socket,
        summary="Listen live by WebSocket; the first message shows a key or a stream token",
        status=101,
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
