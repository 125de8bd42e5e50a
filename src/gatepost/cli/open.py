"""`gatepost open`: gives back what was sealed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from typer import BadParameter, Option

from gatepost.cli import pieces, terminal
from gatepost.cli.seal_keys import fernet_keys, opener
from gatepost.cli.seal_options import (
    Force,
    Input,
    KeyEnv,
    KeyFile,
    Output,
    PassphraseEnv,
    PassphraseFile,
    PrivateKeyFile,
    RingFile,
    Where,
    file_context,
)
from gatepost.cli.secret_source import Given

_UNAUTHENTICATED = (
    "CFB8 protects nothing from changes: nobody can tell whether this was changed, or the passphrase is wrong. "
    "Look at it, then seal it with `gatepost seal`."
)


def open_(
    file: Input = pieces.STDIN,
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    keyring: RingFile = None,
    identity: PrivateKeyFile = None,
    context: Where = "",
    fernet: Annotated[bool, Option("--fernet", help="Read a Fernet token.")] = False,
    cfb8: Annotated[
        bool, Option("--cfb8", help="Read an old blob: salt and AES-256-CFB8, which nothing protects from changes.")
    ] = False,
    force: Force = False,
) -> None:
    """Open what `gatepost seal` sealed.

    To stdout it writes what is authentic, piece by piece; exit code 1 then says that it broke off. A file appears
    only when all of it is authentic.
    """
    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    given.check()
    if identity is not None and (keyring or given.is_key):
        raise BadParameter("give one of --identity, --keyring, --key-file and --key-env")
    if fernet + cfb8 + any((keyring, identity, context)) > 1:
        raise BadParameter("--fernet and --cfb8 have neither a keyring nor an identity nor a context")
    opened = _old(file, given, cfb8) if fernet or cfb8 else _opened(file, given, keyring, identity, context)
    with pieces.writing(output, replace=force) as write:
        for piece in opened:
            write(piece)
    if cfb8:
        terminal.notice(_UNAUTHENTICATED)


def _opened(file: Path, given: Given, ring: Path | None, identity: Path | None, context: str) -> Iterator[bytes]:
    from gatepost.crypto.seals.stream import SealedStream

    sealed = SealedStream(pieces.read(file))
    return sealed.open(opener(sealed.kind, given, ring, identity), file_context(context))


def _old(file: Path, given: Given, cfb8: bool) -> Iterator[bytes]:
    from gatepost.crypto.seals.cfb8 import open_unauthenticated
    from gatepost.crypto.seals.fernet import MAX_TOKEN_BYTES

    if cfb8:
        yield from open_unauthenticated(pieces.read(file), given.passphrase())
    else:
        yield fernet_keys(given).open(pieces.whole(file, MAX_TOKEN_BYTES).strip())
