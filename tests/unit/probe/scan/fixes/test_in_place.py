"""Files are replaced at once, as they were but for the fixes, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepost.errors import InvalidInput
from gatepost.probe.scan.edits import SetKey
from gatepost.probe.scan.engine import Document
from gatepost.probe.scan.fixes import in_place
from gatepost.probe.scan.fixes.repair import FileRepair
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.rule import Hit
from tests.unit.probe.scan.describing import in_file
from tests.unit.probe.scan.fixes.fixing import fixing, repaired

TEXT = "openapi: 3.1.0\ninfo: {title: é, version: '1'}\npaths: {}\n"
NOTED = TEXT + "x-note: 1\n"


def unnoted(description: Description) -> Iterator[Hit]:
    if not description.root.has("x-note"):
        yield Hit(description.root, "no note", fix=(SetKey(description.root, "x-note", 1),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "api.yaml"
    path.write_text(TEXT)
    return path


def repairs(path: Path) -> tuple[FileRepair, ...]:
    return repaired([in_file(path)], [fixing("note", unnoted)])[0].files


def test_a_file_keeps_its_permissions(path: Path) -> None:
    path.chmod(0o640)
    in_place.write(repairs(path))
    assert path.read_text() == NOTED
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_link_stays_a_link(path: Path) -> None:
    link = path.with_name("link.yaml")
    link.symlink_to(path)
    in_place.write(repairs(link))
    assert link.is_symlink()
    assert path.read_text() == NOTED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_file_keeps_its_encoding(path: Path, encoding: str) -> None:
    path.write_text(TEXT, encoding=encoding)
    in_place.write(repairs(path))
    assert path.read_bytes() == NOTED.encode(encoding)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text(TEXT + "# later\n"),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(TEXT.encode("utf-16-be")),
    ],
)
def test_a_file_that_is_another_one_by_now_is_left_alone(path: Path, change: object) -> None:
    ready = repairs(path)
    change(path)  # type: ignore[operator]
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(InvalidInput):
        in_place.write(ready)
    assert (path.read_bytes() if path.exists() else None) == before


def test_nothing_is_written_when_one_file_cannot_be(path: Path) -> None:
    other = path.with_name("other.yaml")
    other.write_text(TEXT)
    ready = (*repairs(path), *repairs(other))
    other.unlink()
    with pytest.raises(InvalidInput):
        in_place.write(ready)
    assert path.read_text() == TEXT


@pytest.mark.parametrize(
    "document", [Document("stdin", b""), Document("https://a.example/", b"", "https://a.example/")]
)
def test_what_is_no_file_is_not_edited(document: Document) -> None:
    with pytest.raises(InvalidInput, match="--patch"):
        in_place.check_is_file(document)
