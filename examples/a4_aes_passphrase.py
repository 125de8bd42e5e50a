"""Seals files with AES-256-GCM under a passphrase, opens them, and reads the old blobs that AES-CFB8 left behind.

Run (needs `gatepost[server]`; it asks for the passphrase, or takes it from PASSPHRASE):

    python examples/a4_aes_passphrase.py seal notes.txt notes.sealed
    python examples/a4_aes_passphrase.py open notes.sealed notes.txt
    python examples/a4_aes_passphrase.py open-cfb8 old.blob old.txt

`gatepost seal` and `gatepost open` do the same from the command line.

Protects: scrypt makes each guess of the passphrase cost 128 MiB and a third of a second. Nobody can change, shorten
or reorder what is sealed without being noticed; it opens only in the same context. Any size takes little memory.

Does not protect: a passphrase that can be guessed. The size of the file shows, and so does when it was written. Old
CFB8 blobs carry nothing that would tell whether somebody changed them: look at what comes out, then seal it anew.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from getpass import getpass
from pathlib import Path

from gatepost.clock import SystemClock
from gatepost.crypto.seals import stream
from gatepost.crypto.seals.cfb8 import open_unauthenticated
from gatepost.crypto.seals.message import context
from gatepost.crypto.seals.passphrase import Passphrase
from gatepost.crypto.secret import Secret
from gatepost.errors import GatepostError

PLACE = context("examples", "notes")  # where it belongs: your application, the table, the row
PIECE_BYTES = 64 * 1024


def pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        yield from iter(lambda: source.read(PIECE_BYTES), b"")


def write(file: Path, what: Iterable[bytes]) -> None:
    """All of it or nothing: what turns out to be broken at its end never gets the name."""
    partial = file.with_name(file.name + ".partial")
    try:
        with open(partial, "xb", opener=owner_only) as target:
            target.writelines(what)
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)


def owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def main(verb: str, source: Path, target: Path) -> None:
    secret = Secret(os.environ.get("PASSPHRASE") or getpass("Passphrase: "))
    if verb == "seal":
        write(target, stream.seal(pieces(source), Passphrase(secret), PLACE, SystemClock()))
    elif verb == "open":
        write(target, stream.SealedStream(pieces(source)).open(Passphrase(secret), PLACE))
    elif verb == "open-cfb8":
        write(target, open_unauthenticated(pieces(source), Secret(secret.reveal().encode())))
        print("nobody can tell whether this was changed, or the passphrase is wrong: look at it")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("seal", "open", "open-cfb8"):
        sys.exit("say: seal, open or open-cfb8, then the file to read and the file to write")
    try:
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    except GatepostError as error:
        sys.exit(f"{error.code}: {error}")
