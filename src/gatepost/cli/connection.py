"""Gives commands a client of the service, with the key from a file, the environment or a prompt."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gatepost.cli import terminal
from gatepost.errors import InvalidParameter

if TYPE_CHECKING:
    from msgspec import UnsetType

    from gatepost.client.sync import Client
    from gatepost.crypto.secret import Secret

T = TypeVar("T")

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


def given(value: T | None) -> T | UnsetType:
    """An option that was not given is not sent; null would mean something."""
    from msgspec import UNSET

    return UNSET if value is None else value


def listed(text: str) -> list[str]:
    """The parts of a comma-separated option."""
    return [part.strip() for part in text.split(",")]


def moment(text: str | None, option: str) -> datetime | None:
    """Reads a time with its zone. Raises `InvalidParameter`."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidParameter(f"{option} is no time such as 2027-01-31T00:00:00Z") from None
    if read.tzinfo is None:
        raise InvalidParameter(f"{option} needs a zone, such as the Z in 2027-01-31T00:00:00Z")
    return read


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_SECRET_FILE_BYTES + 1).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"{file} cannot be read: {error}") from error
    if not text or len(text) > MAX_SECRET_FILE_BYTES:
        raise InvalidParameter(f"{file} does not hold a key")
    return text
