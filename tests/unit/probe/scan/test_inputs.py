"""What a person names becomes documents, or an error that says why not."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from gatepost.errors import AddressRefused, GatepostError, InvalidInput, NotFound, TooLarge
from gatepost.probe.scan import inputs
from gatepost.probe.scan.inputs import Target, document, targets

API = b"openapi: 3.1.0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "openapi.yaml": API,
        "v1/api.json": b'{"components": {}, "openapi": "3.0.0"}',
        "v1/old.yml": b"info: {}\nswagger: '2.0'\n",
        "v1/values.yaml": b"replicas: 1\n",
        "notes.txt": API,
        ".git/openapi.yaml": API,
        "node_modules/x/openapi.yaml": API,
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_folder_gives_the_descriptions_in_it(folder: Path) -> None:
    found = targets([str(folder)])
    assert [os.path.relpath(target.name, folder) for target in found] == ["openapi.yaml", "v1/api.json", "v1/old.yml"]
    assert {(target.optional, target.folder) for target in found} == {(True, folder)}


def test_a_pipe_in_a_folder_is_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    assert len(targets([str(folder)])) == 3


def test_a_folder_without_descriptions_is_refused(folder: Path) -> None:
    (folder / "v2").mkdir()
    with pytest.raises(InvalidInput, match="holds no OpenAPI document"):
        targets([str(folder / "v2")])


def test_there_is_a_bound_on_files_of_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_FILES", 2)
    with pytest.raises(TooLarge):
        targets([str(folder)])


def test_a_file_may_refer_to_what_is_below_its_folder(folder: Path) -> None:
    found = document(Target(str(folder / "openapi.yaml")))
    assert (found.data, found.folder) == (API, folder)
    wider = document(Target(str(folder / "v1" / "api.json"), folder=folder))
    assert wider.folder == folder


def test_stdin_is_a_document_without_a_place() -> None:
    found = document(Target("-"), stdin=io.BytesIO(API))
    assert (found.name, found.data, found.location, found.folder) == ("stdin", API, "", None)


def test_stdin_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_DOCUMENT_BYTES", 4)
    with pytest.raises(TooLarge):
        document(Target("-"), stdin=io.BytesIO(API))


def test_a_url_is_fetched_only_when_that_is_allowed() -> None:
    with pytest.raises(AddressRefused, match="--allow-remote"):
        document(Target("https://example.com/openapi.json"))


@pytest.mark.parametrize("name", ["gone.yaml", ".", "no:module/", "gone_module:app"])
def test_what_cannot_be_read_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((NotFound, InvalidInput)) as refused:
        document(Target(name))
    assert isinstance(refused.value, GatepostError)
    assert refused.value.detail
