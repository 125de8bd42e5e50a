"""How the key of a JWE's content reaches its recipient (RFC 7518 section 4): one class for each algorithm and side."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from msgspec import Struct

from gatepost.clock import Clock
from gatepost.crypto import base64url
from gatepost.crypto.agreement import AgreementPrivateKey, AgreementPublicKey, shared_secret
from gatepost.crypto.boxes import rsa_oaep
from gatepost.crypto.keys import jwk
from gatepost.crypto.keys.pairs import PrivateKey, PublicKey, accepted_private, accepted_public, generate, kind_of
from gatepost.errors import InvalidKey, SealBroken

KEY_BYTES = 32
ENCRYPTION = "A256GCM"
"""The one content encryption that is written and read."""

_LENGTH_BYTES = 4


class Algorithm(StrEnum):
    """What the key is for. A key is for one algorithm only."""

    DIR = "dir"
    """A shared secret encrypts the content itself. Nonces are random: for at most 2**32 messages a key."""
    A256KW = "A256KW"
    """A shared secret wraps a new key for each message. The usual choice between two sides that share a secret."""
    ECDH_ES = "ECDH-ES"
    """Diffie-Hellman with a new pair for each message, for an X25519 or P-256 key."""
    ECDH_ES_A256KW = "ECDH-ES+A256KW"
    """The same, wrapping a random key: what most other software writes."""
    RSA_OAEP_256 = "RSA-OAEP-256"


class ContentKey(Struct, frozen=True):
    """The key of one message, the form in which it travels, and what the header says about it."""

    key: bytes
    encrypted: bytes
    header: dict[str, Any]


class KeyHeader(Struct, frozen=True):
    """The members of a header that finding the key takes."""

    epk: dict[str, Any] | None = None
    apu: str = ""
    apv: str = ""


class SealingSide(Protocol):
    def new_key(self, clock: Clock) -> ContentKey: ...


class OpeningSide(Protocol):
    def key(self, encrypted: bytes, header: KeyHeader) -> bytes:
        """The key of the content. Raises SealBroken, or another ValueError that means the same."""
        ...


def sealing_side(algorithm: Algorithm, key: PublicKey | bytes) -> SealingSide:
    """Raises InvalidKey when the algorithm is not for this kind of key."""
    if isinstance(key, bytes):
        return _shared(algorithm, key)
    match algorithm, accepted_public(key):
        case Algorithm.ECDH_ES | Algorithm.ECDH_ES_A256KW, X25519PublicKey() | EllipticCurvePublicKey() as public:
            return _AgreementTo(algorithm, public)
        case Algorithm.RSA_OAEP_256, RSAPublicKey() as public:
            return _RsaTo(public)
    raise InvalidKey(f"{algorithm} is not for a key of the kind {kind_of(key)}")


def opening_side(algorithm: Algorithm, key: PrivateKey | bytes) -> OpeningSide:
    """Raises InvalidKey when the algorithm is not for this kind of key."""
    if isinstance(key, bytes):
        return _shared(algorithm, key)
    match algorithm, accepted_private(key):
        case Algorithm.ECDH_ES | Algorithm.ECDH_ES_A256KW, X25519PrivateKey() | EllipticCurvePrivateKey() as private:
            return _AgreementFrom(algorithm, private)
        case Algorithm.RSA_OAEP_256, RSAPrivateKey() as private:
            return _RsaFrom(private)
    raise InvalidKey(f"{algorithm} is not for a key of the kind {kind_of(key)}")


def _shared(algorithm: Algorithm, key: bytes) -> _Direct | _KeyWrap:
    if len(key) != KEY_BYTES:
        raise InvalidKey(f"a shared key has {KEY_BYTES} bytes")
    match algorithm:
        case Algorithm.DIR:
            return _Direct(key)
        case Algorithm.A256KW:
            return _KeyWrap(key)
    raise InvalidKey(f"{algorithm} is not for a shared key")


class _Direct:
    """RFC 7518 section 4.5."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new_key(self, clock: Clock) -> ContentKey:
        return ContentKey(self._key, b"", {})

    def key(self, encrypted: bytes, header: KeyHeader) -> bytes:
        _no_key(encrypted)
        return self._key


