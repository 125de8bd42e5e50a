"""Messages of the WebSocket: what a client says, and what it is told. All are JSON in text frames."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gatepost import ijson
from gatepost.errors import GatepostError
from gatepost.net.websocket import text_frame
from gatepost.notify.endpoint import Patterns
from gatepost.notify.notification import Notification, field_error
from gatepost.notify.stream import stream_body
from gatepost.web.problem import document

Token = Annotated[str, Meta(max_length=9_000)]
FeedId = Annotated[int, Meta(ge=0, lt=1 << 31, description="The client's own name for what it subscribes to.")]
Text = Annotated[str, Meta(max_length=200)]


class Connect(Struct, frozen=True, forbid_unknown_fields=True, tag="connect"):
    """The first message: an API key or a stream token."""

    token: Token
    name: Text = ""


class Refresh(Struct, frozen=True, forbid_unknown_fields=True, tag="refresh"):
    """Another credential of the same tenant, before the last one expires."""

    token: Token


class Subscribe(Struct, frozen=True, forbid_unknown_fields=True, tag="subscribe"):
    """Topics, from a position on or from now; or a durable subscription by its name."""

    id: FeedId
    topics: Patterns | None = None
    position: Text | None = None
    subscription: Text | None = None


class Unsubscribe(Struct, frozen=True, forbid_unknown_fields=True, tag="unsubscribe"):
    id: FeedId


class Acknowledge(Struct, frozen=True, forbid_unknown_fields=True, tag="ack"):
    """Everything of a durable subscription up to a position is done with."""

    subscription: Text
    position: Text


Message = Connect | Refresh | Subscribe | Unsubscribe | Acknowledge

_decode = msgspec.json.Decoder(Message).decode


def parse(text: str) -> Message:
    """Raises `InvalidInput`."""
    body = text.encode()
    ijson.scan(body)
    try:
        message: Message = _decode(body)
    except msgspec.ValidationError as error:
        raise field_error(error) from None
    return message


def say(kind: str, **fields: Any) -> bytes:
    """A frame with a message to the client."""
    return text_frame(msgspec.json.encode({"type": kind} | fields))


def complain(error: GatepostError, own_id: int | None) -> bytes:
    """A frame that tells what was wrong; with the id of what it was about."""
    about = {} if own_id is None else {"id": own_id}
    return say("error", **about, problem=document(error))


class NotificationFrame(Struct, frozen=True):
    """Frames notifications for all who call what they subscribe to by the same id."""

    epoch: str
    own_id: int

    def __call__(self, notification: Notification) -> bytes:
        position = f"{self.epoch}-{notification.seq}"
        head = f'{{"type":"notification","subscription":{self.own_id},"position":"{position}","notification":'
        return text_frame(head.encode() + stream_body(notification) + b"}")
