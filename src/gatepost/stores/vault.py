"""The data keys of tenants, and the seals of single cells under them.

Every tenant has a key of its own, kept beside its rows and wrapped by the keyring. Whoever takes the key away takes
everything that it sealed, in every copy of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from gatepost.clock import Clock
from gatepost.crypto.digests import keyed_digest
from gatepost.crypto.keyring import Keyring
from gatepost.crypto.seals.message import KEY_BYTES, SealKey, context
from gatepost.errors import KeyUnavailable

DATA_KEY = 1
"""The id of a tenant's one key in what it seals; a tenant that gets a second one counts on."""

PAYLOAD, ANSWER, ENDPOINT = "notifications.payload", "attempts.answer", "endpoints.document"
"""Where sealed cells are. A name is part of every seal: changing one makes all of its cells unreadable."""

BLIND_BYTES = 16

_COLUMNS = (PAYLOAD, ANSWER, ENDPOINT)


class Round:
    """What is sealed in one round, such as a commit, shares a derived key; the next round begins with another one."""

    __slots__ = ("clock", "number")

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.number = 0


class TenantSeals:
    """The seals of one tenant. `row` is the id of the row, in bytes: a cell opens nowhere else."""

    __slots__ = ("_blind", "_key", "_places", "_round", "_sealer", "_sealer_of")

    def __init__(self, tenant: str, key: bytes, round: Round) -> None:
        self._key = SealKey(DATA_KEY, key)
        self._round = round
        self._sealer = self._key.sealer(round.clock)
        self._sealer_of = round.number
        self._places = {column: context(tenant, column) for column in _COLUMNS}
        self._blind = keyed_digest(key, context(tenant, "blind"))

    def seal(self, column: str, row: bytes, value: bytes) -> bytes:
        """Nothing stays nothing: an empty cell has nothing to hide."""
        if not value:
            return b""
        if self._sealer_of != self._round.number:
            self._sealer, self._sealer_of = self._key.sealer(self._round.clock), self._round.number
        return self._sealer.seal(value, self._places[column] + row)

    def open(self, column: str, row: bytes, sealed: bytes) -> bytes:
        """Raises SealBroken when the cell was changed, or comes from another row."""
        return self._key.open(sealed, self._places[column] + row) if sealed else b""

    def blind(self, fingerprint: bytes) -> bytes:
        """Stands for a fingerprint: equal ones stay equal, but nobody without the key can try what it is of."""
        return keyed_digest(self._blind, fingerprint)[:BLIND_BYTES]


class Vault:
    """All data keys. They are unwrapped on first use and kept: a tenant's rows come again and again."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock
        self._round = Round(clock)
        self._wrapped: dict[str, bytes] = {}
        self._open: dict[str, TenantSeals] = {}

    def load(self, wrapped: Mapping[str, bytes]) -> None:
        """Takes the wrapped keys by tenant. Raises KeyUnavailable or SealBroken when the keyring does not fit them."""
        for tenant, key in wrapped.items():
            self._keyring.open(key, _place(tenant))
        self._wrapped = dict(wrapped)

    def new_key(self, tenant: str) -> bytes:
        """A key for a new tenant, wrapped for the store; it serves from now on."""
        self._wrapped[tenant] = self._keyring.seal(self._clock.random_bytes(KEY_BYTES), _place(tenant), self._clock)
        return self._wrapped[tenant]

    def of(self, tenant: str) -> TenantSeals:
        """Raises KeyUnavailable when the tenant has no key, or no longer."""
        seals = self._open.get(tenant)
        if seals is None:
            wrapped = self._wrapped.get(tenant)
            if wrapped is None:
                raise KeyUnavailable("the key of this tenant is gone")
            seals = self._open[tenant] = TenantSeals(tenant, self._keyring.open(wrapped, _place(tenant)), self._round)
        return seals

    def begin_round(self) -> None:
        """To be called for every commit."""
        self._round.number += 1

    def forget(self, tenant: str) -> None:
        """Lets go of a tenant's key."""
        self._wrapped.pop(tenant, None)
        self._open.pop(tenant, None)

    def rewrap(self, keyring: Keyring) -> dict[str, bytes]:
        """Goes over to another ring; the keys of all tenants, wrapped by its primary key. The data stays as it is."""
        self._wrapped = {
            tenant: keyring.rewrap(key, _place(tenant), self._clock) for tenant, key in self._wrapped.items()
        }
        self._keyring = keyring
        return dict(self._wrapped)


def _place(tenant: str) -> bytes:
    return context(tenant, "tenant_keys.wrapped")
