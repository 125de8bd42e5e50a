"""Fernet tokens of its specification."""

from __future__ import annotations

import pytest

from gatepost.crypto.seals.fernet import FernetKeys
from gatepost.crypto.secret import Secret
from gatepost.errors import SealBroken
from tests.vectors.published import json_vectors

AGE = ("expired TTL", "far-future TS (unacceptable clock skew)")
"""Wrong for their age alone, which does not matter when old things are read."""

INVALID = [vector for vector in json_vectors("fernet/invalid.json") if vector["desc"] not in AGE]


@pytest.mark.parametrize("vector", json_vectors("fernet/verify.json") + json_vectors("fernet/generate.json"))
def test_a_token_opens(vector: dict[str, str]) -> None:
    assert FernetKeys([Secret(vector["secret"])]).open(vector["token"].encode()) == vector["src"].encode()


@pytest.mark.parametrize("vector", INVALID, ids=lambda vector: vector["desc"])
def test_a_broken_token_does_not(vector: dict[str, str]) -> None:
    with pytest.raises(SealBroken):
        FernetKeys([Secret(vector["secret"])]).open(vector["token"].encode())


def test_there_are_vectors() -> None:
    assert len(INVALID) == 6
