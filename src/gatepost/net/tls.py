"""TLS contexts, made from files. Versions below 1.2 are never spoken (RFC 8996)."""

from __future__ import annotations

import ssl
from pathlib import Path

from gatepost.errors import InvalidSetting

ALPN = ["http/1.1"]
"""The only protocol spoken here: a server that also speaks HTTP/2 must not choose it."""


def client_context(ca_file: str | Path | None = None) -> ssl.SSLContext:
    """Verifies servers and their names, against the system's authorities or those in a PEM file.

    Raises InvalidSetting when the file cannot be used.
    """
    # Not ssl.create_default_context(): that one writes session keys to a file named by SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(ALPN)
    if ca_file is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:
        raise InvalidSetting(f"no certificates can be read from {ca_file}: {error}") from error
    return context


def server_context(certificate: str | Path, key: str | Path) -> ssl.SSLContext:
    """Presents a certificate (PEM, with its chain) under its private key; raises InvalidSetting."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(ALPN)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except OSError as error:
        raise InvalidSetting(f"the certificate {certificate} does not work with the key {key}: {error}") from error
    return context


def _no_password() -> str:
    """Without this, OpenSSL asks on the terminal, and a service hangs at its start."""
    return ""
