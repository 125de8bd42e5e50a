"""Key files: private keys as PKCS #8, public keys as SubjectPublicKeyInfo, both in PEM (RFC 7468)."""

from __future__ import annotations

import re
from base64 import b64encode
from textwrap import wrap

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from gatepost.clock import Clock
from gatepost.crypto.keys import pkcs8
from gatepost.crypto.keys.pairs import PrivateKey, PublicKey, accepted_private, accepted_public
from gatepost.crypto.seals.passphrase import check, normalized
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey

MAX_PEM_BYTES = 64 * 1024
"""An RSA key of 8,192 bits takes 7 KiB; a larger file is something else."""

_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_PLAIN = b"PRIVATE KEY"
_ENCRYPTED = b"ENCRYPTED PRIVATE KEY"
_PUBLIC = b"PUBLIC KEY"
_LINE_CHARACTERS = 64


def dump_private(key: PrivateKey, passphrase: Secret[str] | None, clock: Clock) -> bytes:
    """The private key, encrypted with the passphrase. None leaves it readable for whoever reads the file.

    Raises InvalidKey when anybody could guess the passphrase.
    """
    if passphrase is None:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    check(passphrase)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return _pem(_ENCRYPTED, pkcs8.encrypted(plain, _encoded(passphrase), clock))


def dump_public(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def needs_passphrase(pem: bytes) -> bool:
    """Whether this private key is encrypted. Raises InvalidKey when it is no private key."""
    label = _label(pem)
    if label not in (_PLAIN, _ENCRYPTED):
        raise InvalidKey(_why_not_private(label))
    return label == _ENCRYPTED


def load_private(pem: bytes, passphrase: Secret[str] | None = None) -> PrivateKey:
    """Reads PKCS #8. Raises InvalidKey: no such key, of a refused kind or size, or not with this passphrase."""
    encrypted = needs_passphrase(pem)
    if encrypted and passphrase is None:
        raise InvalidKey("this private key is encrypted: it needs its passphrase")
    if not encrypted and passphrase is not None:
        raise InvalidKey("this private key is not encrypted: no passphrase belongs to it")
    try:
        key = load_pem_private_key(pem, None if passphrase is None else _encoded(passphrase))
    except (ValueError, UnsupportedAlgorithm):
        what = "the passphrase is wrong, or the private key is damaged" if encrypted else "the private key is damaged"
        raise InvalidKey(what) from None
    return accepted_private(key)


def load_public(pem: bytes) -> PublicKey:
    """Reads SubjectPublicKeyInfo. Raises InvalidKey: no public key, or of a refused kind or size."""
    label = _label(pem)
    if label in (_PLAIN, _ENCRYPTED):
        raise InvalidKey("this is a private key where a public one belongs: keep it to yourself")
    if label != _PUBLIC:
        raise InvalidKey("this is no public key in PEM: it begins with -----BEGIN PUBLIC KEY-----")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKey("the public key is damaged, or of an unknown kind") from None
    return accepted_public(key)


def _label(pem: bytes) -> bytes:
    if len(pem) > MAX_PEM_BYTES:
        raise InvalidKey(f"a key file has at most {MAX_PEM_BYTES} bytes")
    labels = _LABEL.findall(pem)
    if len(labels) > 1:
        raise InvalidKey("a key file holds one key")
    return labels[0] if labels else b""


def _why_not_private(label: bytes) -> str:
    if label == _PUBLIC:
        return "this is a public key where the private one belongs"
    if label.endswith(_PLAIN):
        return "this private key is in an older format; convert it: openssl pkcs8 -topk8 -in OLD -out NEW"
    return "this is no private key in PEM: it begins with -----BEGIN PRIVATE KEY----- or its ENCRYPTED sister"


def _encoded(passphrase: Secret[str]) -> bytes:
    return normalized(passphrase).encode()


def _pem(label: bytes, der: bytes) -> bytes:
    lines = wrap(b64encode(der).decode("ascii"), _LINE_CHARACTERS)
    name = label.decode("ascii")
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""]).encode("ascii")
