"""JWE in compact form (RFC 7516): messages to and from other software.

A key is for one algorithm (`Algorithm`), and content is encrypted with A256GCM. The reader takes what fits the key and
nothing else: no other algorithm, no extension (`crit`), no compression (`zip`: a small message would become any amount
of memory), no second spelling. What a header says never chooses how its key is used.

Written on pyca/cryptography and not on joserfc 1.8, which was tried: it reads at most 64 KiB of content (a payload has
128), raises KeyError and TypeError for some hostile headers, keeps its algorithms in a registry that any import may
change, and takes a header that names a member twice. What is left to write is the frame around the library's
AES-GCM, key wrap, Concat KDF, ECDH and OAEP.

A message under a public key does not say who sent it, and JWE binds to no context: use one key for one purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import UNSET, Struct, UnsetType

from gatepost import ijson
from gatepost.clock import Clock
from gatepost.crypto import base64url
from gatepost.crypto.boxes.jwe_keys import ENCRYPTION, Algorithm, KeyHeader, opening_side, sealing_side
from gatepost.crypto.keys import jwk
from gatepost.crypto.keys.pairs import PrivateKey, PublicKey
from gatepost.errors import InvalidInput, InvalidKey, KeyUnavailable, SealBroken, TooLarge

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""A JWE is held in memory as a whole, several times; what is larger goes as a stream (`boxes.recipient`)."""

MAX_HEADER_CHARACTERS = 4096
"""A header with a certificate chain would be longer, but none of that is read."""

MAX_KEY_CHARACTERS = 1366
"""An encrypted key under 8,192 bits of RSA."""

MAX_ID_CHARACTERS = 256

_NONCE_BYTES = 12
_TAG_BYTES = 16
_PARTS = 5
_MAX_CHARACTERS = MAX_HEADER_CHARACTERS + MAX_KEY_CHARACTERS + MAX_MESSAGE_BYTES * 4 // 3 + 100


class _Header(KeyHeader, frozen=True):
    """What is read of a protected header. Other members are allowed and mean nothing here (RFC 7516 section 4)."""

    alg: str = ""
    enc: str = ""
    kid: str = ""
    crit: Any | UnsetType = UNSET
    zip: Any | UnsetType = UNSET


class _Token(Struct, frozen=True):
    """The five parts of a compact JWE."""

    protected: str
    header: _Header
    encrypted_key: bytes
    nonce: bytes
    content: bytes
    """Ciphertext and tag."""


class Sealer:
    """Seals messages for one key with its one algorithm."""

    __slots__ = ("_algorithm", "_id", "_side")

    def __init__(self, key: PublicKey | bytes, algorithm: Algorithm, id: str = "") -> None:
        """The recipient's public key, or a shared secret of 32 bytes. `id` tells the recipient which key it is.

        Raises InvalidKey when the algorithm is not for this key.
        """
        if len(id) > MAX_ID_CHARACTERS:
            raise InvalidKey(f"the id of a key has at most {MAX_ID_CHARACTERS} characters")
        self._side = sealing_side(algorithm, key)
        self._algorithm = algorithm
        self._id = id

    @classmethod
    def for_jwk(cls, recipient: jwk.Jwk) -> Sealer:
        """For a key that its owner published. Raises InvalidKey when it is not for encryption as it is done here."""
        if recipient.use not in ("", jwk.ENCRYPTION):
            raise InvalidKey("its owner says that this key is not for encryption")
        usual = Algorithm.RSA_OAEP_256 if isinstance(recipient.key, RSAPublicKey) else Algorithm.ECDH_ES_A256KW
        try:
            algorithm = Algorithm(recipient.algorithm or usual)
        except ValueError:
            raise InvalidKey("this key is for an algorithm that is not supported") from None
        return cls(recipient.key, algorithm, recipient.id)

    def seal(self, message: bytes, clock: Clock) -> str:
        """The message as a compact JWE. Raises TooLarge beyond 16 MiB."""
        if len(message) > MAX_MESSAGE_BYTES:
            raise TooLarge(f"a JWE holds {MAX_MESSAGE_BYTES} bytes here; larger things are sealed as streams")
        content_key = self._side.new_key(clock)
        named = {"kid": self._id} if self._id else {}
        header = {"alg": self._algorithm, "enc": ENCRYPTION, **named, **content_key.header}
        protected = base64url.encode(msgspec.json.encode(header))
        nonce = clock.random_bytes(_NONCE_BYTES)
        sealed = AESGCM(content_key.key).encrypt(nonce, message, protected.encode("ascii"))
        parts = (content_key.encrypted, nonce, sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:])
        return ".".join([protected, *map(base64url.encode, parts)])


class Opener:
    """Opens messages for one key with its one algorithm."""

    __slots__ = ("_algorithm", "_side", "id")

    def __init__(self, key: PrivateKey | bytes, algorithm: Algorithm, id: str = "") -> None:
        """The private key, or the shared secret of 32 bytes. Raises InvalidKey when the algorithm is not for it."""
        self._side = opening_side(algorithm, key)
        self._algorithm = algorithm
        self.id = id

    def open(self, token: str) -> bytes:
        """What was sealed. Raises KeyUnavailable when it is for another key, SealBroken for all else."""
        return open_with([self], token)

    def _fits(self, header: _Header) -> bool:
        return header.alg == self._algorithm and (self.id == header.kid or "" in (self.id, header.kid))

    def _opened(self, token: _Token) -> bytes:
        try:
            key = self._side.key(token.encrypted_key, token.header)
            return AESGCM(key).decrypt(token.nonce, token.content, token.protected.encode("ascii"))
        except (InvalidTag, ValueError):
            raise SealBroken from None


def open_with(openers: Sequence[Opener], token: str) -> bytes:
    """What was sealed for one of several keys: the one that the header names, or the only one for its algorithm.

    Raises KeyUnavailable when that is none or not clear, SealBroken for all else.
    """
    read = _read(token)
    fitting = [opener for opener in openers if opener._fits(read.header)]
    if len(fitting) != 1:
        raise KeyUnavailable("it is for another key or algorithm" if not fitting else "it does not name its key")
    return fitting[0]._opened(read)


def _read(token: str) -> _Token:
    """Raises SealBroken when it is no compact JWE as it is read here."""
    parts = token.split(".", _PARTS) if len(token) <= _MAX_CHARACTERS else []
    if len(parts) != _PARTS or len(parts[0]) > MAX_HEADER_CHARACTERS or len(parts[1]) > MAX_KEY_CHARACTERS:
        raise SealBroken("this is no compact JWE, or one that is too large")
    try:
        protected, encrypted_key, nonce, ciphertext, tag = map(base64url.decode, parts)
    except ValueError:
        raise SealBroken("this JWE is not in base64url") from None
    if len(nonce) != _NONCE_BYTES or len(tag) != _TAG_BYTES:
        raise SealBroken(f"this JWE is not encrypted with {ENCRYPTION}")
    return _Token(parts[0], _header(protected), encrypted_key, nonce, ciphertext + tag)


def _header(protected: bytes) -> _Header:
    try:
        ijson.scan(protected)
        header = msgspec.json.decode(protected, type=_Header)
    except (InvalidInput, msgspec.MsgspecError):
        raise SealBroken("the header of this JWE is malformed") from None
    if header.enc != ENCRYPTION:
        raise SealBroken(f"this JWE is not encrypted with {ENCRYPTION}")
    if header.crit is not UNSET or header.zip is not UNSET:
        raise SealBroken("this JWE asks for an extension or for compression: neither is taken")
    return header
