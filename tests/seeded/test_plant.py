"""The generator plants what it says it plants, and nothing else."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.seeded.document import Document, Pointer, parse, text_of
from tests.seeded.families.all import FAMILIES
from tests.seeded.plant import Seed, clean_documents, plant

CLEAN = clean_documents()
NAMES = sorted(CLEAN)

VALIDATED = 12
"""Every so many seeds one is validated; a validation takes a third of a second."""

INVALID = {"broken-oauth-url"}
"""Families that no validator accepts which looks at formats: an address that is none is what they plant."""


@cache
def seeds(name: str) -> tuple[Seed, ...]:
    return tuple(plant(CLEAN[name]))


def all_seeds() -> list[Seed]:
    return [seed for name in NAMES for seed in seeds(name)]


def differences(one: Any, other: Any, at: Pointer = ()) -> Iterator[Pointer]:
    """Where two trees differ; a list whose length differs is one place."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            if key in one and key in other:
                yield from differences(one[key], other[key], (*at, key))
            else:
                yield (*at, key)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, (*at, str(index)))
    elif one != other:
        yield at


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_differs_from_the_clean_document_where_it_is_planted_and_nowhere_else(name: str) -> None:
    clean = parse(CLEAN[name])
    for seed in seeds(name):
        found = {text_of(place) for place in differences(clean, parse(seed.text))}
        assert any(related(seed.where, place) for place in found), seed.name
        assert {place for place in found if not any(related(each, place) for each in seed.places)} == set(), seed.name


def related(one: str, other: str) -> bool:
    """Whether one place is in the other: in a list that grew, or in a parent that was made."""
    return (one + "/").startswith(other + "/") or (other + "/").startswith(one + "/")


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_document_is_valid(name: str) -> None:
    validate(parse(CLEAN[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_seeds_are_valid_documents_too(name: str) -> None:
    for seed in seeds(name)[::VALIDATED]:
        if seed.family not in INVALID:
            validate(parse(seed.text))


@pytest.mark.parametrize("name", NAMES)
def test_seeds_are_the_same_each_time(name: str) -> None:
    assert tuple(plant(CLEAN[name])) == seeds(name)


@pytest.mark.parametrize("name", NAMES)
def test_writing_a_clean_document_anew_changes_nothing_in_it(name: str) -> None:
    document = Document(CLEAN[name])
    assert parse(document.write(document.tree)) == document.tree


@pytest.mark.parametrize("name", NAMES)
def test_names_of_seeds_are_unique(name: str) -> None:
    assert [seed for seed, count in Counter(seed.name for seed in seeds(name)).items() if count > 1] == []


def test_every_family_is_planted_and_all_shapes_and_versions_are() -> None:
    assert {seed.family for seed in all_seeds()} == {family.name for family in FAMILIES}
    assert {seed.shape for seed in all_seeds()} == {"inline", "ref", "allOf", "path", "global"}
    assert {seed.version for seed in all_seeds()} == {"2.0", "3.0", "3.1"}


def test_the_set_is_large_and_bounded() -> None:
    assert 800 <= len(all_seeds()) <= 1000


def test_the_generator_knows_nothing_of_the_scanner() -> None:
    for file in Path(__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("gatepost") for name in names), file.name
