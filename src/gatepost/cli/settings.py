"""`gatepost settings`."""

from __future__ import annotations

from typing import Annotated

from typer import Context, Option

from gatepost.cli import terminal
from gatepost.cli.options import Json
from gatepost.cli.setting_flags import flags


def settings(
    context: Context,
    toml: Annotated[bool, Option("--toml", help="Print the commented settings file with every default.")] = False,
    as_json: Json = False,
) -> None:
    """Show every setting and where its value came from."""
    given = flags(context)

    from gatepost.server import settings as known

    if toml:
        terminal.text(known.as_toml())
        return
    loaded = known.load(given)
    if as_json:
        terminal.document(
            {name: {"value": text, "source": loaded.sources[name]} for name, text in loaded.texts.items()}
        )
        return
    rows = [(name, text, loaded.sources[name]) for name, text in loaded.texts.items()]
    terminal.table(("setting", "value", "from"), rows)
