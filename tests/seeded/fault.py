"""One planted fault: what is put where, and what a scanner should then say."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from msgspec import Struct

from tests.seeded.document import Document, Pointer

Shape: TypeAlias = str
"""inline, ref, allOf, path or global: how the planted thing hangs in the document."""

REMOVED: Any = object()
"""As the value of an edit: the node is taken out."""


class Edit(Struct, frozen=True):
    """A node that is put in, put in place of another, or taken out."""

    pointer: Pointer
    value: Any = REMOVED


class Fault(Struct, frozen=True):
    """`business` is whether a repair needs knowledge that is not in the document; None is what the family says."""

    shape: Shape
    edits: tuple[Edit, ...]
    business: bool | None = None

    @property
    def where(self) -> Pointer:
        """The place of the fault itself; the other edits only lead to it."""
        return self.edits[0].pointer


class Family(Struct, frozen=True):
    """A kind of fault. `plant` yields it at every place where a document can have it."""

    name: str
    owasp: str
    plant: Callable[[Document], Iterator[Fault]]
    business: bool = True


def fault(shape: Shape, pointer: Pointer, value: Any = REMOVED, business: bool | None = None) -> Fault:
    """A fault that takes one edit."""
    return Fault(shape, (Edit(pointer, value),), business)


def planted(tree: dict[str, Any], edits: tuple[Edit, ...]) -> dict[str, Any]:
    """A copy of the tree with the edits made. Parents that are not there yet are made too."""
    tree = copy.deepcopy(tree)
    for edit in edits:
        _apply(tree, edit)
    return tree


def _apply(tree: Any, edit: Edit) -> None:
    node = tree
    for token in edit.pointer[:-1]:
        node = node[int(token)] if isinstance(node, list) else node.setdefault(token, {})
    last = edit.pointer[-1]
    if isinstance(node, list):
        node[int(last) : int(last) + 1] = [] if edit.value is REMOVED else [copy.deepcopy(edit.value)]
    elif edit.value is REMOVED:
        del node[last]
    else:
        node[last] = copy.deepcopy(edit.value)
