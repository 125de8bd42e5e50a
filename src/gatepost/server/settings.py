"""Every setting of the service, where its value came from, and what contradicts what.

A value comes from a flag, else from `GATEPOST_<NAME>`, else from the TOML file, else it is the default.
Anything unknown or contradictory stops the start and names the field.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

from msgspec import Struct

from gatepost.errors import FieldError, InvalidSetting
from gatepost.server import values

PREFIX = "GATEPOST_"
CONFIG_FILE = "gatepost.toml"
NOT_SETTINGS = frozenset({"GATEPOST_CONFIG", "GATEPOST_URL", "GATEPOST_API_KEY", "GATEPOST_API_KEY_FILE"})
"""Variables that belong to the command line's client, or say where the settings are."""


class Setting(Struct, frozen=True):
    """How a setting is read from text, its default as a person would write it, and what it means."""

    parse: Callable[[str], Any]
    default: str
    doc: str


class Settings(Struct, frozen=True):
    """The settings of one running service. Spans are seconds, sizes bytes."""

    data_dir: Annotated[Path, Setting(values.path, "gatepost-data", "Where everything is kept; owner-only.")]
    host: Annotated[str, Setting(values.host, "127.0.0.1", "Address to listen on. Other than loopback needs TLS.")]
    port: Annotated[int, Setting(values.port, "8080", "Port to listen on; 0 takes a free one.")]
    tls_certificate: Annotated[Path | None, Setting(values.optional_path, "", "PEM file with the certificate chain.")]
    tls_key: Annotated[Path | None, Setting(values.optional_path, "", "PEM file with the private key.")]
    first_key_file: Annotated[
        Path | None,
        Setting(values.optional_path, "", "Write the first API key here, owner-only, instead of printing it."),
    ]
    master_key: Annotated[
        tuple[str, str] | None,
        Setting(
            values.key_source,
            "",
            "Where the key is that everything stored is sealed under: file:PATH, directory:PATH, env:NAME, "
            "passphrase-file:PATH or passphrase-env:NAME. By default it lies in the data directory.",
        ),
    ]
    limit: Annotated[str, Setting(values.rate, "20000/s burst 40000", "Requests that one API key may make.")]
    allow_memory: Annotated[
        bool,
        Setting(values.boolean, "false", "Whether a request may ask for an answer before its notification is on disk."),
    ]
    idempotency_keep: Annotated[float, Setting(values.span, "24h", "How long an Idempotency-Key is remembered.")]
    backlog_limit: Annotated[
        int, Setting(values.count, "5000000", "Open deliveries beyond which new notifications are refused.")
    ]
    allow_networks: Annotated[
        tuple[str, ...],
        Setting(
            values.networks, "", "Private networks that endpoints may be in, such as 10.1.0.0/16, comma-separated."
        ),
    ]
    stream_origins: Annotated[
        tuple[str, ...],
        Setting(
            values.origins, "", "Pages that may listen in a browser, such as https://app.example.com, comma-separated."
        ),
    ]
    subscription_keep: Annotated[
        float, Setting(values.span, "30d", "How long a durable subscription stays that nobody uses.")
    ]
    connect_timeout: Annotated[float, Setting(values.span, "5s", "Longest wait for a connection to an endpoint.")]
    read_timeout: Annotated[float, Setting(values.span, "15s", "Longest silence of an endpoint.")]
    total_timeout: Annotated[float, Setting(values.span, "30s", "Longest exchange with an endpoint.")]
    disable_after: Annotated[
        float, Setting(values.span, "5d", "An endpoint that fails for this long without a break is disabled.")
    ]
    payload_keep: Annotated[float, Setting(values.span, "7d", "How long payloads stay after they are delivered.")]
    payload_bytes: Annotated[int, Setting(values.size, "4GiB", "Payload bytes beyond which the oldest go earlier.")]
    delivery_keep: Annotated[float, Setting(values.span, "30d", "How long notifications and deliveries stay listed.")]
    delivery_count: Annotated[int, Setting(values.count, "20000000", "Deliveries beyond which the oldest go earlier.")]
    attempt_keep: Annotated[float, Setting(values.span, "14d", "How long single attempts stay listed.")]
    attempt_count: Annotated[int, Setting(values.count, "20000000", "Attempts beyond which the oldest go earlier.")]
    drain_timeout: Annotated[float, Setting(values.span, "20s", "Longest wait for requests in flight when stopping.")]


