"""The data directory, opened: locked, with its keys and its store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from gatepost.clock import Clock
from gatepost.crypto.keyring import Keyring, MasterKey
from gatepost.crypto.pepper import PepperRing
from gatepost.server.master_key import master_key
from gatepost.server.settings import Settings
from gatepost.stores.files import (
    KEYRING,
    DirectoryLock,
    load_keyring,
    load_pepper,
    open_directory,
)
from gatepost.stores.sqlite import SqliteStore
from gatepost.stores.sqlite.database import is_sealed
from gatepost.stores.sqlite.store import DATABASE
from gatepost.stores.vault import Vault


class Data(Struct, frozen=True):
    """What is in the directory. The keyring seals everything else, and the master key closes it."""

    directory: Path
    master: MasterKey
    keyring: Keyring
    store: SqliteStore

    def peppers(self, clock: Clock, *, may_make: bool = False) -> PepperRing:
        """Raises `DataDamaged` when they are missing and API keys need them."""
        may_make = may_make or self.store.count_keys() == 0
        return load_pepper(self.directory, self.keyring, clock, may_make=may_make)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Data]:
    """Raises `StartRefused`: in use by another service, readable by others, damaged, or sealed with another key."""
    directory = open_directory(settings.data_dir)
    lock = DirectoryLock(directory)
    try:
        master = master_key(settings.master_key, directory, clock)
        missing = not (directory / KEYRING).exists()
        may_make = missing and not is_sealed(directory / DATABASE)
        keyring = load_keyring(directory, master, clock, may_make=may_make)
        store = SqliteStore(directory, Vault(keyring, clock))
        try:
            yield Data(directory, master, keyring, store)
        finally:
            await store.aclose()
    finally:
        lock.release()
