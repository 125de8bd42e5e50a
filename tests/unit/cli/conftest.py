"""Runs `gatepost` in this process, against a real HTTP server."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from typing import Any, Protocol

import msgspec
import pytest
from msgspec import Struct

from gatepost.cli.main import main
from tests.unit.client.stand_in import StandIn, standing_in


class Run(Struct):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)


class Gatepost(Protocol):
    def __call__(self, *arguments: str, stdin: bytes = b"") -> Run: ...


@pytest.fixture
def service() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture
def gatepost(
    service: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> Gatepost:
    """The command, with the service and its key in the environment and no settings file around."""
    for name in [name for name in os.environ if name.startswith("GATEPOST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEPOST_URL", service.url)
    monkeypatch.setenv("GATEPOST_API_KEY", "gp_live_test")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "argv", ["gatepost", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Run(code or 0, captured.out, captured.err)

    return run
