"""Options that several commands share. There is none for the API key itself: arguments are visible to every user."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

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
