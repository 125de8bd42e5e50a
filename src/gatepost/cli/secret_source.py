"""Where commands take secrets from: an owner-only file, an environment variable, stdin, or a prompt.

Never an argument: every user of the machine can read those of every process.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from typer import BadParameter

from gatepost.cli import terminal
from gatepost.errors import InvalidKey, InvalidParameter

if TYPE_CHECKING:
    from gatepost.crypto.secret import Secret

MAX_SECRET_BYTES = 64 * 1024
"""A file of keys or a passphrase beyond this size is something else."""


class Given(NamedTuple):
    """What the options name. Nothing named means that a passphrase is asked for."""

    passphrase_file: Path | None
    passphrase_env: str | None
    key_file: Path | None
    key_env: str | None

    def check(self) -> None:
        """Raises BadParameter for more than one: nobody should have to guess which of them counts."""
        if sum(source is not None for source in self) > 1:
            raise BadParameter("give one of --passphrase-file, --passphrase-env, --key-file and --key-env")

    @property
    def is_key(self) -> bool:
        return self.key_file is not None or self.key_env is not None

    def key(self) -> Secret[str]:
        """The text of a key or of several, one a line. Exits when none is named."""
        found = _named(self.key_file, self.key_env)
        if found is None:
            terminal.fail("this needs a key", "give --key-file or --key-env")
        return as_text(found)

    def passphrase(self, *, twice: bool = False) -> Secret[bytes]:
        """The passphrase as it is written there, or as it is typed."""
        return _named(self.passphrase_file, self.passphrase_env) or asked("Passphrase", twice=twice)


def secret(file: Path | None, variable: str | None, what: str, *, twice: bool = False) -> Secret[bytes]:
    """From what is named, else from stdin if it is no terminal, else asked for."""
    if file is not None and variable is not None:
        raise BadParameter("give a file or a variable, not both")
    if file is None and variable is None and not sys.stdin.isatty():
        return _bounded(sys.stdin.buffer.read(MAX_SECRET_BYTES + 1), "stdin")
    return _named(file, variable) or asked(what, twice=twice)


def asked(what: str, *, twice: bool) -> Secret[bytes]:
    """Typed at the terminal without echo; a new one twice, since nobody sees what was typed."""
    from gatepost.crypto.secret import Secret

    typed = terminal.ask_at_terminal(f"{what}: ")
    if typed is None:
        terminal.fail("there is no terminal to ask at", "name a file or an environment variable; see --help")
    if twice and terminal.ask_at_terminal(f"{what} again: ") != typed:
        terminal.fail("that was not the same twice", "try again")
    return Secret(typed.encode())


def as_text(raw: Secret[bytes]) -> Secret[str]:
    """Raises InvalidKey when it is no UTF-8."""
    from gatepost.crypto.secret import Secret

    try:
        return Secret(raw.reveal().decode())
    except UnicodeDecodeError:
        raise InvalidKey("a secret that is text is encoded in UTF-8") from None


def owner_only(path: Path) -> bytes:
    """What is in a file that only its owner may read; exits otherwise."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                terminal.fail(f"others may read {path}", f"chmod 600 {path}")
            return file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise InvalidParameter(f"{path} cannot be read: {error.strerror}") from None


def _named(file: Path | None, variable: str | None) -> Secret[bytes] | None:
    if file is not None:
        return _bounded(owner_only(file), str(file))
    if variable is not None:
        return _bounded(os.environb.get(os.fsencode(variable), b""), variable)
    return None


def _bounded(raw: bytes, source: str) -> Secret[bytes]:
    """Without the end of the line, which editors and `echo` add."""
    from gatepost.crypto.secret import Secret

    found = raw.removesuffix(b"\n").removesuffix(b"\r")
    if not found or len(found) > MAX_SECRET_BYTES:
        raise InvalidKey(f"{source} holds no secret" if not found else f"{source} is too large for a secret")
    return Secret(found)
