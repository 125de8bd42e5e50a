"""`gatepost seal`: makes a file or a stream readable only with a key or a passphrase."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    PublicKeyFile,
    RingFile,
    Where,
    file_context,
)
from gatepost.cli.secret_source import Given

if TYPE_CHECKING:
    from gatepost.crypto.seals.stream import Sealer


def seal(
    file: Input = pieces.STDIN,
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    keyring: RingFile = None,
    to: PublicKeyFile = None,
    context: Where = "",
    pbkdf2: Annotated[
        bool, Option("--pbkdf2", help="Stretch the passphrase with PBKDF2 (FIPS 140), not scrypt.")
    ] = False,
    fernet: Annotated[
        bool, Option("--fernet", help="Write a Fernet token, for programs that read nothing else.")
    ] = False,
    force: Force = False,
) -> None:
    """Seal a file or stdin: AES-256-GCM under a passphrase, a shared key, a keyring, or for a recipient.

    Nobody without the key can read it, or change, shorten or reorder it unnoticed. Any size, in constant memory.
    """
    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    given.check()
    if to is not None and (keyring or any(given)):
        raise BadParameter("a recipient's public key is all it takes: give --to alone")
    if fernet and (keyring or to or context or pbkdf2):
        raise BadParameter("Fernet has keys and nothing else: give --key-file or --key-env")
    if fernet:
        sealed = _token(file, given)
    else:
        sealed = _sealed(file, sealer(given, keyring, to, pbkdf2=pbkdf2), context)
    with pieces.writing(output, replace=force) as write:
        for piece in sealed:
            write(piece)


def _sealed(file: Path, sealer: Sealer, context: str) -> Iterator[bytes]:
    from gatepost.clock import SystemClock
    from gatepost.crypto.seals import stream

    return stream.seal(pieces.read(file), sealer, file_context(context), SystemClock())


def _token(file: Path, given: Given) -> Iterator[bytes]:
    from gatepost.clock import SystemClock
    from gatepost.crypto.seals.fernet import MAX_MESSAGE_BYTES

    yield fernet_keys(given).seal(pieces.whole(file, MAX_MESSAGE_BYTES), SystemClock())
