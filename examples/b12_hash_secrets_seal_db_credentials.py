"""A table of secrets that is worth nothing to whoever steals it: what is only compared is hashed, what is needed again
(a database URL with its password) is sealed.

Run (needs `gatepost[server]`):

    export MASTER_KEY=$(openssl rand -base64 32)      # from your secret store; without it the example makes one
    python examples/b12_hash_secrets_seal_db_credentials.py

Protects: passwords are Argon2id hashes; API keys, which are random, are HMACs under a pepper that is not in the
database. Database URLs are sealed under a keyring, and the keyring under the master key. A sealed cell opens in its own
row only: copied into another customer's row it is broken. A new key takes over without a stop; destroying the old one
makes everything that it sealed, and every copy of that, unreadable.

Does not protect: whoever runs code in this process has what it has, the master key too. A backup of the database and
the master key in one place is no protection. The names of customers are in the clear.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

from gatepost.clock import SystemClock
from gatepost.crypto import keytext
from gatepost.crypto.keyring import Keyring
from gatepost.crypto.master import LocalMasterKey
from gatepost.crypto.passwords import hash_password, verify_password
from gatepost.crypto.pepper import PepperRing
from gatepost.crypto.seals.message import context, key_id
from gatepost.crypto.secret import Secret
from gatepost.errors import SealBroken

clock = SystemClock()


class Vault:
    """The table `customers`, and the keys that do not lie in it."""

    def __init__(self, file: Path, ring: Keyring, peppers: PepperRing) -> None:
        self.database = sqlite3.connect(file, isolation_level=None)
        self.database.execute("PRAGMA secure_delete = ON")
        self.database.execute(
            "CREATE TABLE customers (name TEXT PRIMARY KEY, password TEXT, api_key BLOB UNIQUE, database_url BLOB)"
        )
        self.ring = ring
        self.peppers = peppers

    def add(self, name: str, password: Secret[str], api_key: Secret[bytes], database_url: Secret[str]) -> None:
        _, digest = self.peppers.digest(api_key.reveal())
        sealed = self.ring.seal(database_url.reveal().encode(), place(name), clock)
        row = (name, hash_password(password, clock), digest, sealed)
        self.database.execute("INSERT INTO customers VALUES (?, ?, ?, ?)", row)

    def knows_password(self, name: str, password: Secret[str]) -> bool:
        (stored,) = self.database.execute("SELECT password FROM customers WHERE name = ?", (name,)).fetchone()
        return verify_password(password, stored, clock).matches

    def owner_of(self, api_key: Secret[bytes]) -> str | None:
        """By the digest, which the table finds at once; no key is compared with another."""
        for _, digest in self.peppers.digests(api_key.reveal()):
            found = self.database.execute("SELECT name FROM customers WHERE api_key = ?", (digest,)).fetchone()
            if found:
                return str(found[0])
        return None

    def sealed_url(self, name: str) -> bytes:
        (sealed,) = self.database.execute("SELECT database_url FROM customers WHERE name = ?", (name,)).fetchone()
        return bytes(sealed)

    def database_url(self, name: str) -> Secret[str]:
        return Secret(self.ring.open(self.sealed_url(name), place(name)).decode())

    def rotate(self) -> None:
        """A new key seals from now on, and then everything that is there."""
        self.ring = self.ring.rotated(clock)
        for (name,) in self.database.execute("SELECT name FROM customers").fetchall():
            fresh = self.ring.rewrap(self.sealed_url(name), place(name), clock)
            self.database.execute("UPDATE customers SET database_url = ? WHERE name = ?", (fresh, name))


def place(name: str) -> bytes:
    """Where a sealed URL belongs: table, column and row."""
    return context("customers", "database_url", name)


def converse(vault: Vault, ring_file: Path, master: LocalMasterKey) -> None:
    password, api_key = Secret("correct horse battery staple"), Secret(clock.random_bytes(24))
    url = Secret("postgresql://shop:dont-tell-anyone@db.internal/shop")
    vault.add("ada", password, api_key, url)
    vault.add("bob", Secret("another long password"), Secret(clock.random_bytes(24)), Secret("mysql://bob:x@db/b"))

    for tried in (password, Secret("a guess")):
        print(f"ada's password: {'right' if vault.knows_password('ada', tried) else 'wrong'}")
    print(f"the API key belongs to: {vault.owner_of(api_key)}, another to: {vault.owner_of(Secret(b'?'))}")
    print(f"the database URL, as it prints: {vault.database_url('ada')}")
    print(f"and as it is: {vault.database_url('ada') == url}")

    old, before = vault.ring.primary, vault.sealed_url("ada")
    vault.database.execute("UPDATE customers SET database_url = ? WHERE name = 'bob'", (before,))
    report("ada's cell in bob's row", lambda: vault.database_url("bob"))
    vault.database.execute("DELETE FROM customers WHERE name = 'bob'")

    vault.rotate()
    vault.ring = vault.ring.destroyed(old)
    ring_file.write_bytes(vault.ring.dumps(master, clock))
    print(f"sealed by key {old} before, by key {key_id(vault.sealed_url('ada'))} now")
    print(f"and still what it was: {vault.database_url('ada') == url}")
    report("a copy from before", lambda: vault.ring.open(before, place("ada")))
    report("the ring without its master key", lambda: Keyring.loads(ring_file.read_bytes(), new_master()))


def report(what: str, action: object) -> None:
    assert callable(action)
    try:
        action()
        print(f"{what}: opened, which it must not")
    except SealBroken as error:
        print(f"{what}: refused ({error.code})")


def new_master() -> LocalMasterKey:
    return LocalMasterKey(keytext.new(clock))


def main() -> None:
    given = os.environ.get("MASTER_KEY")
    master = LocalMasterKey.parse(Secret(given)) if given else new_master()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        vault = Vault(folder / "customers.sqlite", Keyring.new(clock), PepperRing.new(clock))
        converse(vault, folder / "keyring", master)
        vault.database.close()
        everything = b"".join(file.read_bytes() for file in folder.iterdir())
    leaked = [word for word in (b"correct horse", b"dont-tell-anyone") if word in everything]
    print(f"secrets found in {len(everything)} bytes of files: {len(leaked)}")


if __name__ == "__main__":
    main()
