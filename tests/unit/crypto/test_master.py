"""Master keys: what they wrap, they alone unwrap, in the same context."""

from __future__ import annotations

import pytest

from gatepost.clock import SystemClock
from gatepost.crypto import keytext
from gatepost.crypto.keyring import Keyring, MasterKey
from gatepost.crypto.master import LocalMasterKey, PassphraseMasterKey
from gatepost.crypto.seals.passphrase import Function, Stretching
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey, SealBroken

CLOCK = SystemClock()
QUICK = Stretching(Function.SCRYPT, 10)
MASTERS: dict[str, tuple[MasterKey, MasterKey]] = {
    "local": (LocalMasterKey(Secret(bytes(32))), LocalMasterKey(Secret(b"\1" * 32))),
    "passphrase": (
        PassphraseMasterKey(Secret("correct horse battery staple"), QUICK),
        PassphraseMasterKey(Secret("correct horse battery stable"), QUICK),
    ),
}


@pytest.mark.parametrize(("master", "other"), MASTERS.values(), ids=MASTERS.keys())
def test_a_keyring_opens_with_its_master_key_alone(master: MasterKey, other: MasterKey) -> None:
    ring = Keyring.new(CLOCK)
    wrapped = ring.dumps(master, CLOCK)
    assert Keyring.loads(wrapped, master).keys == ring.keys
    with pytest.raises(SealBroken):
        Keyring.loads(wrapped, other)


@pytest.mark.parametrize(("master", "other"), MASTERS.values(), ids=MASTERS.keys())
def test_what_was_wrapped_for_one_context_opens_in_no_other(master: MasterKey, other: MasterKey) -> None:
    wrapped = master.wrap(b"42", b"here", CLOCK)
    assert master.unwrap(wrapped, b"here") == b"42"
    with pytest.raises(SealBroken):
        master.unwrap(wrapped, b"there")


def test_a_local_master_key_is_read_from_text() -> None:
    text = keytext.dumps(bytes(32))
    wrapped = MASTERS["local"][0].wrap(b"42", b"here", CLOCK)
    assert LocalMasterKey.parse(Secret(text)).unwrap(wrapped, b"here") == b"42"


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(InvalidKey, match="32 bytes"):
        LocalMasterKey(Secret(b"short"))
    with pytest.raises(InvalidKey, match="64 hex digits"):
        LocalMasterKey.parse(Secret("short"))
    with pytest.raises(InvalidKey, match="at least 12 characters"):
        PassphraseMasterKey(Secret("short"), QUICK).wrap(b"42", b"here", CLOCK)
