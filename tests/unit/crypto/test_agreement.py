"""Two sides agree on a key."""

from __future__ import annotations

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gatepost.crypto.agreement import agreed_key, shared_secret
from gatepost.crypto.keys import jwk
from gatepost.crypto.keys.pairs import KeyKind
from gatepost.errors import InvalidKey
from tests.unit.crypto.keys.pairs_for_tests import other_pair, pair
from tests.vectors.jose import RFC7518_C_ALICE, RFC7518_C_BOB, RFC7518_C_SECRET, private_key

LOW_ORDER = [bytes(32), (1).to_bytes(32, "little"), (2**255 - 19).to_bytes(32, "little")]
"""Points of small order (RFC 7748 section 6.1): the secret is zero whatever the private key."""


@pytest.mark.parametrize("kind", [KeyKind.X25519, KeyKind.P256])
def test_both_sides_get_the_same_key_and_nobody_else_does(kind: KeyKind) -> None:
    alice, bob, eve = pair(kind), other_pair(kind), pair(kind)
    key = agreed_key(alice, bob.public_key(), b"chat")
    assert key == agreed_key(bob, alice.public_key(), b"chat")
    assert len(key) == 32
    assert key != agreed_key(eve, alice.public_key(), b"chat")
    assert key != agreed_key(alice, bob.public_key(), b"files")
    assert key != shared_secret(alice, bob.public_key())


def test_x25519_as_in_rfc_7748() -> None:
    with cryptography_vectors.open_vector_file("asymmetric/X25519/rfc7748.txt", "r") as file:
        values = [line.split(" = ")[1].strip() for line in file if line.startswith(("INPUT", "OUTPUT"))]
    assert len(values) == 9
    for scalar, point, secret in zip(values[::3], values[1::3], values[2::3], strict=True):
        own = X25519PrivateKey.from_private_bytes(bytes.fromhex(scalar))
        other = X25519PublicKey.from_public_bytes(bytes.fromhex(point))
        assert shared_secret(own, other).hex() == secret


def test_p256_as_in_rfc_7518() -> None:
    alice, bob = private_key(RFC7518_C_ALICE), private_key(RFC7518_C_BOB)
    assert shared_secret(alice, bob.public_key()) == shared_secret(bob, alice.public_key()) == RFC7518_C_SECRET
    assert jwk.members(bob.public_key())["x"] == RFC7518_C_BOB["x"]


def test_the_key_belongs_to_these_two_public_keys() -> None:
    """Some keys have a second spelling with the same secret; whoever takes it is not who the other side meant."""
    alice, bob = pair(KeyKind.X25519), other_pair(KeyKind.X25519).public_key()
    assert isinstance(bob, X25519PublicKey)
    raw = bob.public_bytes_raw()
    twin = X25519PublicKey.from_public_bytes(raw[:-1] + bytes([raw[-1] | 0x80]))
    assert shared_secret(alice, twin) == shared_secret(alice, bob)
    assert agreed_key(alice, twin, b"chat") != agreed_key(alice, bob, b"chat")


@pytest.mark.parametrize("point", LOW_ORDER, ids=["zero", "one", "prime"])
def test_a_point_that_forces_the_secret_is_refused(point: bytes) -> None:
    with pytest.raises(InvalidKey, match="anybody would know"):
        agreed_key(pair(KeyKind.X25519), X25519PublicKey.from_public_bytes(point), b"")


@pytest.mark.parametrize(
    ("own", "other"),
    [
        (KeyKind.X25519, KeyKind.P256),
        (KeyKind.P256, KeyKind.X25519),
        (KeyKind.RSA, KeyKind.RSA),
        (KeyKind.ED25519, KeyKind.ED25519),
    ],
)
def test_other_keys_do_not_agree(own: KeyKind, other: KeyKind) -> None:
    with pytest.raises(InvalidKey, match="no others"):
        agreed_key(pair(own), pair(other).public_key(), b"")
