"""The data directory: owner-only, locked by one service at a time, and the secret files in it."""

from __future__ import annotations

import base64
import fcntl
import os
import stat
from pathlib import Path

from gatepost.clock import Clock
from gatepost.crypto.keyring import Keyring, MasterKey
from gatepost.crypto.pepper import PepperRing
from gatepost.crypto.seals.message import context
from gatepost.errors import (
    DataDamaged,
    DataDirectoryInUse,
    DataDirectoryUnsafe,
    DataSealed,
    SealBroken,
    StartRefused,
)

LOCK = "lock"
PEPPER = "pepper"
KEYRING = "keyring"
MASTER_KEY = "master-key"
MAX_SECRET_FILE_BYTES = 64 * 1024
"""A secret file beyond this size is something else."""

_PEPPER_CONTEXT = context("gatepost", "pepper")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_directory(path: Path) -> Path:
    """Makes the directory if needed.

    Raises `StartRefused` when that cannot be done, `DataDirectoryUnsafe` when others than its owner may enter it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
    except OSError as error:
        raise StartRefused(f"{path} cannot be used as the data directory: {error.strerror}") from None
    if status.st_mode & _OTHERS:
        raise DataDirectoryUnsafe(f"others may enter {path}; run: chmod 700 {path}")
    if status.st_uid != os.geteuid():
        raise DataDirectoryUnsafe(f"{path} belongs to another user")
    return path


class DirectoryLock:
    """Keeps a second service out of a data directory; the kernel lets go when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        """Raises `DataDirectoryInUse`."""
        self._file = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise DataDirectoryInUse(f"process {holder or 'unknown'} serves {directory}; stop it first") from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)


def load_pepper(directory: Path, keyring: Keyring, clock: Clock, *, may_make: bool) -> PepperRing:
    """The pepper that API-key digests are keyed with; made when there are no keys yet, kept outside the database.

    Raises `DataDirectoryUnsafe` when others may read it, `DataDamaged` when it is missing (a new one in its place
    would make every key worthless), and `DataSealed` when the keyring does not open it.
    """
    path = directory / PEPPER
    if path.exists():
        return _read_pepper(path, keyring, clock)
    if not may_make:
        raise DataDamaged(
            f"{path} is missing, and no API key can be checked without it; restore it from a backup, "
            "or let `gatepost keys recover` make a new one: then every key must be made anew"
        )
    ring = PepperRing.new(clock)
    keep_pepper(directory, ring, keyring, clock)
    return ring


def keep_pepper(directory: Path, ring: PepperRing, keyring: Keyring, clock: Clock) -> None:
    """Writes the peppers, sealed by the keyring; the file is replaced as a whole."""
    _write_sealed(directory / PEPPER, keyring.seal(ring.dumps().encode(), _PEPPER_CONTEXT, clock))


def _read_pepper(path: Path, keyring: Keyring, clock: Clock) -> PepperRing:
    text = read_secret(path)
    if ":" in text:  # from before there were seals: base64 has no colon
        ring = PepperRing.loads(text)
        keep_pepper(path.parent, ring, keyring, clock)
        return ring
    try:
        return PepperRing.loads(keyring.open(_decoded(text, path), _PEPPER_CONTEXT).decode())
    except SealBroken:
        raise DataSealed(f"the keyring does not open {path}: restore both from the same backup") from None


def load_keyring(directory: Path, master: MasterKey, clock: Clock, *, may_make: bool) -> Keyring:
    """The keys that seal what is stored; made when nothing is sealed yet. Raises `DataSealed` when it does not open."""
    path = directory / KEYRING
    if not path.exists():
        if not may_make:
            raise DataSealed(
                f"{path} is missing, and nothing that is stored opens without it; restore it from a backup"
            )
        keep_keyring(directory, Keyring.new(clock), master, clock)
    try:
        return Keyring.loads(_decoded(read_secret(path), path), master)
    except SealBroken:
        raise DataSealed(f"this master key does not open {path}: give the one that it was closed with") from None


def keep_keyring(directory: Path, keyring: Keyring, master: MasterKey, clock: Clock) -> None:
    """Writes the keyring, wrapped by the master key; the file is replaced as a whole."""
    _write_sealed(directory / KEYRING, keyring.dumps(master, clock))


def _decoded(text: str, path: Path) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except ValueError:
        raise DataDamaged(f"{path} was changed; restore it from a backup") from None


def _write_sealed(path: Path, sealed: bytes) -> None:
    write_secret(path, base64.b64encode(sealed).decode("ascii") + "\n")


def read_secret(path: Path) -> str:
    """Reads a file that only its owner may read; raises `DataDirectoryUnsafe` otherwise."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_mode & _OTHERS:
            raise DataDirectoryUnsafe(f"others may read {path}; run: chmod 600 {path}")
        return file.read(MAX_SECRET_FILE_BYTES).decode("ascii", "replace")


def write_secret(path: Path, text: str) -> None:
    """Writes a new owner-only file, on disk before this returns: all of it or none."""
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    # O_EXCL: never into a file or through a link that somebody else has put there, with an owner and mode of theirs
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
