"""Gives commands a client of the service, with the key from a file, the environment or a prompt."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.cli import terminal
from gatepost.errors import InvalidParameter

if TYPE_CHECKING:
    from gatepost.client.sync import Client
    from gatepost.crypto.secret import Secret

MAX_SECRET_FILE_BYTES = 4096
"""A file with a secret is one line; anything larger is the wrong file."""


def connect(url: str | None, key_file: Path | None, *, patient: bool = False) -> Client:
    """A client for a person who waits: unless it is `patient`, it tries twice and then says what is wrong."""
    from gatepost.client.exchange import Retries
    from gatepost.client.sync import Client

    return Client(url, api_key=api_key(key_file), retries=Retries() if patient else Retries(attempts=2))


def api_key(key_file: Path | None, *, ask: bool = True) -> Secret[str] | None:
    """The key, or None when nobody has one."""
    from gatepost.client.service import KEY_VARIABLE
    from gatepost.crypto.secret import Secret

    if key_file is not None:
        return secret_from(key_file)
    text = os.environ.get(KEY_VARIABLE) or (terminal.ask_secret("API key: ") if ask else None)
    return Secret(text) if text else None


def secret_from(file: Path | None) -> Secret[str] | None:
    """The secret in a file of one line."""
    from gatepost.crypto.secret import Secret

    return None if file is None else Secret(_read(file))


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_SECRET_FILE_BYTES + 1).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"{file} cannot be read: {error}") from error
    if not text or len(text) > MAX_SECRET_FILE_BYTES:
        raise InvalidParameter(f"{file} does not hold a key")
    return text
