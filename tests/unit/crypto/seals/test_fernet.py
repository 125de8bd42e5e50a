"""Fernet: what its own implementation writes is read, and the other way round."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet, MultiFernet
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto.seals import fernet
from gatepost.crypto.seals.fernet import FernetKeys
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey, SealBroken, TooLarge

CLOCK = SystemClock()
OLD, NEW = Fernet.generate_key(), Fernet.generate_key()
KEYS = FernetKeys([Secret(NEW.decode()), Secret(OLD.decode() + "\n")])


@given(message=st.binary(max_size=500))
def test_tokens_of_every_key_open_and_the_first_key_seals(message: bytes) -> None:
    assert KEYS.open(Fernet(OLD).encrypt(message)) == message
    assert KEYS.open(MultiFernet([Fernet(NEW), Fernet(OLD)]).encrypt(message)) == message
    assert Fernet(NEW).decrypt(KEYS.seal(message, CLOCK), ttl=60) == message


@given(data=st.data())
def test_one_bit_changed_anywhere_breaks_it(data: st.DataObject) -> None:
    changed = bytearray(KEYS.seal(b"42", CLOCK))
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        KEYS.open(bytes(changed))


def test_another_key_breaks_it() -> None:
    with pytest.raises(SealBroken, match="no key given"):
        KEYS.open(Fernet(Fernet.generate_key()).encrypt(b"42"))


def test_a_token_beyond_the_bound_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fernet, "MAX_TOKEN_BYTES", 10)
    with pytest.raises(TooLarge):
        KEYS.open(Fernet(NEW).encrypt(b"42"))


@pytest.mark.parametrize("keys", [[], ["short"], ["g\u00fc" * 22], [NEW.decode(), "A" * 40]])
def test_what_is_no_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(InvalidKey):
        FernetKeys([Secret(key) for key in keys])
