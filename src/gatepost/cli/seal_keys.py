"""Turns what the options name into what seals and opens."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.cli import terminal
from gatepost.cli.pieces import complete_file, whole
from gatepost.cli.secret_source import Given, as_text, owner_only
from gatepost.errors import SealBroken

if TYPE_CHECKING:
    from gatepost.crypto.boxes.recipient import Owner, Recipient
    from gatepost.crypto.keyring import Keyring, MasterKey
    from gatepost.crypto.seals.fernet import FernetKeys
    from gatepost.crypto.seals.ring_key import RingKey
    from gatepost.crypto.seals.stream import Kind, Opener, Sealer, SharedKey


def sealer(given: Given, ring: Path | None, recipient: Path | None, *, pbkdf2: bool) -> Sealer:
    """What seals: a recipient's public key, a ring, a shared key, or else a passphrase."""
    from gatepost.crypto.seals.passphrase import PBKDF2, SCRYPT, Passphrase

    if recipient is not None:
        return _recipient(recipient)
    if ring is not None:
        return _ring_key(ring, given)
    if given.is_key:
        return _shared_key(given)
    return Passphrase(as_text(given.passphrase(twice=True)), PBKDF2 if pbkdf2 else SCRYPT)


def opener(kind: Kind, given: Given, ring: Path | None, identity: Path | None) -> Opener:
    """What opens a stream of this kind."""
    from gatepost.crypto.seals.passphrase import Passphrase
    from gatepost.crypto.seals.stream import Kind

    if identity is not None:
        return _owner(identity, given)
    if ring is not None:
        return _ring_key(ring, given)
    if kind is Kind.RECIPIENT:
        terminal.fail(f"{kind} opens this", "give --identity")
    if kind is Kind.KEYRING:
        terminal.fail(f"{kind} opens this", "give --keyring, and the key or passphrase of the ring")
    if given.is_key or kind is Kind.SHARED_KEY:
        return _shared_key(given)
    return Passphrase(as_text(given.passphrase()))


def fernet_keys(given: Given) -> FernetKeys:
    """Keys of Fernet, one a line: the first one seals, all of them open."""
    from gatepost.crypto.seals.fernet import FernetKeys
    from gatepost.crypto.secret import Secret

    return FernetKeys([Secret(line) for line in given.key().reveal().split()])


def master_key(given: Given, *, new: bool = False) -> MasterKey:
    """What closes a keyring. A new passphrase is asked for twice."""
    from gatepost.crypto.master import LocalMasterKey, PassphraseMasterKey

    if given.is_key:
        return LocalMasterKey.parse(given.key())
    return PassphraseMasterKey(as_text(given.passphrase(twice=new)))


def new_key_file(file: Path) -> None:
    """Writes a new random key."""
    from gatepost.clock import SystemClock
    from gatepost.crypto import keytext

    with complete_file(file, replace=False) as write:
        write(f"{keytext.dumps(keytext.new(SystemClock()).reveal())}\n".encode())


def load_ring(file: Path, master: MasterKey) -> Keyring:
    """Raises SealBroken when the file is no keyring, or this is not its master key."""
    from gatepost.crypto.keyring import Keyring

    try:
        return Keyring.loads(base64.b64decode(owner_only(file).strip(), validate=True), master)
    except (SealBroken, ValueError):
        raise SealBroken(f"{file} is no keyring, or closed with another key or passphrase") from None


def save_ring(file: Path, ring: Keyring, master: MasterKey, *, replace: bool) -> None:
    """In the form in which the service keeps its own."""
    from gatepost.clock import SystemClock

    with complete_file(file, replace=replace) as write:
        write(base64.b64encode(ring.dumps(master, SystemClock())) + b"\n")


def _recipient(file: Path) -> Recipient:
    from gatepost.crypto.boxes.recipient import Recipient
    from gatepost.crypto.keys import pem

    return Recipient(pem.load_public(whole(file, pem.MAX_PEM_BYTES)))


def _owner(file: Path, given: Given) -> Owner:
    from gatepost.crypto.boxes.recipient import Owner
    from gatepost.crypto.keys import pem

    key = owner_only(file)
    passphrase = as_text(given.passphrase()) if pem.needs_passphrase(key) else None
    return Owner(pem.load_private(key, passphrase))


def _ring_key(file: Path, given: Given) -> RingKey:
    from gatepost.crypto.seals.ring_key import RingKey

    return RingKey(load_ring(file, master_key(given)))


def _shared_key(given: Given) -> SharedKey:
    from gatepost.crypto import keytext
    from gatepost.crypto.seals.stream import SharedKey

    return SharedKey(keytext.loads(given.key()).reveal())
