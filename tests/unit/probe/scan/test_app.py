"""Running apps are asked for their description, in a process that can be ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatepost.errors import InvalidInput
from gatepost.probe.scan import app
from gatepost.probe.scan.app import description_of_app

HEAD = "DOCUMENT = {'openapi': '3.1.0', 'paths': {}}\n"

APPS = {
    "a method": "class App:\n    def openapi(self): return DOCUMENT\napp = App()\n",
    "an attribute": "class App: spec = DOCUMENT\napp = App()\n",
    "an object with to_dict": (
        "class Spec:\n    def to_dict(self): return DOCUMENT\nclass App: spec = Spec()\napp = App()\n"
    ),
    "an extension": (
        "class Spec:\n    def to_dict(self): return DOCUMENT\n"
        "class Api: spec = Spec()\n"
        "class App: extensions = {'flask-smorest': {'apis': {'': {'ext_obj': Api()}}}}\napp = App()\n"
    ),
    "an address": (
        "class Answer:\n    status_code = 200\n    def get_json(self, silent): return DOCUMENT\n"
        "class Client:\n    def get(self, address): return Answer()\n"
        "class App:\n    test_client = Client\napp = App()\n"
    ),
}


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "service.py"


@pytest.mark.parametrize("text", APPS.values(), ids=APPS)
def test_an_app_is_described(module: Path, text: str) -> None:
    module.write_text(HEAD + text)
    assert json.loads(description_of_app("service:app")) == {"openapi": "3.1.0", "paths": {}}


def test_a_function_that_makes_the_app_is_called(module: Path) -> None:
    module.write_text(HEAD + "class App: spec = DOCUMENT\ndef make(): return App()\n")
    assert b"3.1.0" in description_of_app("service:make()")


def test_what_the_app_prints_is_no_part_of_its_description(module: Path) -> None:
    module.write_text(
        HEAD + "import os\nprint('hello', flush=True)\nos.write(1, b'hi')\nclass App: spec = DOCUMENT\napp = App()\n"
    )
    assert json.loads(description_of_app("service:app"))["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise RuntimeError('no database')", "RuntimeError: no database"),
        ("x = 1", "AttributeError"),
        ("app = 1", "LookupError: it has no generator"),
        ("import os; os._exit(3)", "it said nothing"),
    ],
)
def test_an_app_that_cannot_be_described_says_why(module: Path, text: str, reason: str) -> None:
    module.write_text(text + "\n")
    with pytest.raises(InvalidInput, match=reason):
        description_of_app("service:app")


def test_an_app_that_takes_too_long_is_ended(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "TIME_LIMIT_S", 1.0)
    module.write_text("import time\ntime.sleep(600)\n")
    with pytest.raises(InvalidInput, match="was not described within 1 seconds"):
        description_of_app("service:app")
