"""Endpoints: where a tenant wants its notifications to arrive."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from gatepost import topics
from gatepost.notify.notification import RESERVED_TOPIC
from gatepost.notify.order import DEFAULT_PARK_AFTER, OnStuck

MAX_CONCURRENCY = 256
"""Requests in flight to one endpoint at once: beyond it a receiver is being attacked, not notified."""

DEFAULT_CONCURRENCY = 32
"""Requests in flight: at 50 ms an answer, 640 a second to one endpoint."""

MAX_URL_LENGTH = 2048
MAX_PATTERNS = 100
MAX_RETRY_STEPS = 30
MAX_RETRY_DELAY_S = 7 * 86_400
MAX_OVERLAP_S = 7 * 86_400
"""Seconds for which an old secret may go on signing beside the new one."""

DEFAULT_OVERLAP_S = 86_400

MAX_PAST = 50
"""Changes of an endpoint that are remembered, to tell why it did not get something."""

State = Literal["active", "paused", "disabled"]
SignatureKind = Literal["v1", "v1a"]

Pattern = Annotated[str, Meta(max_length=topics.MAX_LENGTH, pattern=topics.PATTERN)]
Patterns = Annotated[tuple[Pattern, ...], Meta(min_length=1, max_length=MAX_PATTERNS)]
RetryDelay = Annotated[float, Meta(ge=0, le=MAX_RETRY_DELAY_S)]
RetrySchedule = Annotated[
    tuple[RetryDelay, ...],
    Meta(
        min_length=1,
        max_length=MAX_RETRY_STEPS,
        description="Seconds before each attempt, counted from the one before it; the first is made at once.",
    ),
]
Concurrency = Annotated[int, Meta(ge=1, le=MAX_CONCURRENCY)]


class Past(Struct, frozen=True):
    """What an endpoint was from `since` on and before `until` (milliseconds), as far as it bears on who gets what."""

    since: int
    until: int
    state: State
    topics: tuple[str, ...]
    types: tuple[str, ...]


class Endpoint(Struct, frozen=True):
    """A receiver of webhooks. `secret` signs every request. Times are milliseconds since 1970 UTC.

    `failing_since` is when the present unbroken run of failures began, and `warned` the share of the way
    to auto-disable (in percent) that the owner was last told of. `past` is what it was before, oldest first.
    """

    id: str
    tenant: str
    url: str
    topics: tuple[str, ...]
    types: tuple[str, ...]
    created_at: int
    secret: str
    description: str = ""
    retry: tuple[float, ...] | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    on_stuck: OnStuck = "block"
    park_after: int = DEFAULT_PARK_AFTER
    state: State = "active"
    old_secret: str | None = None
    old_secret_ends_at: int | None = None
    failing_since: int | None = None
    warned: int = 0
    past: tuple[Past, ...] = ()

    def __repr__(self) -> str:
        return f"Endpoint({self.id!r}, {self.url!r}, {self.state!r})"  # the secrets do not print

    def signing_keys(self, now: int) -> tuple[str, ...]:
        """The keys that sign a request made at `now`: the old one too while its overlap lasts."""
        if self.old_secret is None or self.old_secret_ends_at is None or now >= self.old_secret_ends_at:
            return (self.secret,)
        return (self.secret, self.old_secret)

    def wants(self, topic: str, event_type: str) -> bool:
        """Whether this endpoint subscribes to such a notification."""
        return self.wants_topic(topic) and self.wants_type(event_type)

    def wants_topic(self, topic: str) -> bool:
        """Whether it subscribes to a topic.

        Gatepost's own events go only to those who name them: `*` must not surprise a receiver of orders.
        """
        patterns = self.topics
        if topic.partition(".")[0] == RESERVED_TOPIC:
            patterns = tuple(pattern for pattern in patterns if pattern.partition(".")[0] == RESERVED_TOPIC)
        return any(topics.matches(pattern, topic) for pattern in patterns)

    def wants_type(self, event_type: str) -> bool:
        return any(topics.matches(pattern, event_type) for pattern in self.types)

    def remembering(self, before: Endpoint, now: int) -> Endpoint:
        """This endpoint, with what it was `before` if that differs in who gets what."""
        was = (before.state, before.topics, before.types)
        if was == (self.state, self.topics, self.types):
            return self
        since = before.past[-1].until if before.past else before.created_at
        return msgspec.structs.replace(self, past=(*before.past, Past(since, now, *was))[-MAX_PAST:])

    def as_of(self, moment: int) -> Endpoint | None:
        """What it was at a time after it was made; None when that is forgotten."""
        past = next((each for each in self.past if moment < each.until), None)
        if past is None:
            return self
        if moment < past.since:
            return None
        return msgspec.structs.replace(self, state=past.state, topics=past.topics, types=past.types)
