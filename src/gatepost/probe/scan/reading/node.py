"""A value of a document that knows where it stands.

A node is the place that a finding points at and the text that a fix splices: its offsets count characters of
`Source.text`. What a YAML alias repeats is one shared node; it stands where its anchor stands.
"""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property

from msgspec import Struct


class Style(enum.Enum):
    """How a value is written: a fix has to write its neighbours the same way."""

    PLAIN = ""
    SINGLE = "'"
    DOUBLE = '"'
    LITERAL = "|"
    FOLDED = ">"
    BLOCK = "block"
    """A collection by indentation."""
    FLOW = "flow"
    """A collection in brackets."""


class Fault(Struct, frozen=True):
    """Something wrong with the text itself; `kind` names a rule of `rules/document.py`."""

    kind: str
    message: str
    source: Source
    start: int
    node: Node | None = None

    @property
    def place(self) -> Node:
        """Where it is; where there is no value, an empty one that stands in for it."""
        return self.node or Node(None, self.source, self.start, self.start, Style.PLAIN)


class Source:
    """The text of one file, with where its lines begin."""

    def __init__(
        self, name: str, text: str, *, location: str = "", encoding: str = "utf-8", exact: bool = True
    ) -> None:
        self.name = name
        """What reports call the file."""
        self.location = location
        """Its real path or its URL; empty when it came from neither."""
        self.text = text
        """Without a byte order mark."""
        self.encoding = encoding
        """What `text` must be encoded with to give the bytes of the file again."""
        self.exact = exact
        """False when the bytes could not be decoded faithfully: then nothing may be written back."""
        self.root: Node = Node(None, self, 0, 0, Style.PLAIN)
        self.faults: list[Fault] = []

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        end = self.text.find("\n")
        while end >= 0:
            starts.append(end + 1)
            end = self.text.find("\n", end + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of that line without its end."""
        if not 1 <= line <= len(self._line_starts):
            return ""
        start = self._line_starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")


class Node(Struct, eq=False):
    """One value. Children of a mapping are read with `get`, which follows `$ref`; `at` gives what is really there."""

    value: str | int | float | bool | dict[str, Node] | list[Node] | None
    source: Source
    start: int
    end: int
    """Just behind the last character of the value itself; comments and line ends after it do not belong to it."""
    style: Style
    parent: Node | None = None
    key: str | int = ""
    """The name or index under which the parent holds it."""
    keys: dict[str, Node] | None = None
    """The key of each entry of a mapping, as a node; entries that a merge key (`<<`) brought have none."""
    target: Node | None = None
    """Where the `$ref` of this mapping leads, set when the document is resolved; never to another `$ref`."""

    def __repr__(self) -> str:
        return f"Node({self.file}:{self.line} {self.pointer or '/'})"

    # Where it stands

    @property
    def file(self) -> str:
        return self.source.name

    @property
    def mark(self) -> int:
        """The offset that a person is sent to: a collection is found by its key, a scalar by its value."""
        key = self.key_node
        return key.start if key is not None and isinstance(self.value, dict | list) else self.start

    @property
    def line(self) -> int:
        return self.source.position(self.mark)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.mark)[1]

    @property
    def key_node(self) -> Node | None:
        """The key in front of it, when it is the entry of a mapping."""
        parent = self.parent
        return parent.keys.get(str(self.key)) if parent is not None and parent.keys is not None else None

    @property
    def path(self) -> tuple[str, ...]:
        """The names and indexes that lead to it from the root of its file."""
        steps: list[str] = []
        node = self
        while node.parent is not None:
            steps.append(str(node.key))
            node = node.parent
        return tuple(reversed(steps))

    @property
    def pointer(self) -> str:
        """JSON Pointer (RFC 6901) from the root of its file."""
        return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in self.path)

    # What is in it

    @property
    def resolved(self) -> Node:
        """What it stands for: the end of its `$ref`, or itself."""
        return self if self.target is None else self.target

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def is_sequence(self) -> bool:
        return isinstance(self.value, list)

    @property
    def numeric(self) -> int | float | None:
        """Its value when that is a number."""
        value = self.value
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def at(self, name: str | int) -> Node | None:
        """The child as it is written, or None."""
        value = self.value
        if isinstance(value, dict):
            return value.get(name)  # type: ignore[arg-type]
        if isinstance(value, list) and isinstance(name, int) and -len(value) <= name < len(value):
            return value[name]
        return None

    def get(self, *names: str | int) -> Node | None:
        """The child, the child of that, and so on, with every `$ref` followed; None where one is missing."""
        node = self.resolved
        for name in names:
            child = node.at(name)
            if child is None:
                return None
            node = child if child.target is None else child.target
        return node

    def has(self, name: str) -> bool:
        value = self.resolved.value
        return isinstance(value, dict) and name in value

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Name and child as it is written; nothing when this is not a mapping."""
        value = self.resolved.value
        return iter(value.items()) if isinstance(value, dict) else iter(())

    def items(self) -> Iterator[Node]:
        """The elements as they are written; nothing when this is not a sequence."""
        value = self.resolved.value
        return iter(value) if isinstance(value, list) else iter(())

    def text(self, *names: str | int, default: str = "") -> str:
        """The string at that place, or `default` when there is no string."""
        node = self.get(*names)
        return node.value if node is not None and isinstance(node.value, str) else default

    def number(self, *names: str | int) -> int | float | None:
        """The number at that place, or None when there is no number."""
        node = self.get(*names)
        return node.numeric if node is not None else None

    def flag(self, *names: str | int) -> bool:
        """Whether `true` stands at that place."""
        node = self.get(*names)
        return node is not None and node.value is True

    def texts(self, *names: str | int) -> tuple[str, ...]:
        """The strings of the list at that place; a lone string counts as a list of one."""
        node = self.get(*names)
        if node is None:
            return ()
        if isinstance(node.value, str):
            return (node.value,)
        return tuple(item.value for item in node.items() if isinstance(item.value, str))

    def walk(self) -> Iterator[Node]:
        """This node and everything below it as it is written, each node once; no `$ref` is followed."""
        return walk(self, lambda _: True)

    def plain(self) -> object:
        """The value without marks, for libraries that know nothing of nodes. Shared nodes give shared values."""
        return _plain(self, {})


def walk(node: Node, enter: Callable[[Node], bool]) -> Iterator[Node]:
    """`node` and everything below it, in the order of the text; below a node only when `enter` says so.

    Each collection comes once, however many aliases lead to it: an alias bomb costs what its text costs.
    """
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        value = current.value
        if isinstance(value, dict | list):
            if id(current) in seen:
                continue
            seen.add(id(current))
            yield current
            if enter(current):
                waiting.extend(reversed(value if isinstance(value, list) else value.values()))
        else:
            yield current


def _plain(node: Node, done: dict[int, object]) -> object:
    value = node.value
    if not isinstance(value, dict | list):
        return value
    if id(node) not in done:
        done[id(node)] = (
            {name: _plain(child, done) for name, child in value.items()}
            if isinstance(value, dict)
            else [_plain(child, done) for child in value]
        )
    return done[id(node)]
