"""Every verb of the API, once: a function from arguments to a `Call`. `Client` and `AsyncClient` only perform them.

Those about listening are in `stream_calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from gatepost.client.exchange import IDEMPOTENCY_KEY
from gatepost.client.notifications import NewNotification, encode
from gatepost.client.requests import JSON, body_of, get, listing, path_of, post
from gatepost.client.results import (
    Accepted,
    ApiKey,
    BatchAnswer,
    Cancelled,
    Endpoint,
    Explanation,
    ListedDelivery,
    Me,
    Notification,
    OnStuck,
    Page,
    Replay,
    RotatedSecret,
    SealKey,
    Status,
    Tenant,
)
from gatepost.client.wire import Answer, Call, Listing, Request, read_nothing, reader, service_error
from gatepost.clock import rfc3339
from gatepost.crypto.secret import Secret
from gatepost.errors import BatchRefused, InvalidParameter

Durability = Literal["group", "memory"]

MAX_HEADER_LENGTH = 255
"""Characters of an idempotency key: what services of this kind accept."""

_NDJSON = ("content-type", "application/x-ndjson")
_DURABILITY = "gatepost-durability"

_accepted = reader(Accepted)
_batch = reader(BatchAnswer)
_cancelled = reader(Cancelled)
_deliveries = reader(Page[ListedDelivery])
_endpoint = reader(Endpoint)
_endpoints = reader(Page[Endpoint])
_explanation = reader(Explanation)
_key = reader(ApiKey)
_keys = reader(Page[ApiKey])
_me = reader(Me)
_notification = reader(Notification)
_notifications = reader(Page[Notification])
_replay = reader(Replay)
_rotated = reader(RotatedSecret)
_seal_keys = reader(Page[SealKey])
_status = reader(Status)
_tenant = reader(Tenant)
_tenants = reader(Page[Tenant])


# Notifications


def send(
    topic: str,
    type: str,
    payload: Any,
    *,
    id: str | None = None,
    idempotency_key: str | None = None,
    deliver_at: datetime | None = None,
    expires_at: datetime | None = None,
    ordering_key: str | None = None,
    collapse_key: str | None = None,
    durability: Durability | None = None,
) -> Call[Accepted]:
    """Sends one notification. When it returns, the notification is on disk, unless `durability` says "memory".

    An idempotency key is made when none is given, so a retry never sends twice.
    """
    notification = NewNotification(topic, type, payload, id, deliver_at, expires_at, ordering_key, collapse_key)
    headers = (JSON, *_header(_DURABILITY, durability), *_header(IDEMPOTENCY_KEY, idempotency_key))
    return Call(Request("POST", "/v1/notifications", headers, encode(notification)), _accepted, keyed=True)


def send_batch(lines: bytes, durability: Durability | None) -> Call[BatchAnswer]:
    """Sends notifications that are encoded as NDJSON already. `send_many` makes these."""
    headers = (_NDJSON, *_header(_DURABILITY, durability))
    return Call(Request("POST", "/v1/notifications/batch", headers, lines), _read_batch, keyed=True)


def notification(id: str) -> Call[Notification]:
    """One notification with its payload, its deliveries and their attempts."""
    return Call(get(path_of("notifications", id)), _notification)


def notifications(
    *,
    topic: str | None = None,
    type: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    page_size: int = 100,
) -> Listing[Notification]:
    """Accepted notifications, newest first, without their payloads; further pages are fetched as you iterate."""
    query = {"topic": topic, "type": type, "since": _moment(since), "until": _moment(until), "limit": str(page_size)}
    return listing("/v1/notifications", query, _notifications)


def cancel(id: str) -> Call[Cancelled]:
    """Stops every delivery of a notification that was not sent yet."""
    return Call(post(path_of("notifications", id, "cancel"), repeatable=True), _cancelled)


def deliveries(
    endpoint: str, *, state: Literal["dead", "parked", "open"] = "dead", page_size: int = 100
) -> Listing[ListedDelivery]:
    """Deliveries to one endpoint, oldest first: those given up, those set aside, or those still on their way."""
    return listing("/v1/deliveries", {"endpoint": endpoint, "state": state, "limit": str(page_size)}, _deliveries)


def retry_delivery(notification: str, endpoint: str) -> Call[None]:
    """Starts a delivery that was given up again, from the first attempt."""
    path = path_of("notifications", notification, "deliveries", endpoint, "retry")
    return Call(post(path), read_nothing)


# Endpoints


def create_endpoint(
    url: str,
    *,
    topics: Sequence[str] | UnsetType = UNSET,
    types: Sequence[str] | UnsetType = UNSET,
    retry: Sequence[float] | UnsetType | None = UNSET,
    concurrency: int | UnsetType = UNSET,
    on_stuck: OnStuck | UnsetType = UNSET,
    park_after: int | UnsetType = UNSET,
    description: str | UnsetType = UNSET,
    signature: Literal["v1", "v1a"] | UnsetType = UNSET,
    secret: Secret[str] | None = None,
) -> Call[Endpoint]:
    """Registers a receiver of webhooks. The answer holds its signing secret, which is not shown again.

    `retry` is the seconds before each attempt, the first of which is made at once. `on_stuck` says what a failing
    one means for those behind it with the same ordering key, `park_after` how many attempts "park" waits for. `secret`
    brings along a key that receivers know already. What is left out takes the service's default.
    """
    body = {
        "url": url,
        "topics": topics,
        "types": types,
        "retry": retry,
        "concurrency": concurrency,
        "on_stuck": on_stuck,
        "park_after": park_after,
        "description": description,
        "signature": signature,
        "secret": UNSET if secret is None else secret.reveal(),
    }
    return Call(post("/v1/endpoints", body), _endpoint)


def endpoints() -> Listing[Endpoint]:
    """All endpoints of the tenant."""
    return Listing("/v1/endpoints", {}, _endpoints)


def endpoint(id: str) -> Call[Endpoint]:
    """One endpoint."""
    return Call(get(path_of("endpoints", id)), _endpoint)


def change_endpoint(
    id: str,
    *,
    url: str | UnsetType = UNSET,
    topics: Sequence[str] | UnsetType = UNSET,
    types: Sequence[str] | UnsetType = UNSET,
    retry: Sequence[float] | UnsetType | None = UNSET,
    concurrency: int | UnsetType = UNSET,
    on_stuck: OnStuck | UnsetType = UNSET,
    park_after: int | UnsetType = UNSET,
    description: str | UnsetType = UNSET,
) -> Call[Endpoint]:
    """Changes what is given and leaves the rest; `retry=None` goes back to the service's schedule."""
    body = {
        "url": url,
        "topics": topics,
        "types": types,
        "retry": retry,
        "concurrency": concurrency,
        "on_stuck": on_stuck,
        "park_after": park_after,
        "description": description,
    }
    return Call(Request("PATCH", path_of("endpoints", id), (JSON,), body_of(body)), _endpoint)


