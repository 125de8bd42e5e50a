"""`gatepost serve`."""

from __future__ import annotations

from typer import Context

from gatepost.cli.setting_flags import flags


def serve(context: Context) -> None:
    """Run the service."""
    given = flags(context)

    from gatepost.server.settings import load

    settings = load(given).settings

    from gatepost.server.app import serve as run

    run(settings)
