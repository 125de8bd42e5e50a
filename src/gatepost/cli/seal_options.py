"""Options that `seal`, `open` and `keyring` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

PassphraseFile = Annotated[
    Path | None, Option(metavar="PATH", help="Owner-only file with the passphrase. Otherwise you are asked.")
]
PassphraseEnv = Annotated[
    str | None, Option(metavar="NAME", help="Name of the environment variable that holds the passphrase.")
]
KeyFile = Annotated[
    Path | None, Option(metavar="PATH", help="Owner-only file with a key: 32 random bytes in hex or base64.")
]
KeyEnv = Annotated[str | None, Option(metavar="NAME", help="Name of the environment variable that holds the key.")]

RingFile = Annotated[
    Path | None, Option("--keyring", metavar="PATH", help="Keyring to use; the key or passphrase opens the ring.")
]
PublicKeyFile = Annotated[
    Path | None, Option("--to", metavar="PATH", help="Public key (PEM) of the recipient, who alone can open it.")
]
PrivateKeyFile = Annotated[
    Path | None,
    Option("--identity", metavar="PATH", help="Your private key (PEM); a passphrase given or asked for is that of it."),
]
Input = Annotated[Path, Argument(metavar="FILE", help="A file, or - for stdin.", show_default="stdin")]
Output = Annotated[Path | None, Option("--output", "-o", metavar="PATH", help="Owner-only file to write. Or stdout.")]
Force = Annotated[bool, Option("--force", help="Replace the output file if it is there.")]
Where = Annotated[str, Option("--context", metavar="TEXT", help="Where it belongs: it opens only with the same text.")]


def file_context(text: str) -> bytes:
    """What a sealed file is bound to, beside its key."""
    from gatepost.crypto.seals.message import context

    return context("gatepost", "file", text)
