"""Sealing, opening, keyrings and hashes from the command line."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gatepost.clock import SystemClock
from gatepost.crypto.keys import pem
from gatepost.crypto.secret import Secret
from tests.unit.cli.conftest import Gatepost

PASSPHRASE = "correct horse battery staple"
MESSAGE = b"database_url = postgresql://app:hunter2@db/app\n" * 3000


@pytest.fixture
def plain(gatepost: Gatepost, tmp_path: Path) -> Path:
    """A file to seal. The working directory holds it, a passphrase, and a key."""
    owner_only(tmp_path / "passphrase", PASSPHRASE + "\n")
    owner_only(tmp_path / "key", "0f" * 32)
    plain = tmp_path / "plain"
    plain.write_bytes(MESSAGE)
    return plain


def owner_only(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)


WAYS = {
    "passphrase": ("--passphrase-file", "passphrase"),
    "pbkdf2": ("--passphrase-file", "passphrase", "--pbkdf2"),
    "variable": ("--passphrase-env", "PASSPHRASE_OF_TEST"),
    "key": ("--key-file", "key"),
    "keyring": ("--keyring", "ring", "--key-file", "key"),
    "fernet": ("--fernet", "--key-file", "fernet-keys"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_was_sealed_opens(
    gatepost: Gatepost, plain: Path, way: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPHRASE_OF_TEST", PASSPHRASE)
    owner_only(Path("fernet-keys"), "".join(f"{Fernet.generate_key().decode()}\n" for _ in range(2)))
    gatepost("keyring", "create", "ring", "--key-file", "key")
    assert gatepost("seal", "plain", "-o", "sealed", *way).code == 0
    assert b"hunter2" not in Path("sealed").read_bytes()
    opening = [word for word in way if word != "--pbkdf2"]
    assert gatepost("open", "sealed", "-o", "opened", *opening).code == 0
    assert Path("opened").read_bytes() == MESSAGE
    for file in ("sealed", "opened", "ring"):
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600


def make_pair(private: Path, public: Path, passphrase: Secret[str] | None) -> None:
    pair = X25519PrivateKey.generate()
    private.touch(0o600)
    private.write_bytes(pem.dump_private(pair, passphrase, SystemClock()))
    public.write_bytes(pem.dump_public(pair.public_key()))


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_what_was_sealed_for_a_recipient_opens_with_the_private_key(
    gatepost: Gatepost, plain: Path, passphrase: str | None
) -> None:
    make_pair(Path("private.pem"), Path("public.pem"), Secret(passphrase) if passphrase else None)
    assert gatepost("seal", "plain", "-o", "sealed", "--to", "public.pem").code == 0
    told = gatepost("open", "sealed", "-o", "opened", "--key-file", "key").err
    assert "the private key of its recipient opens this - give --identity" in told
    way = ("--identity", "private.pem", *(("--passphrase-file", "passphrase") if passphrase else ()))
    assert gatepost("open", "sealed", "-o", "opened", *way).code == 0
    assert Path("opened").read_bytes() == MESSAGE


def test_another_identity_does_not_open_it(gatepost: Gatepost, plain: Path) -> None:
    make_pair(Path("private.pem"), Path("public.pem"), None)
    make_pair(Path("other.pem"), Path("other-public.pem"), None)
    gatepost("seal", "plain", "-o", "sealed", "--to", "public.pem")
    assert gatepost("open", "sealed", "-o", "opened", "--identity", "other.pem").code == 1
    Path("private.pem").chmod(0o644)
    assert "chmod 600" in gatepost("open", "sealed", "-o", "opened", "--identity", "private.pem").err


def test_our_fernet_tokens_are_read_by_fernet(gatepost: Gatepost, plain: Path) -> None:
    key = Fernet.generate_key()
    owner_only(Path("fernet-keys"), key.decode())
    gatepost("seal", "plain", "-o", "token", "--fernet", "--key-file", "fernet-keys")
    assert Fernet(key).decrypt(Path("token").read_bytes(), ttl=60) == MESSAGE


def test_a_blob_of_cfb8_opens_with_a_warning(gatepost: Gatepost, plain: Path) -> None:
    Path("blob").write_bytes(bytes.fromhex("000102030405060708090a0b0c0d0e0f25ff9379a1"))
    owner_only(Path("old"), "hunter2")
    run = gatepost("open", "blob", "-o", "opened", "--cfb8", "--passphrase-file", "old")
    assert (run.code, Path("opened").read_bytes()) == (0, b"hello")
    assert "nobody can tell whether this was changed" in run.err


@pytest.mark.parametrize("size", [0, 20, 90, 100_000])
def test_what_is_broken_leaves_no_file(gatepost: Gatepost, plain: Path, size: int) -> None:
    gatepost("seal", "plain", "-o", "sealed", "--key-file", "key")
    Path("sealed").write_bytes(Path("sealed").read_bytes()[:size])
    before = set(os.listdir())
    run = gatepost("open", "sealed", "-o", "opened", "--key-file", "key")
    assert run.code == 1
    assert run.err.startswith("gatepost: ")
    assert set(os.listdir()) == before


def test_another_context_does_not_open_it(gatepost: Gatepost, plain: Path) -> None:
    gatepost("seal", "plain", "-o", "sealed", "--key-file", "key", "--context", "eu")
    assert gatepost("open", "sealed", "-o", "opened", "--key-file", "key", "--context", "us").code == 1
    assert gatepost("open", "sealed", "-o", "opened", "--key-file", "key", "--context", "eu").code == 0


def test_a_file_that_is_there_is_replaced_only_when_told(gatepost: Gatepost, plain: Path) -> None:
    gatepost("seal", "plain", "-o", "sealed", "--key-file", "key")
    refused = gatepost("open", "sealed", "-o", "plain", "--key-file", "key")
    assert (refused.code, "--force" in refused.err) == (1, True)
    assert gatepost("open", "sealed", "-o", "plain", "--key-file", "key", "--force").code == 0
    device = gatepost("open", "sealed", "-o", "/dev/null", "--key-file", "key", "--force")
    assert device.code == 1


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (("--passphrase-file", "passphrase"), "a keyring opens this"),
        (("--keyring", "ring", "--passphrase-file", "passphrase"), "another key or passphrase"),
        (("--keyring", "plain", "--key-file", "key"), "is no keyring"),
    ],
)
def test_what_would_open_it_is_told(gatepost: Gatepost, plain: Path, way: tuple[str, ...], told: str) -> None:
    plain.chmod(0o600)
    gatepost("keyring", "create", "ring", "--key-file", "key")
    gatepost("seal", "plain", "-o", "sealed", "--keyring", "ring", "--key-file", "key")
    run = gatepost("open", "sealed", "-o", "opened", *way)
    assert (run.code, told in run.err) == (1, True), run.err


@pytest.mark.parametrize("name", ["key", "passphrase"])
def test_a_secret_that_others_may_read_is_refused_with_what_to_run(gatepost: Gatepost, plain: Path, name: str) -> None:
    Path(name).chmod(0o640)
    run = gatepost("seal", "plain", "-o", "sealed", f"--{name}-file", name)
    assert (run.code, run.err) == (1, f"gatepost: others may read {name} - chmod 600 {name}\n")


@pytest.mark.parametrize(
    ("written", "told"),
    [("short\n", "at least 12 characters"), ("\n", "holds no secret"), ("x" * 70_000, "too large")],
)
def test_what_is_no_passphrase_is_told(gatepost: Gatepost, plain: Path, written: str, told: str) -> None:
    owner_only(Path("bad"), written)
    run = gatepost("seal", "plain", "-o", "sealed", "--passphrase-file", "bad")
    assert (run.code, told in run.err) == (1, True), run.err
    assert not Path("sealed").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("seal", "plain", "--key-file", "key", "--passphrase-file", "passphrase"),
        ("seal", "plain", "--fernet", "--key-file", "key", "--context", "eu"),
        ("open", "plain", "--fernet", "--cfb8", "--key-file", "key"),
        ("keyring", "create", "ring", "--new-key-file", "new", "--key-file", "key"),
        ("seal", "plain", "--to", "key", "--key-file", "key"),
        ("open", "plain", "--identity", "key", "--key-file", "key"),
        ("open", "plain", "--cfb8", "--identity", "key"),
        ("seal", "plain", "--passphrase", PASSPHRASE),
        ("verify-hash", "--secret-file", "key"),
        ("hash", "--secret-file", "key", "--secret-env", "KEY"),
    ],
)
def test_contradictions_and_secrets_as_arguments_are_refused(
    gatepost: Gatepost, plain: Path, words: tuple[str, ...]
) -> None:
    assert gatepost(*words).code == 2


def states(gatepost: Gatepost) -> dict[int, str]:
    shown = gatepost("keyring", "show", "ring", "--key-file", "key", "--json").json
    return {key["key"]: key["state"] for key in shown}


def test_a_ring_from_its_making_to_the_end_of_its_first_key(gatepost: Gatepost, plain: Path) -> None:
    Path("key").unlink()
    assert gatepost("keyring", "create", "ring", "--new-key-file", "key").code == 0
    opened_by = ("--key-file", "key")
    gatepost("seal", "plain", "-o", "sealed", "--keyring", "ring", *opened_by)
    gatepost("keyring", "rotate", "ring", *opened_by)
    assert states(gatepost) == {1: "enabled", 2: "primary"}
    assert gatepost("keyring", "rewrap-file", "ring", "sealed", *opened_by).out == "sealed: rewrapped\n"
    assert gatepost("keyring", "rewrap-file", "ring", "sealed", *opened_by).out == "sealed: up to date\n"
    gatepost("keyring", "disable", "ring", "1", *opened_by)
    gatepost("keyring", "enable", "ring", "1", *opened_by)
    assert states(gatepost) == {1: "enabled", 2: "primary"}
    assert gatepost("keyring", "destroy", "ring", "1", *opened_by).code == 1
    gatepost("keyring", "destroy", "ring", "1", "--yes", *opened_by)
    assert states(gatepost) == {1: "destroyed", 2: "primary"}
    assert gatepost("open", "sealed", "-o", "opened", "--keyring", "ring", *opened_by).code == 0
    assert Path("opened").read_bytes() == MESSAGE


def test_a_file_under_a_destroyed_key_is_named(gatepost: Gatepost, plain: Path) -> None:
    opened_by = ("--key-file", "key")
    gatepost("keyring", "create", "ring", *opened_by)
    gatepost("seal", "plain", "-o", "sealed", "--keyring", "ring", *opened_by)
    gatepost("keyring", "rotate", "ring", *opened_by)
    gatepost("keyring", "destroy", "ring", "1", "--yes", *opened_by)
    run = gatepost("keyring", "rewrap-file", "ring", "sealed", *opened_by)
    assert (run.code, run.err.startswith("gatepost: sealed: ")) == (1, True)


@pytest.mark.parametrize("algorithm", ["argon2id", "bcrypt", "sha256"])
def test_a_hash_tells_the_secret_from_others(gatepost: Gatepost, plain: Path, algorithm: str) -> None:
    Path("hash").write_text(gatepost("hash", "--algorithm", algorithm, stdin=b"hunter2\n").out)
    assert gatepost("verify-hash", "--hash-file", "hash", stdin=b"hunter2").code == 0
    wrong = gatepost("verify-hash", "--hash-file", "hash", "--json", stdin=b"hunter3")
    assert (wrong.code, wrong.json) == (1, {"matches": False, "fresh_hash": None})


def test_a_weak_hash_is_made_anew(gatepost: Gatepost, plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASH", gatepost("hash", "--algorithm", "bcrypt", stdin=b"hunter2").out)
    fresh = gatepost("verify-hash", "--hash-env", "HASH", "--json", stdin=b"hunter2").json["fresh_hash"]
    assert fresh.startswith("$argon2id$")
    kept = gatepost("verify-hash", "--hash-env", "HASH", "--algorithm", "bcrypt", "--json", stdin=b"hunter2").json
    assert kept == {"matches": True, "fresh_hash": None}


def test_what_is_no_hash_is_an_error(gatepost: Gatepost, plain: Path) -> None:
    run = gatepost("verify-hash", "--hash-env", "NO_SUCH", stdin=b"hunter2")
    assert (run.code, "NO_SUCH is not set" in run.err) == (1, True)
    run = gatepost("verify-hash", "--hash-file", "key", stdin=b"hunter2")
    assert run.code == 1
