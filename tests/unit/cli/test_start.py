"""How the command starts: its help, its version, and what it says when a part is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest

from gatepost._version import __version__
from gatepost.cli import main as entry
from gatepost.cli.main import main
from tests.unit.cli.conftest import Gatepost

COMMANDS = {
    "bench",
    "serve",
    "send",
    "listen",
    "presence",
    "endpoints",
    "keygen",
    "keys",
    "tenants",
    "notifications",
    "settings",
    "subscriptions",
    "demo",
    "doctor",
    "hash",
    "verify-hash",
    "seal",
    "open",
    "keyring",
    "scan",
}


def test_help_names_every_command(gatepost: Gatepost) -> None:
    run = gatepost("--help")
    listed = re.findall(r"^  ([a-z-]+) ", run.out.partition("Commands:")[2], re.MULTILINE)
    assert (run.code, set(listed)) == (0, COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(gatepost: Gatepost, command: str) -> None:
    run = gatepost(command, "--help")
    assert (run.code, run.out.startswith("Usage: gatepost")) == (0, True)


def test_version(gatepost: Gatepost) -> None:
    assert gatepost("--version").out == f"gatepost {__version__}\n"


def test_help_loads_no_subject() -> None:
    script = "import sys; from gatepost.cli.application import application; application(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    loaded = set(run.stdout.split())
    assert loaded & {"asyncio", "msgspec", "rich.table", "ssl", "uvicorn", "uvloop", "sqlite3", "cryptography"} == set()
    assert not any(name.startswith(("gatepost.client", "gatepost.server", "gatepost.stores")) for name in loaded)


def test_without_typer_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_typer(name: str, package: str | None = None) -> Any:
        return None if name == "typer" else find_spec(name, package)

    monkeypatch.setattr(entry, "find_spec", without_typer)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "gatepost: this needs typer, which is not installed - pip install 'gatepost[cli]'\n"
    )


def test_without_the_server_parts_it_says_what_to_install(gatepost: Gatepost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "gatepost.server.app", raising=False)
    run = gatepost("serve")
    assert (run.code, run.out) == (1, "")
    assert "pip install 'gatepost[server]'" in run.err
