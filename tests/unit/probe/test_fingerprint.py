"""A finding keeps its name while the document around it changes."""

from __future__ import annotations

import pytest

from gatepost.probe.fingerprint import fingerprint

POINTER = "/paths/~1exhibits/get/parameters/0/schema"
ORIGINAL = fingerprint("api4-unbounded-text", "api/museum.yaml", POINTER, "name")


def test_it_is_the_same_in_every_release() -> None:
    assert ORIGINAL == "db7b914e55d5e939aab832f394585f39"


@pytest.mark.parametrize(
    "file",
    [
        "museum.yaml",
        "/srv/api/museum.yaml",
        "other/museum.yaml",
        "C:\\api\\museum.yaml",
        "https://a.example/museum.yaml?v=1",
    ],
)
def test_the_folder_does_not_matter(file: str) -> None:
    assert fingerprint("api4-unbounded-text", file, POINTER, "name") == ORIGINAL


def test_the_place_in_a_list_does_not_matter() -> None:
    moved = POINTER.replace("/0/", "/12/")
    assert fingerprint("api4-unbounded-text", "museum.yaml", moved, "name") == ORIGINAL


def test_the_spacing_of_the_detail_does_not_matter() -> None:
    one = fingerprint("rule", "a.yaml", "", "one two")
    assert fingerprint("rule", "a.yaml", "", " one\n  two ") == one


@pytest.mark.parametrize("parent", ["responses", "properties", "components/schemas"])
def test_a_number_that_is_a_name_matters(parent: str) -> None:
    first, second = (fingerprint("rule", "a.yaml", f"/{parent}/{name}/x", "") for name in ("200", "404"))
    assert first != second


@pytest.mark.parametrize(
    "other",
    [
        ("other-rule", "museum.yaml", POINTER, "name"),
        ("api4-unbounded-text", "zoo.yaml", POINTER, "name"),
        ("api4-unbounded-text", "museum.yaml", POINTER.replace("get", "post"), "name"),
        ("api4-unbounded-text", "museum.yaml", POINTER, "sort"),
        ("api4-unbounded-text", "museum.yaml", POINTER + "name", ""),
    ],
)
def test_what_a_finding_is_about_matters(other: tuple[str, str, str, str]) -> None:
    assert fingerprint(*other) != ORIGINAL
