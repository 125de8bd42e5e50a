"""One call verifies a received webhook."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook as PublicPackage

from gatepost import verify_webhook
from gatepost.crypto import webhook_signatures
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidSignature
from tests.unit.clocks import HandClock

CLOCK = HandClock()
SECRET = "whsec_" + "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="
BODY = b'{"type":"order.paid","timestamp":"2026-09-21T14:13:20.000Z","topic":"orders","data":{"n":1}}'


def headers(key: str = SECRET, body: bytes = BODY, at: int = CLOCK.now() // 1000) -> dict[str, str]:
    signature = webhook_signatures.signer([key])("ntf_1", at, body)
    return {"Webhook-Id": "ntf_1", "Webhook-Timestamp": str(at), "Webhook-Signature": signature}


def test_a_good_one_comes_back_parsed() -> None:
    webhook = verify_webhook(BODY, headers(), SECRET, clock=CLOCK)
    assert (webhook.id, webhook.type, webhook.topic, webhook.data) == ("ntf_1", "order.paid", "orders", {"n": 1})
    assert webhook.timestamp == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_any_of_several_keys_will_do_and_secrets_are_taken() -> None:
    other = webhook_signatures.new_hmac_key(CLOCK)
    assert verify_webhook(BODY, headers(), [Secret(other), Secret(SECRET)], clock=CLOCK).id == "ntf_1"


def test_a_public_key_verifies_ed25519() -> None:
    private = webhook_signatures.new_ed25519_key(CLOCK)
    public = webhook_signatures.public_key(private)
    assert verify_webhook(BODY, headers(private), public, clock=CLOCK).id == "ntf_1"


def test_what_the_public_package_signs_is_verified() -> None:
    moment = datetime.fromtimestamp(CLOCK.now() / 1000, UTC)
    signed = headers() | {"Webhook-Signature": PublicPackage(SECRET).sign("ntf_1", moment, BODY.decode())}
    assert verify_webhook(BODY, signed, SECRET, clock=CLOCK).id == "ntf_1"


def test_a_changed_body_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        verify_webhook(BODY.replace(b"1", b"2", 1), headers(), SECRET, clock=CLOCK)


def test_a_recording_is_refused_when_it_is_old() -> None:
    old = headers(at=CLOCK.now() // 1000 - 301)
    with pytest.raises(InvalidSignature):
        verify_webhook(BODY, old, SECRET, clock=CLOCK)
    assert verify_webhook(BODY, old, SECRET, clock=CLOCK, tolerance_seconds=302).id == "ntf_1"


def test_signed_nonsense_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        verify_webhook(b"[]", headers(body=b"[]"), SECRET, clock=CLOCK)
