"""Settings with their sources, and the doctor."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer import BadParameter

from gatepost.cli.setting_flags import read_flags
from tests.unit.cli.conftest import Gatepost
from tests.unit.client.stand_in import Reply, StandIn, problem


def test_every_setting_is_shown_with_its_source(gatepost: Gatepost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_HOST", "::1")
    Path("gatepost.toml").write_text('limit = "5/s burst 5"\n')
    shown = gatepost("settings", "--port", "9000", "--json").json
    assert shown["port"] == {"value": "9000", "source": "flag"}
    assert shown["host"] == {"value": "::1", "source": "environment"}
    assert shown["limit"] == {"value": "5/s burst 5", "source": "gatepost.toml"}
    assert shown["data_dir"] == {"value": "gatepost-data", "source": "default"}
    assert "data_dir" in gatepost("settings").out


def test_the_commented_file_is_toml(gatepost: Gatepost) -> None:
    written = gatepost("settings", "--toml").out
    assert tomllib.loads(written) == {}
    assert '# port = "8080"' in written


@pytest.mark.parametrize("command", ["serve", "settings"])
def test_a_contradiction_stops_and_names_the_field(gatepost: Gatepost, command: str) -> None:
    run = gatepost(command, "--host", "0.0.0.0")
    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("gatepost: host: 0.0.0.0 can be reached by others and there is no TLS")


@pytest.mark.parametrize("arguments", [("--no-such", "1"), ("--port",), ("--port", "1", "--port=2"), ("port", "1")])
def test_flags_that_are_none(gatepost: Gatepost, arguments: tuple[str, ...]) -> None:
    assert gatepost("serve", *arguments).code == 2


def test_flags_are_read_in_both_forms() -> None:
    known = {"data_dir": "", "port": ""}
    assert read_flags(["--data-dir", "-x", "--port=0"], known) == {"data_dir": "-x", "port": "0"}
    with pytest.raises(BadParameter):
        read_flags(["--port"], known)


ME = {"tenant": "ten_1", "key": "key_1", "scopes": ["*:*"]}


def test_a_sound_machine_is_told_so(gatepost: Gatepost, service: StandIn, tmp_path: Path) -> None:
    service.answer("GET /healthz", Reply(200, {"status": "ok"}))
    service.answer("GET /v1/me", Reply(200, ME))
    (tmp_path / "data").mkdir(mode=0o700)
    run = gatepost("doctor", "--data-dir", str(tmp_path / "data"), "--json")
    verdicts = {finding["subject"]: finding["verdict"] for finding in run.json}
    assert set(verdicts) == {"python", "settings", "data directory", "disk", "fsync", "passwords", "service", "api key"}
    assert run.code == 0
    assert "fail" not in verdicts.values()


def test_what_is_wrong_comes_with_what_to_do(gatepost: Gatepost, service: StandIn, tmp_path: Path) -> None:
    service.answer("GET /healthz", Reply(200, {"status": "ok"}))
    service.answer("GET /v1/me", problem(401, "unauthenticated", "no such key"))
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data").chmod(0o755)
    run = gatepost("doctor", "--data-dir", str(tmp_path / "data"))
    assert run.code == 1
    assert f"chmod 700 {tmp_path / 'data'}" in run.out
    assert "check the key" in run.out


def test_a_missing_service_is_one_finding(gatepost: Gatepost) -> None:
    run = gatepost("doctor", "--url", "http://127.0.0.1:1")
    assert run.code == 1
    assert "start `gatepost serve`" in run.out


def test_broken_settings_are_one_finding(gatepost: Gatepost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_PORT", "many")
    run = gatepost("doctor", "--json")
    (finding,) = [finding for finding in run.json if finding["subject"] == "settings"]
    assert finding["verdict"] == "fail"
    assert "port" in finding["detail"]
