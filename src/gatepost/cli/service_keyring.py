"""`gatepost keyring service`: the keyring of a running service, for its operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Typer

from gatepost.cli import terminal
from gatepost.cli.connection import connect
from gatepost.cli.options import Json, KeyFile, Url, Yes

if TYPE_CHECKING:
    from gatepost.client.results import Page, SealKey

app = Typer(name="service", help="The keyring of a running service.", no_args_is_help=True)


@app.command()
def show(url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """List the keys that seal what the service stores."""
    with connect(url, key_file) as client:
        _records(client.keyring(), as_json)


@app.command()
def rotate(url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Have it seal with a new key from now on, without a restart."""
    with connect(url, key_file) as client:
        _records(client.rotate_keyring(), as_json)


@app.command()
def destroy(
    key: Annotated[int, Argument(metavar="KEY", help="Number of the key in the ring.")],
    yes: Yes = False,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Destroy a key that seals nothing any more."""
    question = f"Destroy key {key}? Older backups open only with the keyring that was saved with them."
    if not yes and not terminal.confirm(question):
        terminal.fail("nothing was destroyed", "answer y, or give --yes")
    with connect(url, key_file) as client:
        _records(client.destroy_seal_key(key), as_json)


def _records(page: Page[SealKey], as_json: bool) -> None:
    terminal.records(page.data, ("id", "state", "created_at"), as_json)