class _KeyWrap:
    """RFC 7518 section 4.4; RFC 3394."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new_key(self, clock: Clock) -> ContentKey:
        key = clock.random_bytes(KEY_BYTES)
        return ContentKey(key, aes_key_wrap(self._key, key), {})

    def key(self, encrypted: bytes, header: KeyHeader) -> bytes:
        return _unwrapped(self._key, encrypted)


class _AgreementTo:
    """RFC 7518 section 4.6; RFC 8037 section 3.2."""

    def __init__(self, algorithm: Algorithm, public: AgreementPublicKey) -> None:
        self._algorithm = algorithm
        self._public = public

    def new_key(self, clock: Clock) -> ContentKey:
        ephemeral = generate(kind_of(self._public))
        agreed = _agreed(self._algorithm, shared_secret(ephemeral, self._public), KeyHeader())
        header = {"epk": jwk.members(ephemeral.public_key())}
        if self._algorithm is Algorithm.ECDH_ES:
            return ContentKey(agreed, b"", header)
        key = clock.random_bytes(KEY_BYTES)
        return ContentKey(key, aes_key_wrap(agreed, key), header)


class _AgreementFrom:
    def __init__(self, algorithm: Algorithm, private: AgreementPrivateKey) -> None:
        self._algorithm = algorithm
        self._private = private

    def key(self, encrypted: bytes, header: KeyHeader) -> bytes:
        try:
            ephemeral = jwk.load(header.epk or {}).key
            secret = shared_secret(self._private, ephemeral)
        except InvalidKey:
            raise SealBroken("its ephemeral key is none that this key can agree with") from None
        agreed = _agreed(self._algorithm, secret, header)
        if self._algorithm is Algorithm.ECDH_ES:
            _no_key(encrypted)
            return agreed
        return _unwrapped(agreed, encrypted)


class _RsaTo:
    """RFC 7518 section 4.3."""

    def __init__(self, public: RSAPublicKey) -> None:
        self._public = public

    def new_key(self, clock: Clock) -> ContentKey:
        key = clock.random_bytes(KEY_BYTES)
        return ContentKey(key, rsa_oaep.encrypt(key, self._public), {})


class _RsaFrom:
    """A key that does not decrypt and a content that does not look the same to whoever sent them: SealBroken.

    RFC 7516 section 11.5 replaces such a key by a random one, against oracles of PKCS #1 v1.5. With OAEP there is
    nothing to learn: only who knows what is inside can make a ciphertext that decrypts.
    """

    def __init__(self, private: RSAPrivateKey) -> None:
        self._private = private

    def key(self, encrypted: bytes, header: KeyHeader) -> bytes:
        return _of_right_length(rsa_oaep.decrypt(encrypted, self._private))


def concat_kdf(secret: bytes, algorithm: str, apu: bytes, apv: bytes, key_bytes: int) -> bytes:
    """The key that both sides derive from an agreed secret (RFC 7518 section 4.6.2)."""
    parties = b"".join(_framed(part) for part in (algorithm.encode("ascii"), apu, apv))
    bits = (key_bytes * 8).to_bytes(_LENGTH_BYTES, "big")
    return ConcatKDFHash(SHA256(), key_bytes, otherinfo=parties + bits).derive(secret)


def _agreed(algorithm: Algorithm, secret: bytes, header: KeyHeader) -> bytes:
    name = ENCRYPTION if algorithm is Algorithm.ECDH_ES else algorithm.value
    return concat_kdf(secret, name, base64url.decode(header.apu), base64url.decode(header.apv), KEY_BYTES)


def _framed(part: bytes) -> bytes:
    return len(part).to_bytes(_LENGTH_BYTES, "big") + part


def _unwrapped(wrapping: bytes, encrypted: bytes) -> bytes:
    try:
        return _of_right_length(aes_key_unwrap(wrapping, encrypted))
    except InvalidUnwrap:
        raise SealBroken from None


def _of_right_length(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise SealBroken(f"its key is none for {ENCRYPTION}")
    return key


def _no_key(encrypted: bytes) -> None:
    if encrypted:
        raise SealBroken("it brings a key where none belongs")
