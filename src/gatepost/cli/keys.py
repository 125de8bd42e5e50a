"""`gatepost keys`: API keys of one's own tenant."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Context, Typer

from gatepost.cli import terminal
from gatepost.cli.connection import connect
from gatepost.cli.options import ExpiresAt, Json, KeyFile, KeyId, Scopes, Url, listed, moment
from gatepost.cli.setting_flags import CONTEXT, SettingsCommand, flags

app = Typer(name="keys", help="Create, list and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, Argument(metavar="NAME", help="What the key is for.")],
    scopes: Scopes,
    expires_at: ExpiresAt = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Make an API key; prints it once."""
    with connect(url, key_file) as client:
        terminal.record(
            client.create_key(name, scopes=listed(scopes), expires_at=moment(expires_at, "--expires-at")), as_json
        )
    _explain_key(as_json)


@app.command("list")
def list_(url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """List all API keys, revoked ones too."""
    with connect(url, key_file) as client:
        found = list(client.keys())
    terminal.records(found, ("id", "name", "start", "scopes", "created_at", "expires_at", "revoked_at"), as_json)


@app.command()
def revoke(key: KeyId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Make a key worthless, at once and for good."""
    with connect(url, key_file) as client:
        terminal.record(client.revoke_key(key), as_json)


@app.command(cls=SettingsCommand, context_settings=CONTEXT)
def recover(context: Context, as_json: Json = False) -> None:
    """Make a new operator's key when the first one is lost. Needs the data directory; the service must be stopped."""
    given = flags(context)

    from gatepost.server import app as service
    from gatepost.server import settings

    terminal.record({"key": service.new_operator_key(settings.load(given).settings)}, as_json)
    _explain_key(as_json)


def _explain_key(as_json: bool) -> None:
    if not as_json:
        terminal.notice("Keep the key: it is not shown again, and the service itself cannot read it.")
