"""Signatures of webhooks as Standard Webhooks lays them out (standardwebhooks.com, specification 1.0.0).

Signed is `{id}.{timestamp}.{body}`. A key is a text: `whsec_` holds an HMAC-SHA-256 key (signature `v1`),
`whsk_` an Ed25519 private key (signature `v1a`) whose public half is `whpk_`. Several keys sign side by side,
so that a receiver may change from the old one to the new one at any moment.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from gatepost.clock import Clock
from gatepost.errors import InvalidField, InvalidSignature

if TYPE_CHECKING:
    from gatepost.crypto import ed25519

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"

HMAC_PREFIX = "whsec_"
PRIVATE_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"

HMAC_KEY_BYTES = range(24, 65)
"""Lengths that the specification allows."""

NEW_HMAC_KEY_BYTES = 32
"""As long as the digest: more adds nothing (RFC 2104 section 3)."""

TOLERANCE_SECONDS = 300
"""How far the clocks of sender and receiver may be apart; an older request may be a replay."""

MAX_SIGNATURES = 16
"""Signatures looked at in one header: each may cost an Ed25519 verification for each key."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

Signer = Callable[[str, int, bytes], str]
"""Makes the value of `webhook-signature` from the id, the time in Unix seconds and the body."""


class SigningKey(Protocol):
    """One key of a sender."""

    def sign(self, message: bytes) -> str:
        """The signature with its version, such as `v1,K5oZ...`."""
        ...


class VerifyingKey(Protocol):
    """One key of a receiver."""

    def verifies(self, message: bytes, signature: str) -> bool:
        """Whether this key made that signature, version included, over the message."""
        ...


class HmacKey:
    """A shared key; it signs and verifies."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        # Copying a keyed hash saves a third of hmac.digest, which looks the algorithm up each time.
        self._keyed = hmac.new(key, digestmod="sha256")

    def sign(self, message: bytes) -> str:
        keyed = self._keyed.copy()
        keyed.update(message)
        return "v1," + b2a_base64(keyed.digest(), newline=False).decode("ascii")

    def verifies(self, message: bytes, signature: str) -> bool:
        # The texts are compared, not what they decode to: base64 has several spellings of the same bytes.
        return hmac.compare_digest(self.sign(message).encode(), signature.encode(errors="replace"))


def new_hmac_key(clock: Clock) -> str:
    """A fresh `whsec_` key."""
    return _encode(HMAC_PREFIX, clock.random_bytes(NEW_HMAC_KEY_BYTES))


def new_ed25519_key(clock: Clock) -> str:
    """A fresh `whsk_` key: the seed with the public key after it."""
    from gatepost.crypto.ed25519 import SEED_BYTES, PrivateKey  # noqa: PLC0415 - loads cryptography

    return _encode(PRIVATE_PREFIX, PrivateKey(clock.random_bytes(SEED_BYTES)).private_bytes)


def public_key(private: str) -> str:
    """The `whpk_` key that verifies what this `whsk_` key signs; raises InvalidField."""
    return _encode(PUBLIC_PREFIX, _private_key(private).public_bytes)


def signing_key(text: str) -> SigningKey:
    """Reads a `whsec_` or `whsk_` key; raises InvalidField, which never repeats the key."""
    if text.startswith(HMAC_PREFIX):
        return _hmac_key(text)
    if text.startswith(PRIVATE_PREFIX):
        return _private_key(text)
    raise InvalidField(f"a signing key starts with {HMAC_PREFIX} or {PRIVATE_PREFIX}")


def verifying_key(text: str) -> VerifyingKey:
    """Reads a `whsec_` or `whpk_` key; raises InvalidField, which never repeats the key."""
    if text.startswith(HMAC_PREFIX):
        return _hmac_key(text)
    if text.startswith(PUBLIC_PREFIX):
        return _public_key(text)
    raise InvalidField(f"a verifying key starts with {HMAC_PREFIX} or {PUBLIC_PREFIX}")


def signer(keys: Sequence[str]) -> Signer:
    """A function that signs with every one of `keys`, which are read once, here; raises InvalidField.

    The function raises InvalidField for an id that could not be told apart from the text around it.
    """
    signing_keys = [signing_key(text) for text in keys]
    if not signing_keys:
        raise InvalidField("at least one signing key is needed")

    def sign(message_id: str, timestamp: int, body: bytes) -> str:
        if _ID.fullmatch(message_id) is None:
            raise InvalidField("a message id is 1 to 255 letters, digits, '_' or '-'")
        message = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
        return " ".join([key.sign(message) for key in signing_keys])

    return sign


def verify(
    keys: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now_seconds: float,
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> None:
    """Everything a receiver has to check, in one call; raises InvalidSignature unless all of it holds.

    `keys` are the `whsec_` or `whpk_` keys that may have signed, `headers` those of the request in any case,
    `body` its bytes as they came, before any parsing. Raises InvalidField for a malformed key.
    """
    verifying_keys = [verifying_key(text) for text in keys]
    message_id = _header(headers, ID_HEADER)
    timestamp = _header(headers, TIMESTAMP_HEADER)
    signatures = _header(headers, SIGNATURE_HEADER).split(" ")
    # A dot in the id would let one signature stand for two messages: "a.1" at 2 and "a" at 1 with "2." in the body.
    if _ID.fullmatch(message_id) is None:
        raise InvalidSignature(f"malformed {ID_HEADER}")
    if _TIMESTAMP.fullmatch(timestamp) is None:
        raise InvalidSignature(f"malformed {TIMESTAMP_HEADER}")
    if abs(now_seconds - int(timestamp)) > tolerance_seconds:
        raise InvalidSignature(f"{TIMESTAMP_HEADER} is more than {tolerance_seconds:g} seconds away from now")
    if len(signatures) > MAX_SIGNATURES:
        raise InvalidSignature(f"more than {MAX_SIGNATURES} signatures")
    message = b"%b.%b.%b" % (message_id.encode(), timestamp.encode(), body)
    if not any(key.verifies(message, signature) for signature in signatures for key in verifying_keys):
        raise InvalidSignature("no known key signed this id, time and body")


def _header(headers: Mapping[str, str], wanted: str) -> str:
    values = [value for name, value in headers.items() if name.lower() == wanted]
    if len(values) != 1:
        raise InvalidSignature(f"the header {wanted} is missing or repeated")
    return values[0]


def _hmac_key(text: str) -> HmacKey:
    return HmacKey(_decode(text, HMAC_PREFIX, HMAC_KEY_BYTES))


def _private_key(text: str) -> ed25519.PrivateKey:
    from gatepost.crypto.ed25519 import PRIVATE_BYTES, SEED_BYTES, PrivateKey  # noqa: PLC0415 - loads cryptography

    return PrivateKey(_decode(text, PRIVATE_PREFIX, (SEED_BYTES, PRIVATE_BYTES)))


def _public_key(text: str) -> ed25519.PublicKey:
    from gatepost.crypto.ed25519 import PUBLIC_BYTES, PublicKey  # noqa: PLC0415 - loads cryptography

    return PublicKey(_decode(text, PUBLIC_PREFIX, (PUBLIC_BYTES,)))


def _encode(prefix: str, raw: bytes) -> str:
    return prefix + b64encode(raw).decode("ascii")


def _decode(text: str, prefix: str, lengths: Sequence[int]) -> bytes:
    try:
        raw = b64decode(text.removeprefix(prefix), validate=True)
    except ValueError:
        raise InvalidField(f"a {prefix} key is followed by base64") from None
    if len(raw) not in lengths:
        raise InvalidField(f"a {prefix} key of this length is not allowed")
    return raw
