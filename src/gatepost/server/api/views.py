"""The documents of the API: what it takes and gives, and how the inside is turned into them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from gatepost.clock import rfc3339
from gatepost.guard.accounts import ApiKey, Tenant
from gatepost.guard.stream_token import MAX_LIFE_S
from gatepost.notify.endpoint import (
    DEFAULT_CONCURRENCY,
    DEFAULT_OVERLAP_S,
    MAX_OVERLAP_S,
    MAX_URL_LENGTH,
    Concurrency,
    Endpoint,
    Patterns,
    RetrySchedule,
    SignatureKind,
    State,
)
from gatepost.notify.notification import Moment
from gatepost.notify.order import DEFAULT_PARK_AFTER, OnStuck, ParkAfter
from gatepost.notify.store import AttemptView, DeliveryView, NotificationView

_WHERE = "Where webhooks go: https, or http where allowed. Private addresses are refused unless allowed."
Url = Annotated[str, Meta(max_length=MAX_URL_LENGTH, description=_WHERE)]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Description = Annotated[str, Meta(max_length=500)]
SecretText = Annotated[str, Meta(max_length=200, description="whsec_ or whsk_ and base64; made when left out.")]
ScopeText = Annotated[str, Meta(max_length=260, description="resource:verb[:topic-pattern]")]
Scopes = Annotated[tuple[ScopeText, ...], Meta(min_length=1, max_length=50)]


class NewEndpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint to be made."""

    url: Url
    topics: Patterns = ("*",)
    types: Patterns = ("*",)
    description: Description = ""
    retry: RetrySchedule | None = None
    concurrency: Concurrency = DEFAULT_CONCURRENCY
    on_stuck: OnStuck = "block"
    park_after: ParkAfter = DEFAULT_PARK_AFTER
    signature: SignatureKind = "v1"
    secret: SecretText | None = None


class EndpointChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change about an endpoint; what is left out stays."""

    url: Url | UnsetType = UNSET
    topics: Patterns | UnsetType = UNSET
    types: Patterns | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    retry: RetrySchedule | UnsetType | None = UNSET
    concurrency: Concurrency | UnsetType = UNSET
    on_stuck: OnStuck | UnsetType = UNSET
    park_after: ParkAfter | UnsetType = UNSET


class SecretRotation(Struct, frozen=True, forbid_unknown_fields=True):
    """How long the old secret signs beside the new one."""

    overlap_seconds: Annotated[int, Meta(ge=0, le=MAX_OVERLAP_S)] = DEFAULT_OVERLAP_S


class EndpointDocument(Struct, frozen=True):
    """An endpoint. Its secret is shown only when it is made or rotated."""

    id: str
    url: str
    topics: tuple[str, ...]
    types: tuple[str, ...]
    description: str
    retry: tuple[float, ...] | None
    concurrency: int
    on_stuck: OnStuck
    park_after: int
    signature: SignatureKind
    state: State
    created_at: str
    failing_since: str | None


class MadeEndpoint(EndpointDocument, frozen=True):
    """An endpoint that was just made, with its secret, shown this once."""

    secret: str
    public_key: str | UnsetType = UNSET


class RotatedSecret(Struct, frozen=True):
    """The new secret, shown this once, and when the old one stops signing."""

    secret: str
    old_secret_ends_at: str | None
    public_key: str | UnsetType = UNSET


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """An API key to be made."""

    name: Name
    scopes: Scopes
    expires_at: Moment | None = None


class KeyDocument(Struct, frozen=True):
    """An API key. The key itself is shown only when it is made."""

    id: str
    name: str
    scopes: tuple[str, ...]
    start: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class MadeKey(KeyDocument, frozen=True):
    """An API key that was just made, with the key itself, shown this once."""

    key: str


class NewTenant(Struct, frozen=True, forbid_unknown_fields=True):
    """A tenant to be made."""

    name: Annotated[str, Meta(max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*\Z")]


class TenantDocument(Struct, frozen=True):
    id: str
    name: str
    created_at: str
    suspended_at: str | None


class AttemptDocument(Struct, frozen=True):
    """One request that was made. `answer` is what the receiver said, cut to 4 KiB; `detail` what `error` means here."""

    id: str
    number: int
    at: str
    duration_ms: int
    status: int | None
    error: str | None
    answer: str
    detail: str


class DeliveryDocument(Struct, frozen=True):
    """One notification on its way to one endpoint."""

    notification: str
    topic: str
    type: str
    endpoint: str
    state: Literal["held", "waiting", "sending", "delivered", "dead", "cancelled", "expired", "superseded", "parked"]
    due_at: str
    attempts: int


class DeliveryStory(Struct, frozen=True):
    """A delivery with every attempt made for it."""

    endpoint: str
    state: str
    due_at: str
    attempts: tuple[AttemptDocument, ...]


class NotificationDocument(Struct, frozen=True, omit_defaults=True):
    """A notification. `payload` is left out of lists, and once retention has removed it."""

    id: str
    topic: str
    type: str
    accepted_at: str
    payload: msgspec.Raw | UnsetType = UNSET
    producer_id: str | None = None
    ordering_key: str | None = None
    collapse_key: str | None = None
    deliver_at: str | None = None
    expires_at: str | None = None
    deliveries: tuple[DeliveryStory, ...] | UnsetType = UNSET


class SendReceipt(Struct, frozen=True):
    """What was accepted, and the durability that held when this was answered."""

    id: str
    durability: Literal["group", "memory"]
    deliveries: int


class BatchItem(Struct, frozen=True, omit_defaults=True):
    """What became of one item: an id, or a problem document."""

    id: str | UnsetType = UNSET
    deliveries: int | UnsetType = UNSET
    problem: msgspec.Raw | UnsetType = UNSET


class BatchReceipt(Struct, frozen=True):
    """What became of a batch, item by item in its order."""

    accepted: int
    refused: int
    durability: Literal["group", "memory"]
    results: tuple[BatchItem, ...]


class Cancelled(Struct, frozen=True):
    """How many deliveries were cancelled; the others were sent or are being sent."""

    id: str
    cancelled: int


class NewStreamToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token for a listener that cannot send an API key."""

    topics: Patterns
    life_seconds: Annotated[int, Meta(ge=1, le=MAX_LIFE_S)] = 60


