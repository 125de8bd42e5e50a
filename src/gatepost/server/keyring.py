"""The keyring of the running service: shown, rotated, and rid of keys that nothing needs any more."""

from __future__ import annotations

import asyncio

from gatepost.clock import Clock
from gatepost.crypto.keyring import KeyInfo, Keyring
from gatepost.crypto.pepper import PepperRing
from gatepost.server.data_directory import Data
from gatepost.stores.files import keep_keyring, keep_pepper


class KeyringKeeper:
    """Changes the keyring, one change at a time."""

    def __init__(self, data: Data, peppers: PepperRing, clock: Clock) -> None:
        self._data = data
        self._peppers = peppers
        self._clock = clock
        self._keyring = data.keyring
        self._changing = asyncio.Lock()

    @property
    def keys(self) -> list[KeyInfo]:
        """All keys, oldest first."""
        return self._keyring.keys

    async def rotate(self) -> None:
        """Makes a new primary key and has it seal the keys of all tenants; their data stays as it is.

        In this order a crash in between leaves a ring that opens everything.
        """
        async with self._changing:
            keyring = self._keyring.rotated(self._clock)
            self._keep(keyring)
            await self._data.store.rewrap(keyring)
            keep_pepper(self._data.directory, self._peppers, keyring, self._clock)

    async def destroy(self, id: int) -> None:
        """Destroys a key that is not the primary one: what it sealed was sealed anew when that was made.

        Backups from before open only with the keyring that was saved with them. Raises `InvalidKey`, `KeyUnavailable`.
        """
        async with self._changing:
            self._keep(self._keyring.destroyed(id))

    def _keep(self, keyring: Keyring) -> None:
        keep_keyring(self._data.directory, keyring, self._data.master, self._clock)
        self._keyring = keyring
