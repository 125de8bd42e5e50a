"""What a producer submits and what becomes of it once it is accepted."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from gatepost import ijson, topics
from gatepost.errors import FieldError, InvalidField, TooLarge, UnknownField

MAX_PAYLOAD_BYTES = 64 * 1024
"""Bytes of one payload: what CloudEvents asks every intermediary to pass (spec 1.0.2, size limits)."""

MAX_BATCH_ITEMS = 1_000
"""Items in one batch: 100 already take all the gain, 1,000 keep one answer under 100 KiB."""

LAST_MOMENT = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z in milliseconds: RFC 3339 can write no later time."""

RESERVED_TOPIC = "gatepost"
"""Topics at and below this name carry Gatepost's own events; producers may not send to them."""

_EVENT_TYPE = r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*\Z"  # Standard Webhooks: dot-separated segments
_NO_CONTROL = r"^[^\x00-\x1f\x7f]+\Z"

Topic = Annotated[str, Meta(max_length=topics.MAX_LENGTH, pattern=topics.NAME, description="Dot-separated name.")]
EventType = Annotated[str, Meta(max_length=topics.MAX_LENGTH, pattern=_EVENT_TYPE, description="Such as order.paid.")]
ProducerId = Annotated[str, Meta(max_length=128, pattern=r"^[A-Za-z0-9_.:@/-]+\Z")]
Label = Annotated[str, Meta(min_length=1, max_length=128, pattern=_NO_CONTROL)]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset.")]


class Submission(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """One notification as a producer sends it; `payload` stays the bytes that came."""

    topic: Topic
    type: EventType
    payload: msgspec.Raw
    id: ProducerId | None = None
    ordering_key: Label | None = None
    collapse_key: Label | None = None
    deliver_at: Moment | None = None
    expires_at: Moment | None = None


class Notification(Struct):
    """An accepted notification. Times are milliseconds since 1970 UTC.

    `seq` is its place in the log of everything accepted; the store assigns it.
    """

    id: str
    tenant: str
    topic: str
    type: str
    payload: bytes
    accepted_at: int
    fingerprint: bytes
    producer_id: str | None = None
    ordering_key: str | None = None
    collapse_key: str | None = None
    deliver_at: int | None = None
    expires_at: int | None = None
    seq: int = 0


_decode = msgspec.json.Decoder(Submission).decode
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?\Z", re.DOTALL)
_NAMED_FIELD = re.compile(r"field `(?P<name>[^`]*)`")


def read_submission(body: bytes | msgspec.Raw, now: int) -> Submission:
    """Reads one submission out of JSON that `ijson.scan` let pass; `now` in milliseconds.

    Raises `UnknownField`, `InvalidField` (with a JSON Pointer) or `TooLarge`.
    """
    try:
        submission = _decode(body)
    except msgspec.ValidationError as error:
        raise field_error(error) from None
    if len(memoryview(submission.payload)) > MAX_PAYLOAD_BYTES:
        raise TooLarge(f"a payload may have {MAX_PAYLOAD_BYTES} bytes", errors=(FieldError("too large", "/payload"),))
    if submission.topic.partition(".")[0] == RESERVED_TOPIC:
        raise _refused("this topic is kept for Gatepost's own events", "/topic")
    if submission.expires_at is not None:
        _check_expiry(submission, now)
    return submission


def read_item(raw: msgspec.Raw | bytes, now: int, *, scanned: bool) -> Submission:
    """Reads one item of a batch; `scanned` says that the whole batch passed `ijson.scan` already."""
    if not scanned:
        ijson.scan(bytes(raw))
    return read_submission(raw, now)


def _check_expiry(submission: Submission, now: int) -> None:
    expires_at = milliseconds(submission.expires_at)
    starts_at = max(now, milliseconds(submission.deliver_at) or now)
    if expires_at is not None and expires_at <= starts_at:
        raise _refused("must be later than now and than deliver_at", "/expires_at")


def _refused(detail: str, pointer: str) -> InvalidField:
    return InvalidField(f"{pointer}: {detail}", errors=(FieldError(detail, pointer),))


def milliseconds(moment: datetime | None) -> int | None:
    """Milliseconds since 1970 UTC, kept within what `rfc3339` can write back: an offset leads beyond either end."""
    return None if moment is None else min(max(round(moment.timestamp() * 1000), 0), LAST_MOMENT)


def field_error(error: msgspec.ValidationError) -> InvalidField | UnknownField:
    """The error of our tree for what msgspec says, with its path turned into a JSON Pointer (RFC 6901)."""
    match = _PLACE.match(str(error))
    what, path = (match["what"], match["path"] or "$") if match else (str(error), "$")
    pointer = re.sub(r"\[(\d+)\]", r"/\1", path.removeprefix("$")).replace(".", "/").replace("[...]", "/*")
    named = _NAMED_FIELD.search(what)
    if named is not None:
        pointer += "/" + named["name"].replace("~", "~0").replace("/", "~1")
    kind = UnknownField if "unknown field" in what else InvalidField
    return kind(f"{pointer or 'body'}: {what}", errors=(FieldError(what, pointer),))
