"""What is taken for a secret or for personal data, and what only looks like it."""

from __future__ import annotations

import base64
import json

import pytest

from gatepost.probe.scan.rules.secret_formats import is_random, personal_data_in, secrets_in
from tests.unit.probe.scan.describing import findings

# Put together here, so that no scanner for leaked secrets takes this file for a leak.
AWS = "AKIA" + "Q3EGRXUOH7LDW5VN"
GITHUB = "ghp_" + "9vK2mQx7RtLw4ZpYc1NsHb8JdFg3Ea6UoXyT"
SIGNATURE = "h4Vn9kLr2XwQz8TbYc5MsPd7JfGa1UeR3oKi6NvZt0E"
KEY_HEAD = "-----BEGIN " + "PRIVATE KEY-----"


def _token(header: object, claims: object, signature: str = SIGNATURE) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join((*parts, signature))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (AWS, "an AWS access key"),
        (f"use {GITHUB} to try it", "a GitHub token"),
        (_token({"alg": "HS256"}, {"sub": "1834"}), "a JSON Web Token"),
        (f"{KEY_HEAD}\n{'MIIEvQIBADANBgkq' * 8}\n", "a private key"),
        ("postgres://app:Xk39dkLs02@db.example.com/app", "a password in a URL"),
        ("sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc", "a Stripe key"),
    ],
)
def test_a_secret_of_a_known_format_is_found(text: str, kind: str) -> None:
    assert [secret.kind for secret in secrets_in(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "string", "changeme", "AKIAIOSFODNN7EXAMPLE", "ghp_" + "x" * 36, "XAKIAQ3EGRXUOH7LDW5VN",
        f"{KEY_HEAD}\nMIIE...\n-----END PRIVATE KEY-----", "http://user:password@host/", "https://{user}:{token}@host/",
        _token({"alg": "HS256"}, {"sub": "1234567890", "name": "John Doe"}), _token({"alg": "none"}, {"sub": "1834"}),
        _token({"typ": "JWT"}, {"sub": "1834"}), _token({"alg": "HS256"}, {"sub": "1834"}, "a" * 43),
        "eyJhbGciOiJIUzI1NiJ9.eyJub3QgYmFzZTY0IGpzb24.h4Vn9kLr2XwQz8TbYc5MsPd7JfGa1UeR3oKi6NvZt0E",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_secret_is_not(text: str) -> None:
    assert list(secrets_in(text)) == []


@pytest.mark.parametrize("text", ["q8Zt3LmX0vRb7KcY2WnD5sHf", "f3a9d1c07be84526a9f01c7de2b8465f"])
def test_a_value_drawn_by_a_machine_is_random(text: str) -> None:
    assert is_random(text)


@pytest.mark.parametrize(
    "text",
    ["short1A", "5f0c6c1e-0f0a-4d1e-9d0b-0a4a2c9b5f11", "2026-11-22T10:00:00.000Z", "your-api-key-goes-here-1A",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a sentence of several words", "12345678901234567890"],
)  # fmt: skip
def test_a_name_a_time_or_a_placeholder_is_not(text: str) -> None:
    assert not is_random(text)


@pytest.mark.parametrize(
    "text",
    ["ada.lovelace@gmail.com", "536-90-4399", "4929 1234 5678 9015", "4929123456789015", "DE02120300000000202051"],
)
def test_what_may_belong_to_a_person_is_found(text: str) -> None:
    assert len(list(personal_data_in(text))) == 1


@pytest.mark.parametrize(
    "text",
    ["ada@example.com", "123-45-6789", "000-12-3456", "4242 4242 4242 4242", "4929 1234 5678 9016", "20261122101530123",
     "DE89370400440532013000", "DE02120300000000202052", "1-800-555-0199"],
)  # fmt: skip
def test_what_belongs_to_nobody_is_not(text: str) -> None:
    assert list(personal_data_in(text)) == []


def test_a_secret_is_told_once_however_often_it_stands_there_and_is_not_repeated() -> None:
    text = f"""
openapi: 3.0.3
info: {{title: a, version: "1", description: The key is {AWS}.}}
paths:
  /a: {{get: {{description: Or {AWS}., responses: {{}}}}}}
"""
    (finding,) = findings(text, "api8-secret-in-document")

    assert finding.pointer == "/info/description"
    assert AWS not in finding.message
    assert "1 more" in finding.message
