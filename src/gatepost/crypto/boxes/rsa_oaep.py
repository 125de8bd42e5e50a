"""RSA-OAEP with SHA-256 in both places (RFC 8017 section 7.1): a short value for the owner of an RSA key.

Only short values: what fits is smaller than the key. RSA encrypts keys, and the keys encrypt messages; `jwe` does that.
The ciphertext is plain RSAES-OAEP with an empty label, so that OpenSSL, Java or a browser reads and writes it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from gatepost.errors import InvalidKey, SealBroken, TooLarge

MAX_LINES = 1000
"""Values of one list: each costs a millisecond or more to decrypt."""

_OVERHEAD_BYTES = 2 * 32 + 2  # two digests and two bytes, RFC 8017 section 7.1.1
_PADDING = OAEP(MGF1(SHA256()), SHA256(), label=None)


def max_message_bytes(key: object) -> int:
    """How much fits: 190 bytes for 2,048 bits, 318 for 3,072. Raises InvalidKey when it is no RSA public key."""
    return _rsa_public(key).key_size // 8 - _OVERHEAD_BYTES


def encrypt(message: bytes, key: object) -> bytes:
    """As long as the key, other bytes each time. Raises TooLarge, and InvalidKey when it is no RSA public key."""
    room = max_message_bytes(key)
    if len(message) > room:
        raise TooLarge(
            f"this key takes {room} bytes by RSA-OAEP, and these are {len(message)}; "
            "larger messages go by JWE (boxes.jwe) or HPKE (boxes.hpke)"
        )
    return _rsa_public(key).encrypt(message, _PADDING)


def decrypt(ciphertext: bytes, key: object) -> bytes:
    """Raises SealBroken, in one way for everything that may be wrong; InvalidKey when it is no RSA private key."""
    if not isinstance(key, RSAPrivateKey):
        raise InvalidKey("RSA-OAEP needs an RSA private key")
    try:
        return key.decrypt(ciphertext, _PADDING)
    except ValueError:
        raise SealBroken("it was encrypted for another key, or changed since") from None


def encrypt_lines(messages: Iterable[bytes], key: object) -> str:
    """One base64 value a line for each message. Raises as `encrypt`."""
    return "".join(b64encode(encrypt(message, key)).decode("ascii") + "\n" for message in messages)


def decrypt_lines(text: str, key: object) -> list[bytes]:
    """The messages of a list with one base64 value a line, in its order; empty lines are passed over.

    Raises SealBroken naming the line, TooLarge, and InvalidKey when it is no RSA private key.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MAX_LINES:
        raise TooLarge(f"a list holds {MAX_LINES} values")
    return [_decrypt_line(number, line, key) for number, line in lines]


def _decrypt_line(number: int, line: str, key: object) -> bytes:
    try:
        return decrypt(b64decode(line, validate=True), key)
    except ValueError:
        raise SealBroken(f"line {number} is not base64") from None
    except SealBroken as error:
        raise SealBroken(f"line {number}: {error.detail}") from None


def _rsa_public(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise InvalidKey("RSA-OAEP needs an RSA public key")
    return key
