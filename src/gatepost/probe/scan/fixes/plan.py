"""Brings the changes of several findings together: each member of a collection is changed once, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, field

from gatepost.probe.scan.edits import AppendItem, Change, Json, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.fixes.editable import EditableFile
from gatepost.probe.scan.fixes.entries import own
from gatepost.probe.scan.fixes.refusal import Conflicting, NotEditable
from gatepost.probe.scan.reading.node import Node, Source

Name = str | int
Merged = tuple[Json, bool]
"""A value, and whether it is a guess."""


class Members(Struct):
    """What becomes of the members of one mapping or sequence; also of a null that becomes a mapping."""

    holder: Node
    replaced: dict[Name, Merged] = field(default_factory=dict)
    removed: dict[Name, bool] = field(default_factory=dict)
    added: dict[str, Merged] = field(default_factory=dict)
    appended: list[Merged] = field(default_factory=list)

    @property
    def adds_guess(self) -> bool:
        return any(guess for _, guess in (*self.added.values(), *self.appended))


class Plan:
    """Changes that are made together. A finding's changes are taken in as a whole."""

    def __init__(self, files: dict[int, EditableFile] | None = None) -> None:
        self._files = files if files is not None else {}
        self._members: dict[int, Members] = {}
        self._above: set[int] = set()
        """Everything that holds a place that is changed."""

    def __iter__(self) -> Iterator[Members]:
        return iter(self._members.values())

    def file(self, source: Source) -> EditableFile:
        """The file with that source."""
        if id(source) not in self._files:
            self._files[id(source)] = EditableFile(source)
        return self._files[id(source)]

    def add(self, changes: Iterable[Change]) -> None:
        """Takes in the changes of one finding. Raises NotEditable or Conflicting, and is as before then."""
        undo: list[Callable[[], object]] = []
        try:
            for change in changes:
                self.file(change.place.source).check(change.place)
                self._add(change, undo)
        except (NotEditable, Conflicting):
            for step in reversed(undo):
                step()
            raise

    def after(self, node: Node) -> object:
        """What a value is once the changes are made, in the form that `Node.plain` has."""
        if not self._changes_inside(node):
            return node.plain()
        members = self._members.get(id(node)) or Members(node)
        if isinstance(node.value, list):
            kept = (each for each in enumerate(node.value) if each[0] not in members.removed)
            return [
                *(self._member_after(members, number, child) for number, child in kept),
                *(value for value, _ in members.appended),
            ]
        entries = node.value.items() if isinstance(node.value, dict) else ()
        return {
            name: self._member_after(members, name, child) for name, child in entries if name not in members.removed
        } | {name: value for name, (value, _) in members.added.items()}

    def _member_after(self, members: Members, name: Name, child: Node) -> object:
        return members.replaced[name][0] if name in members.replaced else self.after(child)

    # One change

    def _add(self, change: Change, undo: list[Callable[[], object]]) -> None:
        match change:
            case SetKey():
                self._set(change, undo)
            case AppendItem():
                if not change.place.is_sequence:
                    raise NotEditable("there is no list to add to")
                if not self._is_gone(change.place):
                    appended = self._members_of(change.place, undo).appended
                    if (change.value, change.guess) not in appended:
                        appended.append((change.value, change.guess))
                        undo.append(appended.pop)
            case ReplaceValue():
                self._replace(change.place, change.value, change.guess, undo)
            case RemoveKey():
                self._remove(change.place, change.guess, undo)

    def _set(self, change: SetKey, undo: list[Callable[[], object]]) -> None:
        place, name = change.place, change.key
        if not (place.is_mapping or place.value is None):
            raise NotEditable("there is no mapping to write into")
        if place.value is None and place.parent is None:
            raise NotEditable("the file is empty")
        child = place.at(name)
        if child is not None:
            if own(place, name) is None:
                raise NotEditable(f"{name} comes from an alias or a merge key")
            self.file(place.source).check(child)
            self._replace(child, change.value, change.guess, undo)
            return
        if self._is_gone(place):
            return
        added = self._members_of(place, undo).added
        before = added.get(name)
        added[name] = _joined(before, change.value, change.guess, name) if before else (change.value, change.guess)
        undo.append(lambda: added.pop(name) if before is None else added.update({name: before}))

    def _replace(self, place: Node, value: Json, guess: bool, undo: list[Callable[[], object]]) -> None:
        holder = _holder_of(place)
        if same(place.plain(), value):
            return
        if self._is_gone(holder):
            raise Conflicting
        members = self._members_of(holder, undo)
        before = members.replaced.get(place.key)
        if before is not None and same(before[0], value):
            return
        if before is not None or place.key in members.removed or self._changes_inside(place):
            raise Conflicting
        members.replaced[place.key] = value, guess
        undo.append(lambda: members.replaced.pop(place.key))

    def _remove(self, place: Node, guess: bool, undo: list[Callable[[], object]]) -> None:
        holder = _holder_of(place)
        if self._is_gone(holder):
            return
        members = self._members_of(holder, undo)
        if place.key in members.removed:
            return
        if place.key in members.replaced or self._changes_inside(place):
            raise Conflicting
        members.removed[place.key] = guess
        undo.append(lambda: members.removed.pop(place.key))

    def _members_of(self, holder: Node, undo: list[Callable[[], object]]) -> Members:
        members = self._members.get(id(holder))
        if members is not None:
            return members
        above = []
        node = holder.parent
        while node is not None and id(node) not in self._above:
            above.append(id(node))
            node = node.parent
        self._above.update(above)
        self._members[id(holder)] = members = Members(holder)
        undo.append(lambda: self._members.pop(id(holder)))
        undo.append(lambda: self._above.difference_update(above))
        return members

    def _changes_inside(self, place: Node) -> bool:
        return id(place) in self._above or id(place) in self._members

    def _is_gone(self, place: Node) -> bool:
        """Whether a place is taken out, alone or with what is around it; raises Conflicting if it is written anew."""
        node = place
        while node.parent is not None:
            members = self._members.get(id(node.parent))
            if members is not None and node.key in members.removed:
                return True
            if members is not None and node.key in members.replaced:
                raise Conflicting
            node = node.parent
        return False


def _holder_of(place: Node) -> Node:
    """The collection in whose text a place stands."""
    holder = place.parent
    if holder is None:
        raise NotEditable("this is the whole file")
    if own(holder, place.key) is not place:
        raise NotEditable("a YAML alias or a merge key brings it here")
    return holder


def _joined(before: Merged, value: Json, guess: bool, name: str) -> Merged:
    """Two values for one new entry: mappings become one."""
    first, guessed = before
    if isinstance(first, dict) and isinstance(value, dict):
        merged = dict(first)
        for inner, child in value.items():
            merged[inner] = _joined((merged[inner], guessed), child, guess, inner)[0] if inner in merged else child
        return merged, guessed or guess
    if isinstance(first, list) and isinstance(value, list):
        return [*first, *(each for each in value if each not in first)], guessed or guess
    if not same(first, value):
        raise Conflicting
    return before


def same(one: object, other: object) -> bool:
    """Whether two values are the same in JSON, where `1` and `true` are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and type(one) is type(other)
