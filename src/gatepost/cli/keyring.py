"""`gatepost keyring`: a file of keys that are rotated, closed by a master key or a passphrase."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, BadParameter, Option, Typer

from gatepost.cli import pieces, service_keyring, terminal
from gatepost.cli.options import Json, Yes
from gatepost.cli.remedies import what_to_do
from gatepost.cli.seal_keys import load_ring, master_key, new_key_file, save_ring
from gatepost.cli.seal_options import KeyEnv, KeyFile, PassphraseEnv, PassphraseFile, Where, file_context
from gatepost.cli.secret_source import Given
from gatepost.errors import SealBroken

if TYPE_CHECKING:
    from gatepost.crypto.keyring import Keyring

app = Typer(name="keyring", help="Make, rotate and look at a keyring.", no_args_is_help=True)
app.add_typer(service_keyring.app)

Ring = Annotated[Path, Argument(metavar="RING", help="File of the keyring.")]
KeyNumber = Annotated[int, Argument(metavar="KEY", help="Number of the key in the ring.")]


@app.command()
def create(
    ring: Ring,
    new_key: Annotated[
        Path | None, Option("--new-key-file", metavar="PATH", help="Make the master key as well, in this new file.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    as_json: Json = False,
) -> None:
    """Make a keyring with one key, closed by a master key or a passphrase."""
    from gatepost.clock import SystemClock
    from gatepost.crypto.keyring import Keyring

    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    if new_key is not None:
        if any(given):
            raise BadParameter("with --new-key-file there is no other key or passphrase")
        new_key_file(new_key)
        given = Given(None, None, new_key, None)
    given.check()
    made = Keyring.new(SystemClock())
    save_ring(ring, made, master_key(given, new=True), replace=False)
    _show(made, as_json)


@app.command()
def show(
    ring: Ring,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    as_json: Json = False,
) -> None:
    """List the keys of a ring; the secrets themselves are never shown."""
    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    given.check()
    _show(load_ring(ring, master_key(given)), as_json)


@app.command()
def rotate(
    ring: Ring,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    as_json: Json = False,
) -> None:
    """Make a new key that seals from now on; the ones before still open."""
    from gatepost.clock import SystemClock

    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    _change(ring, given, lambda before: before.rotated(SystemClock()), as_json)


@app.command()
def disable(
    ring: Ring,
    key: KeyNumber,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    as_json: Json = False,
) -> None:
    """Let a key open nothing, to find out whether anything still needs it."""
    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    _change(ring, given, lambda before: before.disabled(key), as_json)


@app.command()
def enable(
    ring: Ring,
    key: KeyNumber,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    as_json: Json = False,
) -> None:
    """Let a disabled key open again."""
    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    _change(ring, given, lambda before: before.enabled(key), as_json)


@app.command()
def destroy(
    ring: Ring,
    key: KeyNumber,
    yes: Yes = False,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
    as_json: Json = False,
) -> None:
    """Remove the secret of a key: what it sealed and was not rewrapped is lost for good."""
    if not yes and not terminal.confirm(f"Destroy key {key} of {ring} with all that only it opens, for good?"):
        terminal.fail("nothing was destroyed", "answer y, or give --yes")
    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    _change(ring, given, lambda before: before.destroyed(key), as_json)


@app.command("rewrap-file")
def rewrap_file(
    ring: Ring,
    files: Annotated[list[Path], Argument(metavar="FILE...", help="Files that `gatepost seal --keyring` made.")],
    context: Where = "",
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    key_file: KeyFile = None,
    key_env: KeyEnv = None,
) -> None:
    """Seal files anew under the primary key. What is inside never reaches a disk or another process."""
    given = Given(passphrase_file, passphrase_env, key_file, key_env)
    given.check()
    opened = load_ring(ring, master_key(given))
    for file in files:
        try:
            done = _rewrap(file, opened, file_context(context))
        except SealBroken as error:
            terminal.fail(f"{file}: {error.detail}", what_to_do(error))
        terminal.line(f"{file}: {'rewrapped' if done else 'up to date'}")


def _change(ring: Path, given: Given, change: Callable[[Keyring], Keyring], as_json: bool) -> None:
    _refuse_of_service(ring)
    given.check()
    master = master_key(given)
    changed = change(load_ring(ring, master))
    save_ring(ring, changed, master, replace=True)
    _show(changed, as_json)


def _refuse_of_service(ring: Path) -> None:
    """Only the service knows what else its ring seals: the keys of all tenants would be lost with a destroyed one."""
    from gatepost.stores.files import KEYRING
    from gatepost.stores.sqlite.store import DATABASE

    if ring.name == KEYRING and (ring.parent / DATABASE).exists():
        raise BadParameter(f"{ring} is the keyring of a service; change it with: gatepost keyring service")


def _show(ring: Keyring, as_json: bool) -> None:
    from gatepost.clock import rfc3339

    rows = [{"key": key.id, "state": key.state.value, "created": rfc3339(key.created_at)} for key in ring.keys]
    if as_json:
        terminal.document(rows)
    else:
        terminal.table(list(rows[0]), [list(row.values()) for row in rows], right=["key"])


def _rewrap(file: Path, ring: Keyring, context: bytes) -> bool:
    """Whether there was anything to do."""
    from gatepost.clock import SystemClock
    from gatepost.crypto.seals import stream
    from gatepost.crypto.seals.ring_key import RingKey, ring_key_id

    sealed = stream.SealedStream(pieces.read(file))
    if ring_key_id(sealed) == ring.primary:
        return False
    key = RingKey(ring)
    with pieces.complete_file(file, replace=True) as write:
        for piece in stream.seal(sealed.open(key, context), key, context, SystemClock()):
            write(piece)
    return True
