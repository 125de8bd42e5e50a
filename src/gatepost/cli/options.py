"""Options that several commands share, and how their texts are read.

There is none for the API key itself: the arguments of a process are visible to every user of the machine.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from typer import Argument, Option

from gatepost.errors import InvalidParameter

if TYPE_CHECKING:
    from msgspec import UnsetType

T = TypeVar("T")

Url = Annotated[
    str | None,
    Option(envvar="GATEPOST_URL", metavar="URL", help="Address of the service.", show_default="http://127.0.0.1:8080"),
]

KeyFile = Annotated[
    Path | None,
    Option(
        "--api-key-file",
        envvar="GATEPOST_API_KEY_FILE",
        metavar="PATH",
        help="File that holds the API key. Otherwise GATEPOST_API_KEY is taken, or you are asked.",
    ),
]

SecretFile = Annotated[
    Path | None,
    Option(metavar="PATH", help="File with a signing secret to use (whsec_... or whsk_...), instead of a new one."),
]

Json = Annotated[bool, Option("--json", help="Print one JSON document and nothing else.")]

Yes = Annotated[bool, Option("--yes", help="Do it without asking.")]

Limit = Annotated[int, Option(min=1, metavar="N", help="Show so many at most.")]

Scopes = Annotated[
    str,
    Option(
        metavar="SCOPES",
        help="What the key may do, comma-separated: notifications:send,endpoints:read or notifications:send:orders.*",
    ),
]

ExpiresAt = Annotated[str | None, Option(metavar="TIME", help="When it ends, in RFC 3339: 2027-01-31T00:00:00Z.")]

EndpointId = Annotated[str, Argument(metavar="ENDPOINT", help="Id of the endpoint (ep_...).")]
KeyId = Annotated[str, Argument(metavar="KEY", help="Id of the key (key_...).")]
TenantId = Annotated[str, Argument(metavar="TENANT", help="Id of the tenant (ten_...).")]
NotificationId = Annotated[str, Argument(metavar="NOTIFICATION", help="Id of the notification (ntf_...).")]


def given(value: T | None) -> T | UnsetType:
    """An option that was not given is not sent; null would mean something."""
    from msgspec import UNSET

    return UNSET if value is None else value


def listed(text: str) -> list[str]:
    """The parts of a comma-separated option."""
    return [part.strip() for part in text.split(",")]


def moment(text: str | None, option: str) -> datetime | None:
    """A time, if one was given. Raises `InvalidParameter`."""
    return None if text is None else required_moment(text, option)


def required_moment(text: str, option: str) -> datetime:
    """Reads a time with its zone. Raises `InvalidParameter`."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidParameter(f"{option} is no time such as 2027-01-31T00:00:00Z") from None
    if read.tzinfo is None:
        raise InvalidParameter(f"{option} needs a zone, such as the Z in 2027-01-31T00:00:00Z")
    return read
