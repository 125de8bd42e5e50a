"""How edits look: like what is around them."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.edits import AppendItem, Json, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.fixes.refusal import NotEditable
from tests.unit.probe.scan.fixes.fixing import Make, at, edited


def put(*way: str | int, **values: Json) -> list[Make]:
    return [_put(key, value, way) for key, value in values.items()]


def put_key(key: str, value: Json, *way: str | int) -> list[Make]:
    return [_put(key, value, way)]


def _put(key: str, value: Json, way: tuple[str | int, ...]) -> Make:
    return lambda root: SetKey(at(root, *way), key, value)


def append(value: Json, *way: str | int) -> list[Make]:
    return [lambda root: AppendItem(at(root, *way), value)]


def replace(value: Json, *way: str | int) -> list[Make]:
    return [lambda root: ReplaceValue(at(root, *way), value)]


def remove(*way: str | int) -> list[Make]:
    return [lambda root: RemoveKey(at(root, *way))]


CASES: dict[str, tuple[str, list[Make], str]] = {
    "an entry goes to the end of a block, with its indentation": (
        "a:\n    b: 1 # one\n    # two\nc: 2\n",
        put("a", d="x"),
        "a:\n    b: 1 # one\n    d: x\n    # two\nc: 2\n",
    ),
    "a comment above the next key stays there": (
        "a:\n  b: 1\n\n# about c\nc: 2\n",
        put("a", d=1),
        "a:\n  b: 1\n  d: 1\n\n# about c\nc: 2\n",
    ),
    "collections are written as blocks in a block": (
        "a:\n  b:\n    - 1\n",
        put("a", d={"e": [{"f": 1, "g": []}]}),
        "a:\n  b:\n    - 1\n  d:\n    e:\n      - f: 1\n        g: []\n",
    ),
    "lists are not indented where others are not": (
        "a:\n  b:\n  - 1\n",
        put("a", d=[1]),
        "a:\n  b:\n  - 1\n  d:\n  - 1\n",
    ),
    "collections are written in brackets in brackets": (
        "a: {b: 1} # c\n",
        put("a", d={"e": [1, "x, y"]}),
        'a: {b: 1, d: {e: [1, "x, y"]}} # c\n',
    ),
    "empty brackets are filled": ("a: {}\nb: []\n", [*put("a", d=1), *append(2, "b")], "a: {d: 1}\nb: [2]\n"),
    "an empty value becomes a block": ("a: # c\nb: 1\n", put("a", d=1), "a: # c\n  d: 1\nb: 1\n"),
    "an empty element becomes a mapping": ("a:\n  -\n", put("a", 0, d=1), "a:\n  - d: 1\n"),
    "a written null becomes a mapping": ("a: null\n", put("a", d=1), "a: {d: 1}\n"),
    "a file without a last line end stays so": ("a:\n  b: 1", put("a", d=1), "a:\n  b: 1\n  d: 1"),
    "windows line ends stay": ("a:\r\n  b: 1\r\n", put("a", d=[1]), "a:\r\n  b: 1\r\n  d:\r\n  - 1\r\n"),
    "statuses look like their neighbours": (
        "'200': {}\n'404': {}\n",
        put_key("429", 1),
        "'200': {}\n'404': {}\n'429': 1\n",
    ),
    "statuses without quotes get none": (
        "200: {}\n",
        [*put_key("429", 1), *put_key("default", 1)],
        "200: {}\n429: 1\ndefault: 1\n",
    ),
    "a status beside none is quoted, so that it stays text": (
        "a: {default: 1}\n",
        put_key("429", 1, "a"),
        'a: {default: 1, "429": 1}\n',
    ),
    "words of YAML 1.1 are quoted": ("a: 1\nq: 'x'\nr: 'y'\n", put(b="no"), "a: 1\nq: 'x'\nr: 'y'\nb: 'no'\n"),
    "an item goes to the end of a list": (
        "a:\n- x: 1\n  y: 2\nb: 1\n",
        append({"x": 3}, "a"),
        "a:\n- x: 1\n  y: 2\n- x: 3\nb: 1\n",
    ),
    "an item goes behind a comment in spread brackets": (
        "a: [\n  1, # one\n  2 # two\n]\n",
        append(3, "a"),
        "a: [\n  1, # one\n  2, # two\n  3\n]\n",
    ),
    "a comma at the end stays": ("a: [\n  1,\n]\n", append(2, "a"), "a: [\n  1,\n  2,\n]\n"),
    "pretty JSON stays pretty": (
        '{\n\t"a": {\n\t\t"b": 1\n\t},\n\t"c": {}\n}',
        [*put("a", d=[1]), *put("c", f=2)],
        '{\n\t"a": {\n\t\t"b": 1,\n\t\t"d": [\n\t\t\t1\n\t\t]\n\t},\n\t"c": {\n\t\t"f": 2\n\t}\n}',
    ),
    "compact JSON stays compact": ('{"a":{"b":1}}', put("a", d={"e": [1, 2]}), '{"a":{"b":1,"d":{"e":[1,2]}}}'),
    "JSON that is ASCII stays ASCII": ('{"a": 1}', put(b="é"), '{"a": 1, "b": "\\u00e9"}'),
    "an entry of a block is removed with its line": ("a:\n  b: 1 # b\n  c: 2\n", remove("a", "b"), "a:\n  c: 2\n"),
    "the first entry behind a dash is removed": ("- a: 1\n  b: 2\n", remove(0, "a"), "- b: 2\n"),
    "the first entry behind a dash leaves the comments below": (
        "- a: 1 # a\n  # about b\n  b: 2\n",
        remove(0, "a"),
        "-\n  # about b\n  b: 2\n",
    ),
    "an entry in brackets is removed with its comma": (
        "a: {b: 1, c: 2, d: 3}\n",
        remove("a", "c"),
        "a: {b: 1, d: 3}\n",
    ),
    "the last entry in brackets takes the comma before it": ("a: [1, 2]\n", remove("a", 1), "a: [1]\n"),
    "an entry on a line of its own leaves the comment below": (
        "a: {\n  b: 1, # b\n  # about c\n  c: 2\n}\n",
        remove("a", "b"),
        "a: {\n  # about c\n  c: 2\n}\n",
    ),
    "the last entry of a block leaves empty braces": (
        "a:\n  # why\n  b: 1\nc: 2\n",
        remove("a", "b"),
        "a: {}\n  # why\nc: 2\n",
    ),
    "the last item of a list leaves empty brackets": ("a:\n- 1\nc: 2\n", remove("a", 0), "a: []\nc: 2\n"),
    "what replaces all takes its place": ("a:\n- 1\nc: 2\n", [*remove("a", 0), *append(5, "a")], "a:\n- 5\nc: 2\n"),
    "quotes stay as they are": (
        "a: 'x'\nb: \"y\"\nc: z\n",
        [*replace("it's", "a"), *replace("it's", "b"), *replace("w", "c")],
        "a: 'it''s'\nb: \"it's\"\nc: w\n",
    ),
    "a text that needs quotes gets them": ("a: x\n", replace("#/x", "a"), 'a: "#/x"\n'),
    "a literal block keeps its head": (
        "a: | # text\n    http://x\n    two\nb: 1\n",
        replace("https://x\ntwo\n", "a"),
        "a: | # text\n    https://x\n    two\nb: 1\n",
    ),
    "folded text keeps its lines": (
        "a: >-\n  see http://x\n  and more\n",
        replace("see https://x and more", "a"),
        "a: >-\n  see https://x\n  and more\n",
    ),
    "a block list is replaced in place": (
        "a:\n  - b: [] # old\n  - c: []\nd: 1\n",
        replace([{"k": []}], "a"),
        "a:\n  - k: []\nd: 1\n",
    ),
    "a block list gives way to empty brackets": ("a:\n- b: []\nd: 1\n", replace([], "a"), "a: []\nd: 1\n"),
    "a block mapping gives way to a list": ("a:\n  b: 1\nd: 1\n", replace([1], "a"), "a:\n- 1\nd: 1\n"),
    "a text block that keeps its blank lines keeps them": (
        "a:\n  b: |+\n    x\n\nc: 1\n",
        put("a", d=1),
        "a:\n  b: |+\n    x\n\n  d: 1\nc: 1\n",
    ),
    "an alias may come last": ("x: &x 1\na:\n  b: *x\nc: 1\n", put("a", d=1), "x: &x 1\na:\n  b: *x\n  d: 1\nc: 1\n"),
    "a merge key may come last": (
        "x: &x {q: 1}\na:\n  <<: *x\nc: 1\n",
        put("a", d=1),
        "x: &x {q: 1}\na:\n  <<: *x\n  d: 1\nc: 1\n",
    ),
}


@pytest.mark.parametrize(("text", "changes", "after"), CASES.values(), ids=CASES)
def test_an_edit_looks_like_what_is_around_it(text: str, changes: list[Make], after: str) -> None:
    assert edited(text, *changes) == after


REFUSED: dict[str, tuple[str, list[Make], str]] = {
    "an aliased mapping": ("a: &x {b: 1}\nc: *x\n", put("a", d=1), "alias"),
    "what is inside an aliased mapping": ("a: &x\n  b: {e: 1}\nc: *x\n", put("a", "b", d=1), "alias"),
    "a mapping that is merged elsewhere": ("a: &x {b: 1}\nc:\n  <<: *x\n", put("a", d=1), "alias"),
    "an entry that a merge key brings": ("a: &x {b: 1}\nc:\n  <<: *x\n", remove("c", "b"), "alias"),
    "a key that is there twice": ("a: 1\na: 2\n", remove("a"), "twice"),
    "a broken file": ("a: 1\nb: [\n", put(c=1), "mistakes"),
    "a text block without an end": ("a:\n  b: |\n    x", put("a", d=1), "line end"),
    "a list where a mapping should be": ("a: [1]\n", put("a", d=1), "no mapping"),
    "a mapping where a list should be": ("a: {}\n", append(1, "a"), "no list"),
    "a comment between brackets": ("a: [ # c\n]\n", append(1, "a"), "comment"),
    "a pair without braces": ("a: [b: 1]\n", put("a", 0, d=1), "without braces"),
    "half a surrogate pair": ("a: 1\n", put(b="\ud800"), "surrogate"),
    "the whole file": ("a: 1\n", [lambda root: RemoveKey(root)], "whole file"),
}


@pytest.mark.parametrize(("text", "changes", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_would_change_more_than_its_place_is_refused(text: str, changes: list[Make], reason: str) -> None:
    with pytest.raises(NotEditable, match=reason):
        edited(text, *changes)
