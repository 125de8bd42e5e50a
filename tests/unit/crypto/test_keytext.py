"""Keys as text: two forms in, one out, and errors that do not repeat the key."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto import keytext
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey


@given(key=st.binary(min_size=32, max_size=32))
def test_every_form_is_read(key: bytes) -> None:
    forms = [key.hex(), key.hex().upper(), b64encode(key).decode(), urlsafe_b64encode(key).decode(), keytext.dumps(key)]
    forms += [forms[2].rstrip("="), forms[2] + "\n"]
    assert all(keytext.loads(Secret(form)).reveal() == key for form in forms)


@pytest.mark.parametrize("text", ["", "short", "0" * 63, "g" * 64, "A" * 45, "A" * 42 + "=="])
def test_anything_else_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidKey, match=f"this has {len(text)} characters") as refused:
        keytext.loads(Secret(text))
    assert not text or text not in str(refused.value)


def test_new_keys_differ() -> None:
    clock = SystemClock()
    assert keytext.new(clock) != keytext.new(clock)
