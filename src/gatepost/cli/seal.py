"""`gatepost seal`: makes a file or a stream readable only with a key or a passphrase."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from typer import BadParameter, Option

from gatepost.cli import pieces
from gatepost.cli.seal_keys import fernet_keys, sealer
from gatepost.cli.seal_options import (
    Force,
    Input,
    KeyEnv,
    KeyFile,
    Output,
    PassphraseEnv,
    PassphraseFile,
    RingFile,
    Where,
    file_context,
)
from gatepost.cli.secret_source import Given


def seal(
    file: Input = pieces.STDIN,
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    keyring: RingFile = None,
    context: Where = "",
    pbkdf2: Annotated[
        bool, Option("--pbkdf2", help="Stretch the passphrase with PBKDF2 (FIPS 140), not scrypt.")
    ] = False,
    fernet: Annotated[
        bool, Option("--fernet", help="Write a Fernet token, for programs that read nothing else.")
    ] = False,
    force: Force = False,
) -> None:
    """Seal a file or stdin: AES-256-GCM under a passphrase, a shared key or a keyring.

    Nobody without the key can read it, or change, shorten or reorder it unnoticed. Any size, in constant memory.
    """
    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    given.check()
    if fernet and (keyring or context or pbkdf2):
        raise BadParameter("Fernet has keys and nothing else: give --key-file or --key-env")
    sealed = _token(file, given) if fernet else _sealed(file, given, keyring, context, pbkdf2)
    with pieces.writing(output, replace=force) as write:
        for piece in sealed:
            write(piece)


def _sealed(file: Path, given: Given, ring: Path | None, context: str, pbkdf2: bool) -> Iterator[bytes]:
    from gatepost.clock import SystemClock
    from gatepost.crypto.seals import stream

    return stream.seal(pieces.read(file), sealer(given, ring, pbkdf2=pbkdf2), file_context(context), SystemClock())


def _token(file: Path, given: Given) -> Iterator[bytes]:
    from gatepost.clock import SystemClock
    from gatepost.crypto.seals.fernet import MAX_MESSAGE_BYTES

    yield fernet_keys(given).seal(pieces.whole(file, MAX_MESSAGE_BYTES), SystemClock())
