"""Documents in random formatting: what people, generators and editors write, mixed."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from gatepost.probe.scan.edits import Json
from gatepost.probe.scan.fixes.plan import same

NAMES = st.sampled_from(
    ["a", "type", "200", "404", "x-note", "/a/{id}", "no", "a b", "it's", "key:", "#ref", "", "é", "- x", '"q"']
)
TEXTS = st.one_of(
    st.sampled_from(
        ["word", "two words", "http://a.example/x", "yes", "1", "1.5", "null", "~", "", " edge ", "a: b", "a #b", "#/x"]
    ),
    st.sampled_from(
        ["it's", 'say "x"', "[x]", "a, b", "back\\slash", "tab\t", "é\u00a0", "^[a-z]+$", "{id}", "-", "@"]
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
)
PROSE = st.sampled_from(["one line\n", "one\ntwo\n", "one\n\ntwo words\n", "no end", "one\ntwo\n\n\n", "http://x y\n"])
SCALARS: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(-1000, 1000), st.floats(allow_nan=False, allow_infinity=False), TEXTS, PROSE
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS: st.SearchStrategy[dict[str, Json]] = st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)


def as_json(draw: st.DrawFn, value: Json) -> str:
    """JSON: pretty by spaces or tabs, compact, or on one line; either line end, a final one or none."""
    indent = draw(st.sampled_from([None, 2, 4, "\t"]))
    compact = indent is None and draw(st.booleans())
    text = json.dumps(
        value, indent=indent, separators=(",", ":") if compact else None, ensure_ascii=draw(st.booleans())
    )
    text += draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def as_yaml(draw: st.DrawFn, value: Json) -> str:
    """YAML in a style that changes from place to place."""
    return _Yaml(draw).document(value)


class _Yaml:
    """Writes one document; `draw` decides wherever there is a choice."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._unit = draw(st.sampled_from([1, 2, 4]))
        self._dash = draw(st.sampled_from([0, 2]))
        self._comments = 0
        self._repeated: Json = None
        self._is_anchored = False

    def document(self, value: Json) -> str:
        repeated = [child for child in value.values() if child] if isinstance(value, dict) else []
        if repeated:
            self._repeated = self._draw(st.sampled_from(repeated))
        lines = self._block(value, 0)
        text = "\n".join([*self._above(0), *lines])
        ends_open = "|" not in text and ">" not in text and self._draw(st.booleans())
        text += "" if ends_open else "\n" + "\n".join(self._above(0))
        return text.replace("\n", "\r\n") if self._draw(st.booleans()) else text

    def _block(self, value: Json, indent: int) -> list[str]:
        lines: list[str] = []
        if isinstance(value, dict):
            for name, child in value.items():
                lines += self._above(indent)
                lines += self._member(f"{self._quoted(name, flow=True)}:", child, indent, in_list=False)
        elif isinstance(value, list):
            for child in value:
                lines += self._above(indent)
                lines += self._member("-", child, indent, in_list=True)
        return lines

    def _member(self, head: str, child: Json, indent: int, *, in_list: bool) -> list[str]:
        if self._is_alias(child):
            return [" " * indent + head + " *it" + self._behind()]
        if self._repeated is not None and same(child, self._repeated) and not self._is_anchored and not in_list:
            lines = self._written(head + " &it", child, indent, in_list=in_list)
            self._is_anchored = True  # an alias in it would lead to what is not complete
            return lines
        return self._written(head, child, indent, in_list=in_list)

    def _is_alias(self, value: Json) -> bool:
        return self._is_anchored and same(value, self._repeated) and self._draw(st.booleans())

    def _written(self, head: str, child: Json, indent: int, *, in_list: bool) -> list[str]:
        if isinstance(child, dict | list) and child and self._draw(st.integers(0, 3)):
            inner = indent + (2 if in_list else self._dash if isinstance(child, list) else self._unit)
            lines = self._block(child, inner)
            if in_list and not lines[0].lstrip().startswith("#") and self._draw(st.booleans()):
                return [" " * indent + "- " + lines[0].lstrip(" "), *lines[1:]]
            return [" " * indent + head + self._behind(), *lines]
        if isinstance(child, str) and "\n" in child and child.strip() == child.strip("\n") and child[0] != "\n":
            return self._literal(head, child, indent)
        if child is None and self._draw(st.booleans()):
            return [" " * indent + head + self._behind()]
        if isinstance(child, dict | list) and child and self._draw(st.booleans()):
            return self._spread(head, child, indent)
        return [" " * indent + head + " " + self._flow(child, flow=False) + self._behind()]

    def _literal(self, head: str, text: str, indent: int) -> list[str]:
        ends = len(text) - len(text.rstrip("\n"))
        chomping = "-" if ends == 0 else "" if ends == 1 and self._draw(st.booleans()) else "+"
        pad = " " * (indent + self._unit + 1)
        lines = text.split("\n")[:-1] if ends else text.split("\n")
        return [" " * indent + head + f" |{chomping}", *(pad + line if line else "" for line in lines)]

    def _spread(self, head: str, child: Json, indent: int) -> list[str]:
        pad = " " * (indent + self._unit + 1)
        members = self._flow_members(child)
        last = len(members) - 1
        trailing = self._draw(st.booleans())
        written = [
            f"{pad}{member}{',' if number < last or trailing else ''}{self._behind()}"
            for number, member in enumerate(members)
        ]
        pair = "[]" if isinstance(child, list) else "{}"
        return [" " * indent + f"{head} {pair[0]}", *written, pad + pair[1]]

    def _flow(self, value: Json, *, flow: bool) -> str:
        if flow and self._is_alias(value):
            return "*it"
        if isinstance(value, dict | list):
            pair = "[]" if isinstance(value, list) else "{}"
            space = self._draw(st.sampled_from(["", " "]))
            return pair[0] + space + f",{space or ' '}".join(self._flow_members(value)) + space + pair[1]
        if isinstance(value, str):
            return self._quoted(value, flow=flow)
        if value is None:
            return self._draw(st.sampled_from(["null", "~"]))
        return json.dumps(value)

    def _flow_members(self, value: Json) -> list[str]:
        if isinstance(value, dict):
            return [f"{self._quoted(name, flow=True)}: {self._flow(child, flow=True)}" for name, child in value.items()]
        assert isinstance(value, list)
        return [self._flow(child, flow=True) for child in value]

    def _quoted(self, text: str, *, flow: bool) -> str:
        from gatepost.probe.scan.fixes.writing import is_plain

        styles = ['"']
        if text.isprintable():
            styles.append("'")
        if is_plain(text, in_flow=flow) or (text.isdecimal() and flow and self._draw(st.booleans())):
            styles.append("")
        style: Any = self._draw(st.sampled_from(styles))
        if style == "'":
            return "'" + text.replace("'", "''") + "'"
        return text if style == "" else _double(text)

    def _above(self, indent: int) -> list[str]:
        return [" " * indent + self._comment()] if self._draw(st.integers(0, 5)) == 0 else []

    def _behind(self) -> str:
        return " " + self._comment() if self._draw(st.integers(0, 4)) == 0 else ""

    def _comment(self) -> str:
        self._comments += 1
        return f"# note {self._comments}: [it's]"


def _double(text: str) -> str:
    return (
        '"'
        + "".join(each if each.isprintable() and each not in '"\\' else f"\\U{ord(each):08x}" for each in text)
        + '"'
    )
