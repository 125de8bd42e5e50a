"""Flags for commands that take every setting of the service: `--data-dir PATH` sets `data_dir`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typer import BadParameter, Context
from typer.core import TyperCommand

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Lets typer hand the flags over as they are: which there are is known to the settings alone."""


class SettingsCommand(TyperCommand):
    """A command whose help lists the settings as flags."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Settings (also GATEPOST_<NAME> and the TOML file)"):
            formatter.write_dl([(f"--{name.replace('_', '-')} TEXT", doc) for name, doc in _documented().items()])


def flags(context: Context) -> dict[str, str]:
    """The settings given as flags, by name. Raises `BadParameter` for what is none."""
    return read_flags(context.args, _documented())


def read_flags(arguments: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Reads `--name text` and `--name=text`."""
    found: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        flag, equals, text = argument.partition("=")
        name = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--") or name not in known:
            raise BadParameter(f"there is no {flag}; --help lists what there is")
        if name in found:
            raise BadParameter(f"{flag} is given twice")
        value = text if equals else next(rest, None)
        if value is None:
            raise BadParameter(f"{flag} needs a value")
        found[name] = value
    return found


def _documented() -> dict[str, str]:
    from gatepost.server.settings import known

    config = "TOML file with settings. [default: gatepost.toml, if there]"
    return {"config": config} | {
        name: f"{setting.doc} [default: {setting.default or 'none'}]" for name, setting in known().items()
    }