def pause_endpoint(id: str) -> Call[Endpoint]:
    """Holds deliveries back; they wait until the endpoint is resumed."""
    return Call(post(path_of("endpoints", id, "pause"), repeatable=True), _endpoint)


def resume_endpoint(id: str) -> Call[Endpoint]:
    """Delivers again, what waited first; also brings a disabled endpoint back."""
    return Call(post(path_of("endpoints", id, "resume"), repeatable=True), _endpoint)


def delete_endpoint(id: str) -> Call[None]:
    """Removes an endpoint; what waits for it is not delivered any more."""
    return Call(Request("DELETE", path_of("endpoints", id)), read_nothing)


def rotate_endpoint_secret(id: str, *, overlap_seconds: int | UnsetType = UNSET) -> Call[RotatedSecret]:
    """Makes a new signing secret; both sign until the overlap ends, so that receivers can change over in peace."""
    return Call(post(path_of("endpoints", id, "rotate-secret"), {"overlap_seconds": overlap_seconds}), _rotated)


def replay(
    endpoint: str,
    *,
    since: datetime,
    until: datetime | None = None,
    topics: Sequence[str] | None = None,
    rate: int | UnsetType = UNSET,
    dry_run: bool = False,
    cursor: str | None = None,
) -> Call[Replay]:
    """Sends an endpoint what it missed of the notifications accepted from `since` on, `rate` a second.

    `dry_run` only counts. Whatever was delivered, withdrawn or is on its way stays as it is, so it may be repeated.
    """
    body = {
        "since": _moment(since),
        "until": UNSET if until is None else _moment(until),
        "topics": UNSET if topics is None else topics,
        "rate": rate,
        "dry_run": dry_run,
        "cursor": UNSET if cursor is None else cursor,
    }
    return Call(post(path_of("endpoints", endpoint, "replay"), body, repeatable=True), _replay)