class Loaded(Struct, frozen=True):
    """The settings, and for each the place its value came from and the text it had there."""

    settings: Settings
    sources: dict[str, str]
    texts: dict[str, str]


def known() -> dict[str, Setting]:
    """Every setting by name, in order."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: next(arg for arg in get_args(hint) if isinstance(arg, Setting)) for name, hint in hints.items()}


def load(flags: Mapping[str, str], environ: Mapping[str, str] | None = None) -> Loaded:
    """Reads all settings. `flags` has text by name; `config` among them names the TOML file.

    Raises `InvalidSetting`.
    """
    environ = os.environ if environ is None else environ
    flags = dict(flags)
    config = flags.pop("config", None) or environ.get("GATEPOST_CONFIG")
    _refuse_unknown(flags, "the flags")
    layers = (
        ("flag", flags),
        ("environment", _from_environment(environ)),
        _from_file(config),
        ("default", {name: setting.default for name, setting in known().items()}),
    )
    texts, sources, parsed = {}, {}, {}
    for name, setting in known().items():
        source, text = next((source, layer[name]) for source, layer in layers if name in layer)
        sources[name], texts[name] = source, text
        try:
            parsed[name] = setting.parse(text)
        except ValueError as error:
            raise invalid(name, f"{error} (from {source})") from None
    settings = Settings(**parsed)
    _check(settings)
    return Loaded(settings, sources, texts)


def as_toml() -> str:
    """The commented file with every default."""
    lines = ["# Settings of Gatepost. Each can also be given as a flag or as GATEPOST_<NAME>.", ""]
    for name, setting in known().items():
        lines += [f"# {setting.doc}", f'# {name} = "{setting.default}"', ""]
    return "\n".join(lines)


def invalid(name: str, why: str) -> InvalidSetting:
    return InvalidSetting(f"{name}: {why}", errors=(FieldError(why, f"/{name}"),))


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    found = {
        variable.removeprefix(PREFIX).lower(): text
        for variable, text in environ.items()
        if variable.startswith(PREFIX) and variable not in NOT_SETTINGS
    }
    _refuse_unknown(found, "the environment")
    return found


def _from_file(config: str | None) -> tuple[str, dict[str, str]]:
    path = Path(config or CONFIG_FILE)
    if config is None and not path.exists():
        return "", {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise invalid("config", f"{path} cannot be read: {error}") from None
    _refuse_unknown(document, str(path))
    return str(path), {name: _as_text(name, value) for name, value in document.items()}


def _as_text(name: str, value: object) -> str:
    if isinstance(value, list):
        return ",".join(_as_text(name, item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise invalid(name, "must be a string, a number, a boolean or a list of these")


def _refuse_unknown(found: Mapping[str, object], place: str) -> None:
    names = known()
    for name in found:
        if name not in names:
            raise invalid(name, f"is no setting of Gatepost (in {place}); `gatepost settings` lists them")


def _check(settings: Settings) -> None:
    """What contradicts what."""
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        missing = "tls_key" if settings.tls_key is None else "tls_certificate"
        raise invalid(missing, "tls_certificate and tls_key must be given together")
    if settings.tls_certificate is None and not ip_address(settings.host).is_loopback:
        raise invalid(
            "host",
            f"{settings.host} can be reached by others and there is no TLS: keys and payloads would be readable. "
            "Give tls_certificate and tls_key, or listen on 127.0.0.1 and put a TLS proxy on this host in front",
        )
    if settings.total_timeout < max(settings.connect_timeout, settings.read_timeout):
        raise invalid("total_timeout", "must be at least connect_timeout and read_timeout")
    if settings.delivery_keep < max(settings.payload_keep, settings.attempt_keep):
        raise invalid("delivery_keep", "must be at least payload_keep and attempt_keep")
