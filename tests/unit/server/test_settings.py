"""Where a setting comes from, what is unknown, and what contradicts what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from gatepost.errors import InvalidSetting
from gatepost.server.settings import NOT_SETTINGS, Settings, as_toml, known, load

NOTHING: dict[str, str] = {}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file of the working directory takes part."""
    monkeypatch.chdir(tmp_path)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def refusal(flags: Mapping[str, str], environ: Mapping[str, str] = NOTHING) -> InvalidSetting:
    with pytest.raises(InvalidSetting) as caught:
        load(flags, environ)
    return caught.value


def defaults() -> Settings:
    return load({}, NOTHING).settings


# Where a value comes from


def test_a_flag_goes_before_the_environment_before_the_file_before_the_default(tmp_path: Path) -> None:
    config = write(tmp_path / "own.toml", 'port = 3\nhost = "127.0.0.3"\nlimit = "3/s"\n')
    environ = {"GATEPOST_PORT": "2", "GATEPOST_HOST": "127.0.0.2", "GATEPOST_CONFIG": config}
    loaded = load({"port": "1"}, environ)
    assert (loaded.settings.port, loaded.settings.host, loaded.settings.limit) == (1, "127.0.0.2", "3/s")
    assert {name: loaded.sources[name] for name in ("port", "host", "limit", "data_dir")} == {
        "port": "flag",
        "host": "environment",
        "limit": config,
        "data_dir": "default",
    }
    assert loaded.texts["host"] == "127.0.0.2"


def test_the_file_of_the_working_directory_is_read_if_it_is_there(tmp_path: Path) -> None:
    assert load({}, NOTHING).settings.port == 8080
    write(tmp_path / "gatepost.toml", "port = 3")
    assert load({}, NOTHING).sources["port"] == "gatepost.toml"


def test_the_flag_names_the_file_before_the_environment(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one.toml", "port = 1"), write(tmp_path / "other.toml", "port = 2")
    assert load({"config": one}, {"GATEPOST_CONFIG": other}).settings.port == 1


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    assert "cannot be read" in refusal({"config": str(tmp_path / "missing.toml")}).detail


@pytest.mark.parametrize("text", ["port = ", "\x00", "port = 1\nport = 2"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    assert "cannot be read" in refusal({"config": write(tmp_path / "own.toml", text)}).detail


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("port = 9", "port", 9),
        ("allow_memory = true", "allow_memory", True),
        ('allow_networks = ["10.0.0.0/8", "fd00::/8"]', "allow_networks", ("10.0.0.0/8", "fd00::/8")),
        ("allow_networks = []", "allow_networks", ()),
        ('connect_timeout = "250ms"', "connect_timeout", 0.25),
    ],
)
def test_values_of_toml_mean_what_they_look_like(tmp_path: Path, line: str, name: str, value: object) -> None:
    assert getattr(load({"config": write(tmp_path / "own.toml", line)}, NOTHING).settings, name) == value


@pytest.mark.parametrize("line", ["port = 2026-11-22", "[port]\nx = 1", "port = [{}]", "port = nan", "port = 1.5"])
def test_values_of_other_kinds_are_refused(tmp_path: Path, line: str) -> None:
    assert refusal({"config": write(tmp_path / "own.toml", line)}).errors[0].pointer == "/port"


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GATEPOST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEPOST_PORT", "4")
    assert load({}).settings.port == 4


# What is unknown


@pytest.mark.parametrize("place", ["flag", "environment", "file"])
def test_unknown_names_are_refused_wherever_they_stand(tmp_path: Path, place: str) -> None:
    flags = {"prot": "1"} if place == "flag" else {}
    environ = {"GATEPOST_PROT": "1"} if place == "environment" else {}
    if place == "file":
        write(tmp_path / "gatepost.toml", "prot = 1")
    error = refusal(flags, environ)
    assert error.errors[0].pointer == "/prot"
    assert "is no setting" in error.detail


def test_variables_of_the_client_and_of_others_are_no_settings() -> None:
    environ = dict.fromkeys([*NOT_SETTINGS - {"GATEPOST_CONFIG"}, "PORT", "GATEPOSTX", "gatepost_port"], "anything")
    assert load({}, environ).settings == defaults()


@pytest.mark.parametrize("name", sorted(known()))
def test_a_bad_value_names_its_setting_and_its_place(name: str) -> None:
    bad = "~nobody-of-this-name/x"  # neither a path nor anything else
    error = refusal({}, {f"GATEPOST_{name.upper()}": bad})
    assert error.errors[0].pointer == f"/{name}"
    assert "(from environment)" in error.detail


# What contradicts what


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "::ffff:7f00:1"])
def test_others_can_reach_it_only_over_tls(host: str) -> None:
    assert refusal({"host": host}).errors[0].pointer == "/host"
    secured = {"host": host, "tls_certificate": "cert.pem", "tls_key": "key.pem"}
    assert load(secured, NOTHING).settings.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_tls(host: str) -> None:
    load({"host": host}, NOTHING)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"tls_certificate": "cert.pem"}, "tls_key"),
        ({"tls_key": "key.pem"}, "tls_certificate"),
        ({"total_timeout": "10s"}, "total_timeout"),
        ({"connect_timeout": "31s"}, "total_timeout"),
        ({"delivery_keep": "6d"}, "delivery_keep"),
        ({"attempt_keep": "31d"}, "delivery_keep"),
    ],
)
def test_contradictions_name_a_field(flags: dict[str, str], named: str) -> None:
    assert refusal(flags).errors[0].pointer == f"/{named}"


# The commented file


def test_the_commented_file_changes_nothing(tmp_path: Path) -> None:
    loaded = load({"config": write(tmp_path / "own.toml", as_toml())}, NOTHING)
    assert loaded.settings == defaults()
    assert set(loaded.sources.values()) == {"default"}


def test_uncommented_it_gives_the_defaults(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") if " = " in line else line for line in as_toml().splitlines()]
    config = write(tmp_path / "own.toml", "\n".join(lines))
    loaded = load({"config": config}, NOTHING)
    assert loaded.settings == defaults()
    assert set(loaded.sources.values()) == {config}


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, setting in known().items() if not setting.doc.endswith(".")] == []
