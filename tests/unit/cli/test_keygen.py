"""`gatepost keygen`: key pairs in files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gatepost.crypto.keys import jwk, pem
from gatepost.crypto.keys.pairs import KeyKind, PrivateKey, PublicKey, kind_of
from gatepost.crypto.secret import Secret
from tests.unit.cli.conftest import Gatepost

PASSPHRASE = "correct horse battery staple"


def private_key(file: Path, passphrase: str | None = None) -> PrivateKey:
    return pem.load_private(file.read_bytes(), None if passphrase is None else Secret(passphrase))


def public_key(file: Path) -> PublicKey:
    return pem.load_public(file.read_bytes())


@pytest.mark.parametrize("kind", KeyKind)
def test_a_pair_is_written_owner_only_and_encrypted(
    kind: KeyKind, gatepost: Gatepost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KEY_PASSPHRASE", PASSPHRASE)
    run = gatepost("keygen", kind, "-o", "key", "--passphrase-env", "KEY_PASSPHRASE")
    assert (run.code, run.err) == (0, "")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    private = private_key(tmp_path / "key", PASSPHRASE)
    public = public_key(tmp_path / "key.pub")
    assert kind_of(private) is kind
    assert private.public_key() == public
    assert jwk.thumbprint(public) in run.out
    assert sorted(os.listdir(tmp_path)) == ["key", "key.pub"]


def test_no_passphrase_must_be_said(gatepost: Gatepost, tmp_path: Path) -> None:
    run = gatepost("keygen", "x25519", "-o", "key")
    assert (run.code, "no terminal to ask at" in run.err, list(tmp_path.iterdir())) == (1, True, [])
    assert gatepost("keygen", "x25519", "-o", "key", "--no-passphrase").code == 0
    assert not pem.needs_passphrase((tmp_path / "key").read_bytes())
    assert kind_of(private_key(tmp_path / "key")) is KeyKind.X25519


def test_the_public_key_goes_to_stdout(gatepost: Gatepost, tmp_path: Path) -> None:
    run = gatepost("keygen", "ed25519", "-o", "key", "--public", "-", "--no-passphrase")
    assert pem.load_public(run.out.encode()) == private_key(tmp_path / "key").public_key()
    assert not (tmp_path / "key.pub").exists()


def test_json_has_the_public_key_as_jwk(gatepost: Gatepost, tmp_path: Path) -> None:
    document = gatepost("keygen", "p256", "-o", "key", "--no-passphrase", "--json").json
    published = jwk.load(document["jwk"])
    assert published.key == public_key(tmp_path / "key.pub")
    assert published.id == document["id"] == jwk.thumbprint(published.key)


@pytest.mark.parametrize("there", ["key", "key.pub"])
def test_what_is_there_is_not_replaced(there: str, gatepost: Gatepost, tmp_path: Path) -> None:
    (tmp_path / there).write_text("the only copy")
    run = gatepost("keygen", "x25519", "-o", "key", "--no-passphrase")
    assert (run.code, "is there already" in run.err) == (1, True)
    assert (tmp_path / there).read_text() == "the only copy"
    assert os.listdir(tmp_path) == [there]
    assert gatepost("keygen", "x25519", "-o", "key", "--no-passphrase", "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rsa", "--bits", "2048"), "3072"),
        (("x25519", "--bits", "4096"), "--bits is for RSA"),
        (("dsa",), "dsa"),
        (("x25519", "--passphrase-env", "X"), "not both"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], said: str, gatepost: Gatepost, tmp_path: Path
) -> None:
    run = gatepost("keygen", *arguments, "-o", "key", "--no-passphrase")
    assert run.code != 0
    assert said in run.err
    assert list(tmp_path.iterdir()) == []


def test_a_weak_passphrase_is_refused(gatepost: Gatepost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KEY_PASSPHRASE", "12345")
    run = gatepost("keygen", "x25519", "-o", "key", "--passphrase-env", "KEY_PASSPHRASE")
    assert (run.code, "at least 12" in run.err, list(tmp_path.iterdir())) == (1, True, [])
