"""Signatures of webhooks: what the public library makes and accepts, and all that must not pass."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from gatepost.clock import SystemClock
from gatepost.crypto.webhook_signatures import (
    MAX_SIGNATURES,
    new_ed25519_key,
    new_hmac_key,
    public_key,
    signer,
    signing_key,
    verify,
    verifying_key,
)
from gatepost.errors import InvalidField, InvalidSignature
from tests.unit.clocks import HandClock

CLOCK = HandClock()
NOW = 1_700_000_000
BODY = b'{"type":"order.paid","data":{"n":1}}'
SECRET = new_hmac_key(CLOCK)
PRIVATE = new_ed25519_key(CLOCK)
PUBLIC = public_key(PRIVATE)


def signed(keys: list[str], message_id: str = "ntf_1", timestamp: int = NOW, body: bytes = BODY) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signer(keys)(message_id, timestamp, body),
    }


def refused(keys: list[str], headers: dict[str, str], body: bytes = BODY, now: float = NOW) -> bool:
    try:
        verify(keys, headers, body, now)
    except InvalidSignature:
        return True
    return False


def test_the_vector_of_the_public_libraries() -> None:
    sign = signer(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    assert sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}') == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_the_public_library_accepts_ours() -> None:
    now = SystemClock().now() // 1000  # the library reads the time itself
    assert Webhook(SECRET).verify(BODY, signed([SECRET], timestamp=now)) == {"type": "order.paid", "data": {"n": 1}}


def test_ours_accepts_the_public_library() -> None:
    signature = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    headers = {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(NOW), "Webhook-Signature": signature}
    verify([SECRET], headers, BODY, NOW)


def test_ed25519_round_trip() -> None:
    verify([PUBLIC], signed([PRIVATE]), BODY, NOW)
    assert refused([public_key(new_ed25519_key(CLOCK))], signed([PRIVATE]))


def test_an_ed25519_signature_is_the_one_of_rfc_8032() -> None:
    headers = signed([PRIVATE])
    seed = b64decode(PRIVATE.removeprefix("whsk_"))[:32]
    expected = Ed25519PrivateKey.from_private_bytes(seed).sign(b"ntf_1.1700000000." + BODY)
    assert headers["webhook-signature"] == "v1a," + b64encode(expected).decode()


def test_a_private_key_may_be_given_as_its_seed_alone() -> None:
    seed = b64decode(PRIVATE.removeprefix("whsk_"))[:32]
    assert public_key("whsk_" + b64encode(seed).decode()) == PUBLIC


def test_during_a_rotation_the_old_and_the_new_key_both_verify() -> None:
    newer = new_hmac_key(CLOCK)
    headers = signed([newer, SECRET])
    assert len(headers["webhook-signature"].split(" ")) == 2
    verify([SECRET], headers, BODY, NOW)
    verify([newer], headers, BODY, NOW)
    verify([new_hmac_key(CLOCK), newer], headers, BODY, NOW)
    assert refused([new_hmac_key(CLOCK)], headers)


def test_a_rotation_may_change_the_kind_of_key() -> None:
    headers = signed([PRIVATE, SECRET])
    verify([PUBLIC], headers, BODY, NOW)
    verify([SECRET], headers, BODY, NOW)


def test_unknown_versions_are_passed_over() -> None:
    headers = signed([SECRET])
    headers["webhook-signature"] = f"v9,xyz v1 v1, , {headers['webhook-signature']}"
    verify([SECRET], headers, BODY, NOW)


@pytest.mark.parametrize("away", [301, -301, 86_400])
def test_a_request_outside_the_tolerance_is_refused(away: int) -> None:
    assert refused([SECRET], signed([SECRET]), now=NOW + away)


@pytest.mark.parametrize("away", [300, -300, 0.5])
def test_a_request_within_the_tolerance_passes(away: float) -> None:
    verify([SECRET], signed([SECRET]), BODY, NOW + away)


def test_the_tolerance_can_be_chosen() -> None:
    verify([SECRET], signed([SECRET]), BODY, NOW + 1000, tolerance_seconds=1000)
    with pytest.raises(InvalidSignature):
        verify([SECRET], signed([SECRET]), BODY, NOW + 2, tolerance_seconds=1)


def test_another_body_id_or_time_is_refused() -> None:
    headers = signed([SECRET])
    assert refused([SECRET], headers, BODY + b" ")
    assert refused([SECRET], headers | {"webhook-id": "ntf_2"})
    assert refused([SECRET], headers | {"webhook-timestamp": str(NOW + 1)})


def test_a_dot_cannot_be_moved_from_the_body_into_the_id() -> None:
    headers = signed([SECRET], message_id="a", timestamp=NOW, body=f"{NOW}.x".encode())
    moved = headers | {"webhook-id": f"a.{NOW}"}
    assert refused([SECRET], moved, b"x")


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(missing: str) -> None:
    headers = signed([SECRET])
    del headers[missing]
    assert refused([SECRET], headers)


def test_a_repeated_header_is_refused() -> None:
    assert refused([SECRET], signed([SECRET]) | {"Webhook-Id": "ntf_2"})


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", ""),
        ("webhook-id", "a.b"),
        ("webhook-id", "a b"),
        ("webhook-id", "ntf_1\n"),
        ("webhook-id", "x" * 256),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "now"),
        ("webhook-timestamp", f"{NOW}.0"),
        ("webhook-timestamp", f"-{NOW}"),
        ("webhook-timestamp", f" {NOW}"),
        ("webhook-timestamp", "1_700_000_000"),
        ("webhook-timestamp", "\u0661700000000"),
        ("webhook-timestamp", "9" * 5000),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1a,"),
        ("webhook-signature", "v1,????"),
        ("webhook-signature", "v1a,????"),
        ("webhook-signature", "v1,\udcff"),
        ("webhook-signature", "v1a,\u00e9"),
    ],
)
def test_a_malformed_header_is_refused(header: str, value: str) -> None:
    assert refused([SECRET, PUBLIC], signed([SECRET]) | {header: value})


def test_a_signature_without_its_version_is_refused() -> None:
    headers = signed([SECRET])
    assert refused([SECRET], headers | {"webhook-signature": headers["webhook-signature"].removeprefix("v1,")})
    assert refused([SECRET], headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v1a,")})


def test_a_long_list_of_signatures_is_refused_unread() -> None:
    headers = signed([SECRET])
    headers["webhook-signature"] = " ".join(["v1,x"] * MAX_SIGNATURES + [headers["webhook-signature"]])
    assert refused([SECRET], headers)


def test_without_keys_nothing_verifies_and_nothing_is_signed() -> None:
    assert refused([], signed([SECRET]))
    with pytest.raises(InvalidField):
        signer([])


@given(body=st.binary(max_size=64), bit=st.integers(min_value=0))
def test_one_flipped_bit_of_the_body_is_noticed(body: bytes, bit: int) -> None:
    headers = signed([SECRET], body=body)
    verify([SECRET], headers, body, NOW)
    if body:
        assert refused([SECRET], headers, flipped(body, bit))


@pytest.mark.parametrize(("private", "public"), [(SECRET, SECRET), (PRIVATE, PUBLIC)])
def test_every_flipped_bit_of_the_signature_is_noticed(private: str, public: str) -> None:
    headers = signed([private])
    signature = headers["webhook-signature"].encode()
    for bit in range(len(signature) * 8):
        assert refused([public], headers | {"webhook-signature": flipped(signature, bit).decode("latin-1")})


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "whsec_",
        "whsec_not base64",
        "whsec_" + b64encode(bytes(23)).decode(),
        "whsec_" + b64encode(bytes(65)).decode(),
        "whsk_" + b64encode(bytes(31)).decode(),
        "whsk_" + b64encode(bytes(33)).decode(),
        "whsk_" + b64encode(bytes(64)).decode(),
        PUBLIC,
    ],
)
def test_a_malformed_signing_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        signing_key(text)
    if len(text) > len("whsec_"):
        assert text.partition("_")[2] not in str(caught.value)


@pytest.mark.parametrize("text", ["", "whpk_", "whpk_" + b64encode(bytes(33)).decode(), PRIVATE])
def test_a_malformed_verifying_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        verifying_key(text)


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\r\nb", "ä", "x" * 256])
def test_an_id_that_could_be_misread_is_not_signed(message_id: str) -> None:
    with pytest.raises(InvalidField):
        signer([SECRET])(message_id, NOW, BODY)


def test_new_keys_differ() -> None:
    assert len({new_hmac_key(CLOCK) for _ in range(100)}) == 100
    assert new_ed25519_key(CLOCK) != new_ed25519_key(CLOCK)


def test_hmac_signatures_need_no_cryptography_package() -> None:
    program = f"""
import sys
sys.modules["cryptography"] = None
from gatepost.crypto.webhook_signatures import signer, verify
signature = signer([{SECRET!r}])("a", {NOW}, b"x")
headers = {{"webhook-id": "a", "webhook-timestamp": "{NOW}", "webhook-signature": signature}}
verify([{SECRET!r}], headers, b"x", {NOW})
"""
    subprocess.run([sys.executable, "-c", program], check=True)
