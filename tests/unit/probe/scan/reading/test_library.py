"""References lead where they should, and never where a scanner must not go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatepost.errors import AddressRefused
from gatepost.probe.scan.reading import library
from gatepost.probe.scan.reading.library import Access, Library
from gatepost.probe.scan.reading.node import Node, Source
from gatepost.probe.scan.reading.remote import refuse


def opened(path: Path, folder: Path | None = None, **access: object) -> Source:
    found = Library(Access(folder or path.parent, **access))  # type: ignore[arg-type]
    source = found.add(path.name, path.read_bytes(), os.path.realpath(path))
    found.resolve()
    return source


def told(source: Source) -> list[tuple[str, str]]:
    return [(fault.kind, fault.place.pointer) for fault in source.faults]


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    return tmp_path / "api" / "openapi.yaml"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def inside(tmp_path: Path, text: str) -> Source:
    return opened(write(tmp_path / "api.yaml", text))


def value(source: Source, *names: str | int) -> object:
    found = source.root.get(*names)
    return found.plain() if found is not None else None


def test_a_reference_inside_is_followed_through_others(tmp_path: Path) -> None:
    source = inside(tmp_path, "a: {$ref: '#/b'}\nb: {$ref: '#/c/d~1e%20f'}\nc: {d/e f: 7}\nx: {$ref: '#/a'}\n")
    assert (value(source, "a"), value(source, "x"), source.faults) == (7, 7, [])


def test_a_pointer_may_pass_through_a_reference(tmp_path: Path) -> None:
    source = inside(tmp_path, "a: {$ref: '#/b/inner/x'}\nb: {$ref: '#/c'}\nc: {inner: {x: 7}}\n")
    assert (value(source, "a"), source.faults) == (7, [])


@pytest.mark.parametrize(
    "text",
    [
        "a: {$ref: '#/gone'}",
        "a: {$ref: '#/b/9'}\nb: [1]",
        "a: {$ref: '#name'}",
        "a: {$ref: 'gone.yaml#/x'}",
        "a: {$ref: 'http://[::1'}",
        "a: {$ref: '#/a'}",
        "a: {$ref: '#/b'}\nb: {$ref: '#/a'}",
    ],
)
def test_a_reference_that_leads_nowhere_is_told_where_it_stands(tmp_path: Path, text: str) -> None:
    source = inside(tmp_path, text)
    assert ("document-broken-ref", "/a/$ref") in told(source)
    assert value(source, "a", "b") is None


def test_a_reference_in_an_example_is_data(tmp_path: Path) -> None:
    text = """
