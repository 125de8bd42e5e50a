"""Where the master key comes from: the one secret that is not in the data directory, or should not be.

`file:PATH` and `directory:PATH` (a file named `gatepost-master-key` in it, as systemd and Kubernetes provide) and
`env:NAME` hold 32 bytes in hex or base64; `passphrase-file:PATH` and `passphrase-env:NAME` a passphrase.
"""

from __future__ import annotations

import os
from pathlib import Path

from gatepost.clock import Clock
from gatepost.crypto import keytext
from gatepost.crypto.keyring import MasterKey
from gatepost.crypto.master import LocalMasterKey, PassphraseMasterKey
from gatepost.crypto.secret import Secret
from gatepost.errors import DataDirectoryUnsafe, InvalidKey, InvalidSetting
from gatepost.stores.files import KEYRING, MASTER_KEY, read_secret, write_secret

NAME_IN_DIRECTORY = "gatepost-master-key"


def master_key(where: tuple[str, str] | None, directory: Path, clock: Clock) -> MasterKey:
    """The master key; with no source, the one in the data directory, which is made when there is nothing to open yet.

    Raises `InvalidSetting` when it is not there or is none, `DataDirectoryUnsafe` when others may read it.
    """
    if where is None:
        return LocalMasterKey.parse(_own(directory / MASTER_KEY, clock, may_make=not (directory / KEYRING).exists()))
    form, place = where
    text = _from_environment(place) if form.endswith("env") else _from_file(Path(place), form)
    try:
        return PassphraseMasterKey(text) if form.startswith("passphrase") else LocalMasterKey.parse(text)
    except InvalidKey as error:
        raise InvalidSetting(f"master_key: {form}:{place}: {error.detail}") from None


def _own(path: Path, clock: Clock, *, may_make: bool) -> Secret[str]:
    if not path.exists():
        if not may_make:
            raise InvalidSetting(f"master_key: {path} is missing; if it is kept elsewhere, say where")
        write_secret(path, keytext.dumps(keytext.new(clock).reveal()) + "\n")
    return Secret(read_secret(path))


def _from_file(path: Path, form: str) -> Secret[str]:
    path = path / NAME_IN_DIRECTORY if form == "directory" else path
    try:
        return Secret(read_secret(path).strip())
    except OSError as error:
        raise InvalidSetting(f"master_key: {path} cannot be read: {error.strerror}") from None
    except DataDirectoryUnsafe as error:
        raise InvalidSetting(f"master_key: {error.detail}") from None


def _from_environment(name: str) -> Secret[str]:
    text = os.environ.get(name)
    if not text:
        raise InvalidSetting(f"master_key: the environment has no {name}")
    return Secret(text)
