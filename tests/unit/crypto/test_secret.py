from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gatepost.crypto.secret import MASK, Secret

VALUE = "correct horse battery staple"


def test_reveal_gives_the_value_back() -> None:
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(b"\x00\xff").reveal() == b"\x00\xff"


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        "{}".format,
        "{!r:>40}".format,
        "%s".__mod__,
        lambda secret: f"{secret:>40}",
        lambda secret: f"{[secret]} {(secret,)}",
        lambda secret: str(ValueError(secret)),
    ],
)
def test_no_way_of_printing_shows_the_value(show: Callable[[Any], str]) -> None:
    assert VALUE not in show(Secret(VALUE))
    assert MASK in show(Secret(VALUE))


def test_logs_and_tracebacks_show_the_mask(caplog: pytest.LogCaptureFixture) -> None:
    error = RuntimeError("failed with", Secret(VALUE))
    logging.getLogger("test").error("about %s", Secret(VALUE), exc_info=error)
    assert VALUE not in "".join(traceback.format_exception(error))
    assert MASK in caplog.text
    assert VALUE not in caplog.text


@pytest.mark.parametrize(
    "leak",
    [pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode, msgspec.msgpack.encode, json.dumps, hash, vars],
)
def test_it_can_be_neither_copied_nor_encoded_nor_hashed(leak: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as refused:
        leak(Secret(VALUE))
    assert VALUE not in str(refused.value)


def test_a_structure_that_holds_one_cannot_be_encoded_either() -> None:
    class Holder(msgspec.Struct):
        secret: Secret[str]

    with pytest.raises(TypeError):
        msgspec.json.encode(Holder(Secret(VALUE)))
    assert VALUE not in repr(Holder(Secret(VALUE)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Secret("a"), Secret("a"), True),
        (Secret(b"a"), Secret(b"a"), True),
        (Secret("é\ud800"), Secret("é\ud800"), True),
        (Secret("a"), Secret("b"), False),
        (Secret("a"), Secret("aa"), False),
        (Secret("a"), Secret(b"a"), False),
        (Secret("a"), "a", False),
    ],
)
def test_equality_is_of_values_of_the_same_type(one: object, other: object, same: bool) -> None:
    assert (one == other) is same
