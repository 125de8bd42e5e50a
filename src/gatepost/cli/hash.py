"""`gatepost hash`: what to store instead of a password or a token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from gatepost.cli import terminal
from gatepost.cli.secret_source import as_text, secret

if TYPE_CHECKING:
    from gatepost.crypto.passwords import Policy

SecretFile = Annotated[
    Path | None, Option(metavar="PATH", help="Owner-only file with the secret. Otherwise stdin, or you are asked.")
]
SecretEnv = Annotated[
    str | None, Option(metavar="NAME", help="Name of the environment variable that holds the secret.")
]
Algorithm = Annotated[
    Literal["argon2id", "bcrypt", "sha256"],
    Option(help="argon2id for passwords; bcrypt where it must be; sha256 for random tokens only, never for passwords."),
]


def hash_(secret_file: SecretFile = None, secret_env: SecretEnv = None, algorithm: Algorithm = "argon2id") -> None:
    """Hash a password or a token. Without a file or a variable, stdin is read, or you are asked."""
    from gatepost.clock import SystemClock
    from gatepost.crypto.digests import sha256_hex
    from gatepost.crypto.passwords import hash_password

    given = secret(secret_file, secret_env, "Secret", twice=True)
    if algorithm == "sha256":
        terminal.line(sha256_hex(given.reveal()))
    else:
        terminal.line(hash_password(as_text(given), SystemClock(), policy(algorithm)))


def policy(algorithm: Literal["argon2id", "bcrypt"]) -> Policy:
    """What passwords are hashed with from now on."""
    from gatepost.crypto.passwords import USUAL, Bcrypt

    return Bcrypt() if algorithm == "bcrypt" else USUAL
