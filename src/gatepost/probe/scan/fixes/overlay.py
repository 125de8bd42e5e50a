"""OpenAPI Overlay 1.0: the changes as actions, which can be applied anew whenever the document is generated anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast
from urllib.parse import quote

from gatepost.probe.scan.edits import Json
from gatepost.probe.scan.fixes.json_patch import Path, path_of, removals
from gatepost.probe.scan.fixes.plan import Members, Plan
from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.reading.node import Node

Action = dict[str, Json]

_SHORTHAND = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED = re.compile("[\\\\'\x00-\x1f]")


def overlay(actions: Sequence[Action], extends: str) -> dict[str, Json]:
    """A whole overlay; `extends` is the path of the file that it is for, or empty."""
    head: dict[str, Json] = {"overlay": "1.0.0", "info": {"title": "Fixes by gatepost scan", "version": "1.0.0"}}
    return head | ({"extends": quote(extends)} if extends else {}) | {"actions": list(actions)}


def actions(plan: Plan) -> list[Action]:
    """What makes the changes to one file when it is done in this order. Raises NotEditable."""
    anew = {id(node): node for members in plan if (node := _to_write_anew(members)) is not None}
    members = [each for each in plan if not _is_inside(each.holder, anew)]
    outermost = [node for node in anew.values() if node.parent is None or not _is_inside(node.parent, anew)]
    removed: list[Action] = [{"target": _json_path(path), "remove": True} for path in removals(members)]
    return [
        *(action for node in outermost for action in _written_anew(node, plan)),
        *(action for each in members for action in _updates(each)),
        *removed,
    ]


def _updates(members: Members) -> Iterator[Action]:
    holder = members.holder
    path = path_of(holder)
    target = _json_path(path)
    for value, _ in members.appended:
        yield {"target": target, "update": value}
    update = {name: value for name, (value, _) in members.added.items()}
    if holder.value is None:
        yield {"target": _json_path(path[:-1]), "update": {str(holder.key): update}}
        return
    for name, (value, _) in members.replaced.items():
        old = holder.at(name)
        if isinstance(value, dict | list) and old is not None and isinstance(old.value, dict | list):
            yield {"target": _json_path((*path, name)), "remove": True}  # an update would join them
        update[str(name)] = value
    if update:
        yield {"target": target, "update": update}


def _to_write_anew(members: Members) -> Node | None:
    """The value around a list that no update can make what it should be: those only add to the end, and no lists."""
    holder = members.holder
    in_list = holder.value is None and holder.parent is not None and holder.parent.is_sequence
    nested = any(isinstance(value, list) for value, _ in members.appended)
    if not in_list and not (holder.is_sequence and (members.replaced or nested)):
        return None
    while holder.parent is not None and not holder.parent.is_mapping:
        holder = holder.parent
    if holder.parent is None:
        raise NotEditable("an overlay cannot change a list that is the whole file")
    return holder


def _written_anew(node: Node, plan: Plan) -> Iterator[Action]:
    path = path_of(node)
    yield {"target": _json_path(path), "remove": True}
    yield {"target": _json_path(path[:-1]), "update": {str(node.key): cast(Json, plan.after(node))}}


def _is_inside(holder: Node, anew: dict[int, Node]) -> bool:
    node: Node | None = holder
    while node is not None:
        if id(node) in anew:
            return True
        node = node.parent
    return False


def _json_path(path: Path) -> str:
    """The way there in the notation of RFC 9535."""
    return "$" + "".join(map(_segment, path))


def _segment(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _SHORTHAND.fullmatch(step) else f"['{_ESCAPED.sub(_escape, step)}']"


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return f"\\{character}" if character in "\\'" else f"\\u{ord(character):04x}"
