"""`gatepost keygen`: makes a key pair."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, BadParameter, Option

from gatepost.cli import terminal
from gatepost.cli.options import Json
from gatepost.cli.pieces import STDIN, complete_file
from gatepost.cli.seal_options import Force, PassphraseEnv, PassphraseFile
from gatepost.cli.secret_source import Given, as_text

if TYPE_CHECKING:
    from gatepost.crypto.keys.pairs import PrivateKey, PublicKey
    from gatepost.crypto.secret import Secret

STDOUT = STDIN
"""The same sign, `-`."""

Kind = Annotated[
    Literal["x25519", "ed25519", "p256", "rsa"],
    Argument(help="x25519 to receive (the usual choice), ed25519 to sign; p256 and rsa where the other side asks."),
]
Private = Annotated[Path, Option("--output", "-o", metavar="PATH", help="Owner-only file for the private key.")]
Public = Annotated[
    Path | None,
    Option("--public", metavar="PATH", help="File for the public key, or - for stdout.", show_default="PATH.pub"),
]
Bits = Annotated[int | None, Option(metavar="N", help="Size of an RSA key, 3072 or more.", show_default="3072")]
NoPassphrase = Annotated[
    bool, Option("--no-passphrase", help="Leave the private key readable for whoever gets hold of the file.")
]


def keygen(
    kind: Kind,
    output: Private,
    public: Public = None,
    bits: Bits = None,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    no_passphrase: NoPassphrase = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make a key pair. The private key is encrypted with a passphrase unless you say otherwise."""
    from gatepost.clock import SystemClock
    from gatepost.crypto.keys import pem

    if bits is not None and kind != "rsa":
        raise BadParameter("--bits is for RSA keys; the others have one size")
    passphrase = _passphrase(Given(passphrase_file, passphrase_env, None, None), no_passphrase)
    key = _generated(kind, bits)
    place = public or output.with_name(output.name + ".pub")
    with ExitStack() as files:  # both or none
        write_private = files.enter_context(complete_file(output, replace=force))
        write_private(pem.dump_private(key, passphrase, SystemClock()))
        if place != STDOUT:
            files.enter_context(complete_file(place, replace=force))(pem.dump_public(key.public_key()))
    _report(key.public_key(), output, place, as_json)


def _passphrase(given: Given, none_wanted: bool) -> Secret[str] | None:
    given.check()
    if not none_wanted:
        return as_text(given.passphrase(twice=True))
    if any(given):
        raise BadParameter("give a passphrase or --no-passphrase, not both")
    return None


def _generated(kind: str, bits: int | None) -> PrivateKey:
    from gatepost.crypto.keys.pairs import NEW_RSA_BITS, KeyKind, generate

    return generate(KeyKind(kind), bits or NEW_RSA_BITS)


def _report(key: PublicKey, private: Path, public: Path, as_json: bool) -> None:
    from gatepost.crypto.keys import jwk, pem

    id = jwk.thumbprint(key)
    if as_json:
        document = {"id": id, "private_key": str(private), "jwk": jwk.members(key) | {"kid": id}}
        terminal.document(document if public == STDOUT else document | {"public_key": str(public)})
    elif public == STDOUT:
        terminal.text(pem.dump_public(key).decode("ascii"))
    else:
        terminal.facts({"id": id, "private key": private, "public key": public})
