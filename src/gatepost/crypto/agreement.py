"""Two sides that know each other's public keys agree on a key that nobody else can work out (Diffie-Hellman).

Whoever agrees must know whose public key it is: swapped on its way, it makes somebody else the other side.
The same two pairs agree on the same key every time. Where an old message must stay closed after a private key is
stolen, one side takes a new pair for each message: `boxes.hpke` and `boxes.jwe` do.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import ECDH, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatepost.crypto.keys.pairs import PrivateKey, PublicKey
from gatepost.crypto.seals.message import KEY_BYTES
from gatepost.crypto.seals.message import context as framed
from gatepost.errors import InvalidKey

AgreementPublicKey = X25519PublicKey | EllipticCurvePublicKey
AgreementPrivateKey = X25519PrivateKey | EllipticCurvePrivateKey

_PURPOSE = "gatepost agreed key 1"


def agreed_key(own: PrivateKey, other: PublicKey, context: bytes) -> bytes:
    """32 bytes that both sides get from their own private and the other's public key: HKDF-SHA256 (RFC 5869).

    Both public keys and the context go in, so that the key belongs to these two and to one use.
    Raises InvalidKey when the keys cannot agree.
    """
    secret = shared_secret(own, other)
    both = sorted(_encoded(key) for key in (own.public_key(), other))
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=framed(_PURPOSE, *both, context)).derive(secret)


def shared_secret(own: PrivateKey, other: PublicKey) -> bytes:
    """The raw secret of X25519 (RFC 7748 section 6.1) or ECDH on P-256. It is no key yet: it is not uniform.

    Raises InvalidKey when the keys are not of one kind, or the other's forces a secret that is known (all zeros).
    """
    try:
        if isinstance(own, X25519PrivateKey) and isinstance(other, X25519PublicKey):
            return own.exchange(other)
        if isinstance(own, EllipticCurvePrivateKey) and isinstance(other, EllipticCurvePublicKey):
            return own.exchange(ECDH(), other)
    except ValueError:
        raise InvalidKey("with this public key anybody would know the secret") from None
    raise InvalidKey("two X25519 keys or two P-256 keys agree, and no others")


def _encoded(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
