"""Overlays change what is scanned, and what they add is found in their own file."""

from __future__ import annotations

import pytest

from gatepost.errors import InvalidInput, TooLarge
from gatepost.probe.scan.reading import overlay
from gatepost.probe.scan.reading.node import Source
from gatepost.probe.scan.reading.source_text import decode
from gatepost.probe.scan.reading.yaml_reader import read

DOCUMENT = """
paths:
  /a: {get: {tags: [x], parameters: [{name: a}, {name: b}]}}
  /b: {get: {tags: [y]}}
servers: [{url: http://a}]
"""


def applied(actions: str, document: str = DOCUMENT) -> tuple[Source, list[str]]:
    target, changes = (
        decode("api.yaml", document.encode()),
        decode("overlay.yaml", f"overlay: 1.0.0\n{actions}".encode()),
    )
    for source in (target, changes):
        read(source)
    return target, [fault.message for fault in overlay.apply(changes, target)]


def test_an_update_is_merged_into_every_match() -> None:
    document, idle = applied("actions: [{target: $.paths.*.get, update: {tags: [z], security: []}}]")
    assert idle == []
    for path, own in (("/a", "x"), ("/b", "y")):
        operation = document.root.get("paths", path, "get")
        assert operation is not None
        assert operation.texts("tags") == (own, "z")
        assert operation.has("security")


def test_what_is_added_stands_in_the_file_of_the_overlay() -> None:
    document, _ = applied("actions:\n- target: $.paths['/a'].get\n  update:\n    security: [{key: []}]\n")
    added = document.root.get("paths", "/a", "get", "security")
    assert added is not None
    assert (added.file, added.line, added.pointer) == ("overlay.yaml", 5, "/actions/0/update/security")


def test_an_update_of_one_match_does_not_change_the_others() -> None:
    document, _ = applied(
        "actions:\n- {target: $.paths.*.get, update: {security: []}}\n"
        "- {target: \"$.paths['/a'].get.security\", update: {key: []}}\n"
    )
    lengths = [
        len(list(node.items()))
        for path in ("/a", "/b")
        if (node := document.root.get("paths", path, "get", "security"))
    ]
    assert lengths == [1, 0]


def test_removal_takes_members_and_elements_out() -> None:
    document, _ = applied(
        "actions:\n- {target: \"$.paths['/a'].get.parameters[?@.name == 'a']\", remove: true}\n"
        "- {target: \"$.paths['/b']\", remove: true}\n"
    )
    assert document.root.plain() == {
        "paths": {"/a": {"get": {"tags": ["x"], "parameters": [{"name": "b"}]}}},
        "servers": [{"url": "http://a"}],
    }
    left = document.root.get("paths", "/a", "get", "parameters", 0)
    assert left is not None
    assert left.pointer == "/paths/~1a/get/parameters/1"  # where it stands in its file


def test_a_scalar_is_replaced_and_a_part_copied() -> None:
    document, _ = applied(
        "actions:\n- {target: '$.servers[0].url', update: https://a}\n"
        "- {target: \"$.paths['/b']\", copy: \"$.paths['/a']\"}\n"
    )
    assert document.root.text("servers", 0, "url") == "https://a"
    assert document.root.text("paths", "/b", "get", "parameters", 1, "name") == "b"


def test_an_action_that_matches_nothing_is_told() -> None:
    assert applied("actions: [{target: $.gone, remove: true}]")[1] == ["$.gone matches nothing"]


@pytest.mark.parametrize("target", ["$.[", "paths[", "$[?(@.a == ]"])
def test_what_is_no_path_is_refused(target: str) -> None:
    with pytest.raises(InvalidInput, match="no JSONPath"):
        applied(f"actions: [{{target: '{target}', remove: true}}]")


def test_what_is_no_overlay_is_refused() -> None:
    document = decode("api.yaml", b"openapi: 3.1.0\n")
    read(document)
    with pytest.raises(InvalidInput, match="no overlay"):
        overlay.apply(document, document)


def test_copies_of_copies_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "MAX_STEPS", 10_000)
    with pytest.raises(TooLarge):
        applied("actions:\n" + "- {target: $.paths, copy: $}\n" * 30)