def replay_delivery(notification: str, endpoint: str) -> Call[None]:
    """Sends one notification to an endpoint again, or for the first time."""
    return Call(post(path_of("notifications", notification, "deliveries", endpoint, "replay")), read_nothing)


def explain_delivery(notification: str, endpoint: str) -> Call[Explanation]:
    """Why an endpoint got a notification, or did not."""
    return Call(get(path_of("notifications", notification, "deliveries", endpoint)), _explanation)


def test_endpoint(id: str) -> Call[Accepted]:
    """Sends a test notification to this endpoint alone."""
    return Call(post(path_of("endpoints", id, "test")), _accepted)


# API keys


def create_key(name: str, *, scopes: Sequence[str], expires_at: datetime | None = None) -> Call[ApiKey]:
    """Makes an API key of the caller's tenant. The answer holds the key, which is not shown again."""
    return Call(post("/v1/keys", _new_key(name, scopes, expires_at)), _key)


def keys() -> Listing[ApiKey]:
    """All API keys of the tenant, revoked ones too."""
    return Listing("/v1/keys", {}, _keys)


def revoke_key(id: str) -> Call[ApiKey]:
    """Makes a key worthless, at once and for good."""
    return Call(Request("DELETE", path_of("keys", id)), _key)


# Tenants


def create_tenant(name: str) -> Call[Tenant]:
    """Makes a tenant; it needs a key of its own next, see `create_tenant_key`."""
    return Call(post("/v1/tenants", {"name": name}), _tenant)


def tenants() -> Listing[Tenant]:
    """All tenants of the service."""
    return Listing("/v1/tenants", {}, _tenants)


def suspend_tenant(id: str) -> Call[Tenant]:
    """Refuses every request of a tenant and holds its deliveries back."""
    return Call(post(path_of("tenants", id, "suspend"), repeatable=True), _tenant)


def resume_tenant(id: str) -> Call[Tenant]:
    """Ends a suspension."""
    return Call(post(path_of("tenants", id, "resume"), repeatable=True), _tenant)


def destroy_tenant(id: str) -> Call[None]:
    """Removes a tenant and everything that belongs to it, for good."""
    return Call(Request("DELETE", path_of("tenants", id)), read_nothing)


def create_tenant_key(
    tenant: str, name: str, *, scopes: Sequence[str], expires_at: datetime | None = None
) -> Call[ApiKey]:
    """Makes an API key of another tenant. The answer holds the key, which is not shown again."""
    return Call(post(path_of("tenants", tenant, "keys"), _new_key(name, scopes, expires_at)), _key)


# The keyring


def keyring() -> Call[Page[SealKey]]:
    """The keys that seal what the service stores, oldest first."""
    return Call(Request("GET", "/v1/keyring"), _seal_keys)


def rotate_keyring() -> Call[Page[SealKey]]:
    """Has the service seal with a new key from now on; what is stored stays as it is."""
    return Call(post("/v1/keyring/rotate"), _seal_keys)


def destroy_seal_key(id: int) -> Call[Page[SealKey]]:
    """Destroys a key that is not the primary one. Older backups open only with the keyring saved with them."""
    return Call(Request("DELETE", path_of("keyring", str(id))), _seal_keys)


# The service


def me() -> Call[Me]:
    """Whose key this is and what it may do."""
    return Call(get("/v1/me"), _me)


def status() -> Call[Status]:
    """The counters of the service."""
    return Call(get("/v1/status"), _status)


def _header(name: str, value: str | None) -> tuple[tuple[str, str], ...]:
    """The header, or none. A line break in a value would start a header of its own."""
    if value is None:
        return ()
    if not (value.isascii() and value.isprintable() and len(value) <= MAX_HEADER_LENGTH):
        raise InvalidParameter(f"{name} takes up to {MAX_HEADER_LENGTH} printable ASCII characters")
    return ((name, value),)


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise InvalidParameter("a time needs a time zone")
    return rfc3339(round(moment.timestamp() * 1000))


def _read_batch(answer: Answer) -> BatchAnswer:
    """A batch of which nothing was accepted is a refusal too, but one that says why for each item."""
    if answer.status == 422 and service_error(answer).problem_code == BatchRefused.code:
        return _batch(replace(answer, status=200))
    return _batch(answer)


def _new_key(name: str, scopes: Sequence[str], expires_at: datetime | None) -> dict[str, Any]:
    return {"name": name, "scopes": scopes, "expires_at": UNSET if expires_at is None else _moment(expires_at)}