example: {$ref: '#/gone'}
x-own: {$ref: '#/gone'}
examples: {a: {value: {$ref: '#/gone'}}}
properties: {example: {$ref: '#/x'}}
"""
    assert told(inside(tmp_path, text)) == [("document-broken-ref", "/properties/example/$ref")]


def test_other_files_are_read_relative_to_the_one_that_refers(entry: Path) -> None:
    write(entry, "a: {$ref: 'parts/one.yaml#/x'}\n")
    write(entry.parent / "parts" / "one.yaml", "x: {$ref: 'two.json'}\n")
    write(entry.parent / "parts" / "two.json", '{"deep": {"$ref": "../openapi.yaml#/b"}}')
    entry.write_text(entry.read_text() + "b: 7\n")
    source = opened(entry)
    deep = source.root.get("a", "deep")
    assert (deep and deep.value, source.faults) == (7, [])
    found = source.root.get("a")
    assert isinstance(found, Node)
    assert found.file == "parts/two.json"


@pytest.mark.parametrize(
    "reference", ["../secret.yaml", "/etc/hostname", "file:///etc/hostname", "a/../../secret.yaml"]
)
def test_no_file_outside_the_folder_is_opened(entry: Path, reference: str) -> None:
    write(entry.parent.parent / "secret.yaml", "password: hunter2\n")
    source = opened(write(entry, f"a: {{$ref: '{reference}'}}\n"))
    assert told(source) == [("document-outside-ref", "/a/$ref")]
    assert "hunter2" not in repr(source.faults)


def test_a_link_does_not_lead_out_of_the_folder(entry: Path) -> None:
    secret = write(entry.parent.parent / "secret.yaml", "password: hunter2\n")
    write(entry, "a: {$ref: link.yaml}\n")
    (entry.parent / "link.yaml").symlink_to(secret)
    assert told(opened(entry)) == [("document-outside-ref", "/a/$ref")]


def test_a_wider_folder_can_be_allowed(entry: Path) -> None:
    write(entry.parent.parent / "common.yaml", "x: 7\n")
    source = opened(write(entry, "a: {$ref: '../common.yaml#/x'}\n"), entry.parent.parent)
    assert (value(source, "a"), source.faults) == (7, [])


def test_only_yaml_and_json_files_are_opened(entry: Path) -> None:
    write(entry.parent / ".env", "SECRET=1\n")
    assert told(opened(write(entry, "a: {$ref: .env}\n"))) == [("document-broken-ref", "/a/$ref")]


def test_a_pipe_is_not_opened(entry: Path) -> None:
    write(entry, "a: {$ref: pipe.yaml}\n")
    os.mkfifo(entry.parent / "pipe.yaml")
    assert told(opened(entry)) == [("document-broken-ref", "/a/$ref")]


def test_a_document_without_a_file_has_no_files_beside_it() -> None:
    found = Library(Access())
    source = found.add("stdin", b"a: {$ref: other.yaml}\n")
    found.resolve()
    assert told(source) == [("document-broken-ref", "/a/$ref")]


def test_other_machines_are_asked_only_when_that_is_allowed(entry: Path) -> None:
    write(entry, "a: {$ref: 'https://example.com/x.yaml#/b'}\n")
    assert told(opened(entry, fetch=refuse)) == [("document-remote-ref", "/a/$ref")]


def test_fetched_documents_refer_to_their_neighbours_and_never_to_files(entry: Path) -> None:
    served = {
        "https://example.com/v1/x.yaml": b"b: {$ref: 'y.yaml#/c'}\nd: {$ref: 'file:///etc/hostname'}\n",
        "https://example.com/v1/y.yaml": b"c: 7\n",
    }
    source = opened(write(entry, "a: {$ref: 'https://example.com/v1/x.yaml'}\n"), fetch=served.__getitem__)
    remote = source.root.get("a")
    assert remote is not None
    assert (remote.number("b"), remote.file) == (7, "https://example.com/v1/x.yaml")
    assert told(remote.source) == [("document-outside-ref", "/d/$ref")]


def test_a_document_that_cannot_be_had_is_asked_for_once(entry: Path) -> None:
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        raise AddressRefused

    source = opened(write(entry, "a: {$ref: 'http://x/y'}\nb: {$ref: 'http://x/y#/z'}\n"), fetch=fetch)
    assert (len(asked), len(source.faults)) == (1, 2)


def test_there_is_a_bound_on_files(entry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "MAX_FILES", 2)
    for number in range(3):
        write(entry.parent / f"{number}.yaml", "x: 1")
    source = opened(write(entry, "\n".join(f"a{number}: {{$ref: '{number}.yaml'}}" for number in range(3))))
    assert [pointer for _, pointer in told(source)] == ["/a1/$ref", "/a2/$ref"]


def test_ids_and_anchors_name_schemas(tmp_path: Path) -> None:
    source = inside(
        tmp_path,
        """
        a: {$ref: 'https://example.com/thing'}
        b: {$ref: '#spot'}
        c: {$ref: 'https://example.com/thing#/properties/x'}
        schemas:
          thing:
            $id: https://example.com/thing
            properties:
              x: {type: string}
              y: {$ref: '#/properties/x'}
              z: {$ref: '#/schemas/other'}
          other: {$anchor: spot, type: integer}
        """,
    )
    assert source.faults == []
    assert [source.root.text(*path, "type") for path in (("b",), ("c",), ("a", "properties", "y"))] == [
        "integer",
        "string",
        "string",
    ]
    assert source.root.text("a", "properties", "z", "type") == "integer"


def test_the_mapping_of_a_discriminator_refers_too(tmp_path: Path) -> None:
    text = "a: {discriminator: {mapping: {x: '#/components/schemas/X', y: X, z: gone}}}\ncomponents: {schemas: {X: {}}}"
    source = inside(tmp_path, text)
    mapping = source.root.get("a", "discriminator", "mapping")
    assert mapping is not None
    assert [child.target is not None for _, child in mapping.entries()] == [True, True, False]
    assert told(source) == [("document-broken-ref", "/a/discriminator/mapping/z")]
