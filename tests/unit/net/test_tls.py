"""TLS contexts from files."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gatepost.errors import InvalidSetting
from gatepost.net.tls import client_context, server_context


@pytest.fixture
def files(tmp_path: Path) -> Path:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    issued = ca.issue_cert("hooks.example")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    return tmp_path


def test_a_client_verifies_servers_and_their_names() -> None:
    context = client_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.cert_store_stats()["x509_ca"] >= 0


def test_a_client_with_a_file_trusts_nobody_else(files: Path) -> None:
    assert client_context(files / "ca.pem").cert_store_stats() == {"x509": 1, "crl": 0, "x509_ca": 1}


def test_session_keys_are_not_written_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert client_context().keylog_filename is None


def test_a_server_presents_its_certificate(files: Path) -> None:
    context = server_context(files / "server.pem", files / "key.pem")
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_files_that_do_not_work_are_told(files: Path) -> None:
    with pytest.raises(InvalidSetting):
        client_context(files / "missing.pem")
    with pytest.raises(InvalidSetting):
        client_context(files / "key.pem")
    with pytest.raises(InvalidSetting):
        server_context(files / "server.pem", files / "ca.pem")
    with pytest.raises(InvalidSetting):
        server_context(files / "ca.pem", files / "key.pem")


def test_a_key_under_a_password_is_refused_instead_of_asking_on_the_terminal(files: Path) -> None:
    key = load_pem_private_key((files / "key.pem").read_bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (files / "locked.pem").write_bytes(locked)
    with pytest.raises(InvalidSetting):
        server_context(files / "server.pem", files / "locked.pem")
