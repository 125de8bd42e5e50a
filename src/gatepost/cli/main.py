"""The entry point of the command `gatepost`: what goes wrong anywhere becomes one line and an exit code here."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from gatepost.cli import terminal
from gatepost.cli.remedies import what_happened, what_to_do
from gatepost.errors import GatepostError

_EXTRAS = {
    "typer": "cli",
    "rich": "cli",
    "bcrypt": "bcrypt",
    "cryptography": "crypto",
    "uvicorn": "server",
    "uvloop": "server",
    "airportsdata": "demo",
    "standardwebhooks": "demo",
    "yaml": "scan",
    "jsonpath": "scan",
    "jsonschema_rs": "scan",
}
"""The extra of the package that brings each part along."""


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    try:
        _need("typer", "rich")
        from gatepost.cli.application import application

        application()(prog_name="gatepost")
    except GatepostError as error:
        terminal.fail(what_happened(error), what_to_do(error))
    except ModuleNotFoundError as missing:
        extra = _EXTRAS.get(missing.name or "")
        if extra is None:
            raise
        terminal.fail(f"this needs {missing.name}, which is not installed", f"pip install 'gatepost[{extra}]'")
    except BrokenPipeError:  # `gatepost ... | head`
        sys.stderr.close()
        sys.exit(terminal.FAILED)


def _need(*modules: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            raise ModuleNotFoundError(name=module)


if __name__ == "__main__":
    main()
