"""`gatepost verify-hash`: whether a secret is the one of a hash."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import BadParameter, Option

from gatepost.cli import terminal
from gatepost.cli.hash import SecretEnv, SecretFile, policy
from gatepost.cli.options import Json
from gatepost.cli.pieces import whole
from gatepost.cli.secret_source import as_text, secret
from gatepost.errors import InvalidParameter

if TYPE_CHECKING:
    from gatepost.crypto.passwords import Verdict
    from gatepost.crypto.secret import Secret

MAX_HASH_BYTES = 1024
"""Every hash that is read here has less than 250."""

_SHA256 = re.compile("[0-9a-f]{64}")


def verify_hash(
    hash_file: Annotated[Path | None, Option(metavar="PATH", help="File with the hash.")] = None,
    hash_env: Annotated[
        str | None, Option(metavar="NAME", help="Name of the environment variable that holds the hash.")
    ] = None,
    secret_file: SecretFile = None,
    secret_env: SecretEnv = None,
    algorithm: Annotated[
        Literal["argon2id", "bcrypt"], Option(help="Hash anew with this what was made by something weaker.")
    ] = "argon2id",
    as_json: Json = False,
) -> None:
    """Compare a secret with a hash: exits with 0 when they match, with 1 when they do not.

    When they match and the hash is weaker than one made today, a fresh one is printed: store it instead.
    """
    stored = _stored(hash_file, hash_env)
    verdict = _verdict(secret(secret_file, secret_env, "Secret"), stored, algorithm)
    terminal.record(verdict, as_json)
    if not verdict.matches:
        raise SystemExit(terminal.FAILED)


def _stored(file: Path | None, variable: str | None) -> str:
    if (file is None) == (variable is None):
        raise BadParameter("give --hash-file or --hash-env")
    if file is not None:
        return whole(file, MAX_HASH_BYTES).decode("ascii", "replace").strip()
    stored = os.environ.get(variable or "", "")
    if not stored:
        raise InvalidParameter(f"{variable} is not set")
    return stored.strip()


def _verdict(given: Secret[bytes], stored: str, algorithm: Literal["argon2id", "bcrypt"]) -> Verdict:
    from gatepost.clock import SystemClock
    from gatepost.crypto.digests import equal, sha256_hex
    from gatepost.crypto.passwords import Verdict, verify_password

    if _SHA256.fullmatch(stored.lower()):
        return Verdict(equal(sha256_hex(given.reveal()).encode(), stored.lower().encode()))
    return verify_password(as_text(given), stored, SystemClock(), policy(algorithm))
