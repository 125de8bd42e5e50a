from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gatepost.crypto.digests import FINGERPRINT_BYTES, equal, fingerprint, keyed_digest, sha256_hex


def test_keyed_digest_is_hmac_sha_256() -> None:
    """RFC 4231, test cases 1, 2 and 6."""
    assert keyed_digest(b"\x0b" * 20, b"Hi There").hex() == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )
    assert keyed_digest(b"Jefe", b"what do ya want for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    assert keyed_digest(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First").hex() == (
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    )


def test_sha256_hex() -> None:
    """FIPS 180-4, the example of one block."""
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_fingerprint_is_the_beginning_of_sha_256_over_the_parts_and_their_lengths() -> None:
    expected = hashlib.sha256(b"\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\0").digest()[:FINGERPRINT_BYTES]
    assert fingerprint(b"ab", b"") == expected


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_fingerprints_meet_only_when_every_part_is_the_same(one: list[bytes], other: list[bytes]) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


def test_equal_compares_bytes() -> None:
    assert equal(b"same", b"same")
    assert not equal(b"same", b"sane")
    assert not equal(b"same", b"same ")
