"""JSON Patch (RFC 6902): the changes as operations on the parsed document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.probe.scan.edits import Json
from gatepost.probe.scan.fixes.plan import Members, Name
from gatepost.probe.scan.reading.node import Node

Operation = dict[str, Json]
Path = tuple[Name, ...]
"""Names and indexes from the root."""


def operations(plan: Iterable[Members]) -> list[Operation]:
    """What makes the changes to one file when it is done in this order: removals last, the hindmost first."""
    members = list(plan)
    removed: list[Operation] = [{"op": "remove", "path": _pointer(path)} for path in removals(members)]
    return [*(operation for each in members for operation in _writes(each)), *removed]


def removals(plan: Iterable[Members]) -> list[Path]:
    """Where something is taken out, in an order in which no removal moves the place of a later one."""
    paths = [(*path_of(each.holder), name) for each in plan for name in each.removed]
    return sorted(paths, key=_place, reverse=True)


def path_of(node: Node) -> Path:
    """The way to a node from the root of its file."""
    steps: list[Name] = []
    while node.parent is not None:
        steps.append(node.key)
        node = node.parent
    return tuple(reversed(steps))


def _writes(members: Members) -> Iterator[Operation]:
    path = path_of(members.holder)
    for name, (value, _) in members.replaced.items():
        yield {"op": "replace", "path": _pointer((*path, name)), "value": value}
    if members.holder.value is None:
        added: Json = {name: value for name, (value, _) in members.added.items()}
        yield {"op": "replace", "path": _pointer(path), "value": added}
        return
    for name, (value, _) in members.added.items():
        yield {"op": "add", "path": _pointer((*path, name)), "value": value}
    for value, _ in members.appended:
        yield {"op": "add", "path": _pointer((*path, "-")), "value": value}


def _pointer(path: Path) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _place(path: Path) -> list[tuple[int, str]]:
    """A sort key by which elements of one list stand in their order."""
    return [(step, "") if isinstance(step, int) else (-1, step) for step in path]