class StreamTokenDocument(Struct, frozen=True):
    """A token, and when it ends."""

    token: str
    topics: tuple[str, ...]
    expires_at: str


class Presence(Struct, frozen=True):
    """Who listens to a topic at the moment; those without a name are only counted."""

    topic: str
    listeners: int
    names: tuple[str, ...]


class SubscriptionChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What a durable subscription is about."""

    topics: Patterns


class Acknowledged(Struct, frozen=True, forbid_unknown_fields=True):
    """The position of the last notification that is done with, and all before it."""

    position: Annotated[str, Meta(max_length=200)]


class SubscriptionDocument(Struct, frozen=True):
    """A durable subscription. `behind` counts places of the log after `acknowledged`, of whatever topic."""

    name: str
    topics: tuple[str, ...]
    acknowledged: str
    delivered: str
    behind: int
    connected: bool
    created_at: str
    acknowledged_at: str | None


class Me(Struct, frozen=True):
    """Who the API key belongs to and what it may do."""

    tenant: str
    key: str
    scopes: tuple[str, ...]


class Status(Struct, frozen=True):
    """Counters over the life of the data, what waits now, and the process itself.

    `parked` deliveries wait for somebody; they are counted by tenant, and 10,000 of them at most.
    """

    version: str
    uptime_s: float
    accepted: int
    delivered: int
    dead: int
    backlog: int
    parked: dict[str, int]
    payload_bytes: int


def made_endpoint_document(endpoint: Endpoint, secret: str, public_key: str | UnsetType = UNSET) -> MadeEndpoint:
    return MadeEndpoint(**msgspec.structs.asdict(endpoint_document(endpoint)), secret=secret, public_key=public_key)


def endpoint_document(endpoint: Endpoint) -> EndpointDocument:
    return EndpointDocument(
        id=endpoint.id,
        url=endpoint.url,
        topics=endpoint.topics,
        types=endpoint.types,
        description=endpoint.description,
        retry=endpoint.retry,
        concurrency=endpoint.concurrency,
        on_stuck=endpoint.on_stuck,
        park_after=endpoint.park_after,
        signature="v1a" if endpoint.secret.startswith("whsk_") else "v1",
        state=endpoint.state,
        created_at=rfc3339(endpoint.created_at),
        failing_since=moment(endpoint.failing_since),
    )


def made_key_document(key: ApiKey, secret: str) -> MadeKey:
    return MadeKey(**msgspec.structs.asdict(key_document(key)), key=secret)


def key_document(key: ApiKey) -> KeyDocument:
    return KeyDocument(
        id=key.id,
        name=key.name,
        scopes=key.scopes,
        start=key.start,
        created_at=rfc3339(key.created_at),
        expires_at=moment(key.expires_at),
        revoked_at=moment(key.revoked_at),
    )


def tenant_document(tenant: Tenant) -> TenantDocument:
    return TenantDocument(tenant.id, tenant.name, rfc3339(tenant.created_at), moment(tenant.suspended_at))


def delivery_document(view: DeliveryView) -> DeliveryDocument:
    return DeliveryDocument(
        notification=view.notification,
        topic=view.topic,
        type=view.type,
        endpoint=view.endpoint,
        state=view.state.label,  # type: ignore[arg-type]  # the labels are the names of the enum
        due_at=rfc3339(view.due_at),
        attempts=view.attempts,
    )


def notification_document(view: NotificationView, *, whole: bool) -> NotificationDocument:
    """`whole` adds the payload and the story of every delivery."""
    found = view.notification
    return NotificationDocument(
        id=found.id,
        topic=found.topic,
        type=found.type,
        accepted_at=rfc3339(found.accepted_at),
        payload=msgspec.Raw(view.payload) if whole and view.payload is not None else UNSET,
        producer_id=found.producer_id,
        ordering_key=found.ordering_key,
        collapse_key=found.collapse_key,
        deliver_at=moment(found.deliver_at),
        expires_at=moment(found.expires_at),
        deliveries=_stories(view) if whole else UNSET,
    )


def _stories(view: NotificationView) -> tuple[DeliveryStory, ...]:
    return tuple(
        DeliveryStory(
            delivery.endpoint,
            delivery.state.label,
            rfc3339(delivery.due_at),
            attempts_to(view, delivery.endpoint),
        )
        for delivery in view.deliveries
    )


def attempts_to(view: NotificationView, endpoint: str) -> tuple[AttemptDocument, ...]:
    """The attempts that were made for one endpoint."""
    return tuple(_attempt(made) for made in view.attempts if made.endpoint == endpoint)


def _attempt(view: AttemptView) -> AttemptDocument:
    made = view.attempt
    return AttemptDocument(
        id=made.id,
        number=view.number,
        at=rfc3339(made.at),
        duration_ms=made.duration_ms,
        status=made.status,
        error=made.error,
        answer=made.answer.decode("utf-8", "replace"),
        detail=made.detail,
    )


def moment(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)
