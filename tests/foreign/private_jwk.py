"""Private keys as JWK, for programs that take nothing else. The product never writes them."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gatepost.crypto import base64url
from gatepost.crypto.keys import jwk
from gatepost.crypto.keys.pairs import PrivateKey


def private_jwk(key: PrivateKey | bytes) -> dict[str, str]:
    """A shared key is both sides in one."""
    match key:
        case bytes():
            return {"kty": "oct", "k": base64url.encode(key)}
        case X25519PrivateKey():
            secret = {"d": base64url.encode(key.private_bytes_raw())}
        case EllipticCurvePrivateKey():
            secret = {"d": base64url.encode(key.private_numbers().private_value.to_bytes(32, "big"))}
        case RSAPrivateKey():
            numbers = key.private_numbers()
            parts = {"d": numbers.d, "p": numbers.p, "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1}
            secret = {name: _integer(number) for name, number in {**parts, "qi": numbers.iqmp}.items()}
        case _:
            raise ValueError("no key that opens")
    return jwk.members(key.public_key()) | secret


def _integer(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
