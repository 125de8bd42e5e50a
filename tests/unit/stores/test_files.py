"""The data directory: owner-only, one service at a time, secrets in files that nobody else can read or plant."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gatepost.clock import SystemClock
from gatepost.crypto.master import LocalMasterKey
from gatepost.crypto.pepper import PepperRing
from gatepost.crypto.secret import Secret
from gatepost.errors import DataDamaged, DataDirectoryInUse, DataDirectoryUnsafe, DataSealed, StartRefused
from gatepost.stores.files import (
    MAX_SECRET_FILE_BYTES,
    DirectoryLock,
    load_keyring,
    load_pepper,
    open_directory,
    read_secret,
    write_secret,
)
from tests.unit.clocks import HandClock
from tests.vaults import KEYRING

HOLD = """
import sys
from pathlib import Path
from gatepost.stores.files import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""

MASTER = LocalMasterKey(Secret(bytes(32)))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# The directory


def test_a_new_directory_is_owner_only(tmp_path: Path) -> None:
    made = open_directory(tmp_path / "some" / "where")
    assert mode(made) == 0o700
    assert open_directory(made) == made


@pytest.mark.parametrize("permissions", [0o755, 0o750, 0o701, 0o710, 0o720])
def test_a_directory_that_others_may_enter_is_refused(tmp_path: Path, permissions: int) -> None:
    tmp_path.chmod(permissions)
    with pytest.raises(DataDirectoryUnsafe, match="chmod 700"):
        open_directory(tmp_path)


def test_a_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(DataDirectoryUnsafe, match="another user"):
        open_directory(tmp_path)


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_what_is_no_directory_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartRefused, match="data directory"):
        open_directory(tmp_path / path)


# The lock


def test_a_second_service_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DataDirectoryInUse, match=f"process {holder.pid} "):
            DirectoryLock(tmp_path)
        holder.kill()
    DirectoryLock(tmp_path).release()  # however the holder ended


def test_a_released_directory_can_be_locked_again(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    with pytest.raises(DataDirectoryInUse, match=f"process {os.getpid()} "):
        DirectoryLock(tmp_path)
    lock.release()
    DirectoryLock(tmp_path).release()
    assert mode(tmp_path / "lock") == 0o600


# Secret files


def test_the_pepper_is_made_once_and_kept(tmp_path: Path) -> None:
    clock = HandClock()
    first = load_pepper(tmp_path, KEYRING, clock, may_make=True)
    assert mode(tmp_path / "pepper") == 0o600
    for may_make in (True, False):
        assert load_pepper(tmp_path, KEYRING, clock, may_make=may_make).digest(b"key") == first.digest(b"key")


def test_a_pepper_that_keys_depend_on_is_missed_and_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(DataDamaged, match="pepper is missing"):
        load_pepper(tmp_path, KEYRING, HandClock(), may_make=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("permissions", [0o640, 0o604, 0o660])
def test_a_pepper_that_others_may_read_is_refused(tmp_path: Path, permissions: int) -> None:
    load_pepper(tmp_path, KEYRING, HandClock(), may_make=True)
    (tmp_path / "pepper").chmod(permissions)
    with pytest.raises(DataDirectoryUnsafe, match="chmod 600"):
        load_pepper(tmp_path, KEYRING, HandClock(), may_make=True)


@pytest.mark.parametrize("content", [b"", b"v1:abc\n", b"\xff\xfe"])
def test_a_damaged_pepper_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    write_secret(tmp_path / "pepper", "")
    (tmp_path / "pepper").write_bytes(content)
    with pytest.raises(StartRefused):
        load_pepper(tmp_path, KEYRING, HandClock(), may_make=True)
    assert (tmp_path / "pepper").read_bytes() == content


def test_a_pepper_from_before_there_were_seals_is_sealed_when_it_is_read(tmp_path: Path) -> None:
    ring = PepperRing.new(SystemClock())
    write_secret(tmp_path / "pepper", ring.dumps())
    assert load_pepper(tmp_path, KEYRING, SystemClock(), may_make=False).digest(b"key") == ring.digest(b"key")
    assert "v1:" not in (tmp_path / "pepper").read_text()
    assert load_pepper(tmp_path, KEYRING, SystemClock(), may_make=False).digest(b"key") == ring.digest(b"key")


# The keyring


def test_the_keyring_is_made_once_and_opens_again(tmp_path: Path) -> None:
    made = load_keyring(tmp_path, MASTER, SystemClock(), may_make=True)
    sealed = made.seal(b"42", b"place", SystemClock())
    assert load_keyring(tmp_path, MASTER, SystemClock(), may_make=False).open(sealed, b"place") == b"42"
    assert mode(tmp_path / "keyring") == 0o600


def test_a_keyring_that_is_missing_beside_sealed_data_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(DataSealed, match="keyring is missing"):
        load_keyring(tmp_path, MASTER, SystemClock(), may_make=False)
    assert list(tmp_path.iterdir()) == []


def test_another_master_key_is_refused_and_told_why(tmp_path: Path) -> None:
    load_keyring(tmp_path, MASTER, SystemClock(), may_make=True)
    before = (tmp_path / "keyring").read_bytes()
    with pytest.raises(DataSealed, match="does not open"):
        load_keyring(tmp_path, LocalMasterKey(Secret(b"\1" * 32)), SystemClock(), may_make=True)
    assert (tmp_path / "keyring").read_bytes() == before


def test_a_keyring_that_is_no_text_of_ours_is_damage(tmp_path: Path) -> None:
    write_secret(tmp_path / "keyring", "!!!")
    with pytest.raises(DataDamaged, match="was changed"):
        load_keyring(tmp_path, MASTER, SystemClock(), may_make=True)


def test_a_secret_comes_back_as_it_was_written_and_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "key"
    for text in ("first\n", "second\n"):
        write_secret(path, text)
        assert read_secret(path) == text
    assert mode(path) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_what_lies_in_the_way_of_a_secret_is_not_written_into(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("as it was")
    (tmp_path / "key.new").symlink_to(theirs)
    write_secret(tmp_path / "key", "secret")
    assert theirs.read_text() == "as it was"
    assert not (tmp_path / "key").is_symlink()

    (tmp_path / "key.new").write_text("left over")
    (tmp_path / "key.new").chmod(0o644)
    write_secret(tmp_path / "key", "secret")
    assert mode(tmp_path / "key") == 0o600


def test_only_the_beginning_of_a_huge_file_is_read(tmp_path: Path) -> None:
    write_secret(tmp_path / "key", "x" * (MAX_SECRET_FILE_BYTES + 1))
    assert len(read_secret(tmp_path / "key")) == MAX_SECRET_FILE_BYTES
