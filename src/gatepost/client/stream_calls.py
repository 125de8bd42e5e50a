"""The verbs of the API that are about listening."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from msgspec import UNSET, UnsetType

from gatepost.client.requests import JSON, body_of, get, path_of, post
from gatepost.client.results import DurableSubscription, Page, Presence, StreamToken
from gatepost.client.wire import Call, Listing, Request, Stream, read_nothing, reader
from gatepost.errors import InvalidParameter

_presence = reader(Presence)
_subscription = reader(DurableSubscription)
_subscriptions = reader(Page[DurableSubscription])
_token = reader(StreamToken)


def subscribe(
    topics: str | Sequence[str] | None = None,
    *,
    position: str | None = None,
    subscription: str | None = None,
    name: str | None = None,
) -> Stream:
    """Listens to topics or patterns: an iterator of `Received`, live, that mends broken connections by itself.

    Nothing is missed or given twice over a break. It begins after `position`, the one of a notification received
    before, or with what is accepted from now on. When some of what was missed is no longer kept, a `Gap` comes in
    its place.

    Instead of topics, `subscription` names a durable subscription (see `put_subscription`), whose place the service
    keeps: call `ack` with the position of what was handled. What was not is given again, to the next who listens.
    `name` is what others see in `presence`.
    """
    if (topics is None) == (subscription is None) or (subscription is not None and position is not None):
        raise InvalidParameter("subscribe takes topics, with or without a position, or else a subscription")
    wanted = [topics] if isinstance(topics, str) else topics or ()
    query = {"topic": ",".join(wanted) or None, "subscription": subscription, "name": name}
    given = {parameter: value for parameter, value in query.items() if value is not None}
    return Stream("/v1/stream", given, position, subscription)


def presence(topic: str) -> Call[Presence]:
    """Who listens to a topic at the moment."""
    return Call(get(f"/v1/presence?{urlencode({'topic': topic})}"), _presence)


def create_stream_token(topics: Sequence[str], *, life_seconds: int | UnsetType = UNSET) -> Call[StreamToken]:
    """Makes a short-lived token with which a browser may listen to these topics."""
    return Call(post("/v1/stream-tokens", {"topics": topics, "life_seconds": life_seconds}), _token)


# Durable subscriptions


def put_subscription(name: str, *, topics: Sequence[str]) -> Call[DurableSubscription]:
    """Makes a durable subscription that begins now, or changes the topics of one. Made again, it stays as it is."""
    return Call(Request("PUT", path_of("subscriptions", name), (JSON,), body_of({"topics": topics})), _subscription)


def subscriptions() -> Listing[DurableSubscription]:
    """All durable subscriptions of the tenant."""
    return Listing("/v1/subscriptions", {}, _subscriptions)


def subscription(name: str) -> Call[DurableSubscription]:
    """One durable subscription: how far it has come, and whether someone listens by it."""
    return Call(get(path_of("subscriptions", name)), _subscription)


def acknowledge(subscription: str, position: str) -> Call[DurableSubscription]:
    """Says that everything up to a position is done with, and need not come again."""
    body = {"position": position}
    return Call(post(path_of("subscriptions", subscription, "ack"), body, repeatable=True), _subscription)


def delete_subscription(name: str) -> Call[None]:
    """Removes a durable subscription and its place."""
    return Call(Request("DELETE", path_of("subscriptions", name)), read_nothing)
