"""Public keys as JSON: JWK and JWK sets (RFC 7517), on the curves of RFC 8037 too, with thumbprints (RFC 7638).

Only public ones: a private key travels in a key file with a passphrase (`pem`) or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from msgspec import Struct

from gatepost import ijson
from gatepost.crypto import base64url
from gatepost.crypto.keys.pairs import PublicKey, accepted_public
from gatepost.errors import InvalidInput, InvalidKey

MAX_SET_BYTES = 64 * 1024
MAX_SET_KEYS = 64
"""A sender reads a set to find one key in it; a rotation keeps two or three."""

_COORDINATE_BYTES = 32
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_READ = ("kty", "crv", "x", "y", "n", "e", "kid", "alg", "use")
_OKP: dict[str, type[Ed25519PublicKey] | type[X25519PublicKey]] = {
    "Ed25519": Ed25519PublicKey,
    "X25519": X25519PublicKey,
}

ENCRYPTION = "enc"
SIGNATURE = "sig"


class Jwk(Struct, frozen=True):
    """A public key with what its owner says about it; empty where nothing was said."""

    key: PublicKey
    id: str = ""
    algorithm: str = ""
    use: str = ""
    """`enc`, `sig`, or nothing."""


def members(key: PublicKey) -> dict[str, str]:
    """The members that make up the key, and no others."""
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": _integer(numbers.n), "e": _integer(numbers.e)}
    if isinstance(key, Ed25519PublicKey | X25519PublicKey):
        curve = "Ed25519" if isinstance(key, Ed25519PublicKey) else "X25519"
        return {"kty": "OKP", "crv": curve, "x": base64url.encode(key.public_bytes_raw())}
    point = key.public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _coordinate(point.x), "y": _coordinate(point.y)}


def thumbprint(key: PublicKey) -> str:
    """The name that everybody who has the public key can work out: SHA-256 of its members (RFC 7638)."""
    canonical = msgspec.json.encode(members(key), order="sorted")
    return base64url.encode(hashlib.sha256(canonical).digest())


def dump(jwk: Jwk) -> dict[str, str]:
    about = {"kid": jwk.id, "alg": jwk.algorithm, "use": jwk.use}
    return members(jwk.key) | {name: value for name, value in about.items() if value}


def load(document: Mapping[str, Any]) -> Jwk:
    """Reads one key. Raises InvalidKey: unknown, malformed, not on its curve, too small, or private."""
    if _PRIVATE_MEMBERS & document.keys():
        raise InvalidKey("this JWK holds a secret where a public key belongs")
    try:
        texts = msgspec.convert({name: document[name] for name in _READ if name in document}, dict[str, str])
        key = _key(texts)
    except (KeyError, ValueError):  # msgspec's errors are ValueErrors too
        raise InvalidKey("this JWK is malformed, or no public key of a kind that is taken") from None
    return Jwk(accepted_public(key), texts.get("kid", ""), texts.get("alg", ""), texts.get("use", ""))


def dump_set(keys: Sequence[Jwk]) -> bytes:
    return msgspec.json.encode({"keys": [dump(key) for key in keys]})


def load_set(document: bytes) -> list[Jwk]:
    """The keys of a set that can be used; others are passed over (RFC 7517 section 5).

    Raises InvalidKey when it is no set.
    """
    return list(_usable(_set(document)))


def _set(document: bytes) -> list[dict[str, Any]]:
    if len(document) > MAX_SET_BYTES:
        raise InvalidKey(f"a JWK set has at most {MAX_SET_BYTES} bytes")
    try:
        ijson.scan(document)
        keys = msgspec.json.decode(document, type=dict[str, Any]).get("keys")
        found = msgspec.convert(keys, list[dict[str, Any]])
    except (InvalidInput, msgspec.MsgspecError):
        raise InvalidKey('a JWK set is an object with an array "keys"') from None
    if len(found) > MAX_SET_KEYS:
        raise InvalidKey(f"a JWK set has at most {MAX_SET_KEYS} keys")
    return found


def _usable(keys: Sequence[dict[str, Any]]) -> Iterator[Jwk]:
    for key in keys:
        try:
            yield load(key)
        except InvalidKey:
            continue


def _key(texts: Mapping[str, str]) -> PublicKey:
    match texts.get("kty"), texts.get("crv"):
        case "RSA", None:
            return RSAPublicNumbers(_number(texts["e"]), _number(texts["n"])).public_key()
        case "OKP", str(curve):
            return _OKP[curve].from_public_bytes(base64url.decode(texts["x"]))
        case "EC", "P-256":
            x, y = _read_coordinate(texts["x"]), _read_coordinate(texts["y"])
            return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()  # checks that the point is on the curve
    raise ValueError


def _integer(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _number(text: str) -> int:
    raw = base64url.decode(text)
    if raw[:1] in (b"", b"\0"):  # a second spelling would give the key a second thumbprint
        raise ValueError
    return int.from_bytes(raw, "big")


def _coordinate(number: int) -> str:
    return base64url.encode(number.to_bytes(_COORDINATE_BYTES, "big"))


def _read_coordinate(text: str) -> int:
    raw = base64url.decode(text)
    if len(raw) != _COORDINATE_BYTES:
        raise ValueError
    return int.from_bytes(raw, "big")
