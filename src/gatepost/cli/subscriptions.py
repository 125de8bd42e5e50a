"""`gatepost subscriptions`: who goes on where it stopped; `gatepost listen --subscription` makes them."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Typer

from gatepost.cli import terminal
from gatepost.cli.connection import connect
from gatepost.cli.options import Json, KeyFile, Url, Yes

app = Typer(name="subscriptions", help="Show and delete durable subscriptions.", no_args_is_help=True)

Name = Annotated[str, Argument(metavar="NAME", help="Name of the subscription.")]


@app.command("list")
def list_(url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """List all durable subscriptions, how far each has come, and how much each is behind."""
    with connect(url, key_file) as client:
        found = list(client.subscriptions())
    terminal.records(found, ("name", "topics", "delivered", "acknowledged", "behind", "connected"), as_json)


@app.command()
def show(name: Name, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Show one durable subscription."""
    with connect(url, key_file) as client:
        terminal.record(client.subscription(name), as_json)


@app.command()
def delete(name: Name, yes: Yes = False, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Remove a durable subscription and its place."""
    if not yes and not terminal.confirm(f"Delete {name}, and forget how far it has come?"):
        terminal.fail("nothing was deleted", "answer y, or give --yes")
    with connect(url, key_file) as client:
        client.delete_subscription(name)
    terminal.record({"name": name, "deleted": True}, as_json)
