"""Where the service is, the key it knows us by, and the rule that the key never travels in the clear."""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from gatepost._version import __version__
from gatepost.client.wire import Request
from gatepost.crypto.secret import Secret
from gatepost.errors import InsecureTransport, InvalidParameter, Unauthenticated

DEFAULT_URL = "http://127.0.0.1:8080"
URL_VARIABLE = "GATEPOST_URL"
KEY_VARIABLE = "GATEPOST_API_KEY"


class Service(Struct, frozen=True):
    """One service, as one caller sees it."""

    host: str
    port: int
    tls: bool
    prefix: str
    key: Secret[str]

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def headers(self, request: Request) -> dict[str, str]:
        """Every header of a request, the credential too."""
        return {
            "host": self.authority,
            "authorization": f"Bearer {self.key.reveal()}",
            "accept": "application/json",
            "user-agent": f"gatepost-python/{__version__}",
            **dict(request.headers),
        }


def locate(
    url: str | None, api_key: Secret[str] | str | None, *, allow_api_key_over_plain_http: bool = False
) -> Service:
    """The service at `url`, by default the one in GATEPOST_URL, or this machine's.

    Raises `InvalidParameter` for a URL that cannot be one, `Unauthenticated` without a key, and `InsecureTransport`
    when the key would cross a network unencrypted.
    """
    parts, port = _split(url or os.environ.get(URL_VARIABLE) or DEFAULT_URL)
    host, tls = parts.hostname or "", parts.scheme == "https"
    if not (tls or allow_api_key_over_plain_http or _is_loopback(host)):
        raise InsecureTransport(f"{host} is not this machine, and http:// would show it and others the API key")
    return Service(host, port or (443 if tls else 80), tls, parts.path.rstrip("/"), _key(api_key))


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidParameter(f"the service's URL cannot be read: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise InvalidParameter("the service's URL has the form https://host:port")
    return parts, port


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _key(api_key: Secret[str] | str | None) -> Secret[str]:
    if isinstance(api_key, Secret):
        text = api_key.reveal()
    else:
        text = api_key or os.environ.get(KEY_VARIABLE, "")
    if not text:
        raise Unauthenticated(f"there is no API key, neither as api_key nor in {KEY_VARIABLE}")
    if not (text.isascii() and text.isprintable()):
        raise Unauthenticated("the API key has characters that no key has; was it copied whole?")
    return Secret(text)
