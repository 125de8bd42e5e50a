"""Puts the commands together. Their modules are small: what they work on is imported when one is run."""

from __future__ import annotations

from typing import Annotated

import typer

from gatepost._version import __version__
from gatepost.cli import (
    bench,
    demo,
    doctor,
    endpoints,
    hash,
    keygen,
    keyring,
    keys,
    listen,
    notifications,
    open,
    scan,
    seal,
    send,
    serve,
    setting_flags,
    settings,
    subscriptions,
    tenants,
    terminal,
    verify_hash,
)


def application() -> typer.Typer:
    """Every command of `gatepost`."""
    app = typer.Typer(
        name="gatepost",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help starts in a third of the time
    )
    app.callback()(_root)
    takes_settings = app.command(cls=setting_flags.SettingsCommand, context_settings=setting_flags.CONTEXT)
    takes_settings(serve.serve)
    app.command()(send.send)
    app.command()(listen.listen)
    app.command()(listen.presence)
    app.command()(scan.scan)
    app.command()(seal.seal)
    app.command("open")(open.open_)
    app.command("hash")(hash.hash_)
    app.command()(verify_hash.verify_hash)
    app.command()(keygen.keygen)
    for group in (endpoints, subscriptions, keys, tenants, notifications, keyring):
        app.add_typer(group.app)
    takes_settings(settings.settings)
    takes_settings(doctor.doctor)
    app.command()(demo.demo)
    app.command()(bench.bench)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        terminal.line(f"gatepost {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The gate and the post office of your services."""
