"""Base64url has one spelling for one value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.crypto import base64url


@given(st.binary(max_size=100))
def test_what_was_encoded_is_decoded(raw: bytes) -> None:
    assert base64url.decode(base64url.encode(raw)) == raw


@given(st.text(max_size=12))
def test_whatever_is_decoded_encodes_to_the_same_text(text: str) -> None:
    try:
        raw = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(raw) == text


@pytest.mark.parametrize("text", ["AA==", "AB", "A", "+/8", "A A", "AA\n", "\u00e9\u00e9\u00e9\u00e9"])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        base64url.decode(text)
