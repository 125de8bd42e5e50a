"""Which operations reach which schemas, in time linear in the document however tangled its references are.

A set of operations is an integer with one bit for each; what leads to one another in a circle shares one set.
"""

from __future__ import annotations

from collections.abc import Sequence

Edges = Sequence[Sequence[int]]


def spread(edges: Edges, masks: Sequence[int]) -> list[int]:
    """The mask of every node joined with those of all nodes from which it can be reached."""
    component = _components(edges)
    joined = [0] * len(edges)
    for node, mask in enumerate(masks):
        joined[component[node]] |= mask
    for node in sorted(range(len(edges)), key=component.__getitem__):
        mask = joined[component[node]]
        for child in edges[node]:
            joined[component[child]] |= mask
    return [joined[number] for number in component]


def bits(mask: int) -> list[int]:
    """The numbers of the bits that are set, ascending."""
    return [number for number, digit in enumerate(reversed(f"{mask:b}")) if digit == "1"]


def _components(edges: Edges) -> list[int]:
    """The strongly connected component of each node, numbered so that every edge leads to an equal or higher number.

    Kosaraju's algorithm: what finishes last in the graph begins a component of the reversed graph.
    """
    backwards: list[list[int]] = [[] for _ in edges]
    for node, children in enumerate(edges):
        for child in children:
            backwards[child].append(node)
    component = [-1] * len(edges)
    count = 0
    for root in reversed(_postorder(edges)):
        if component[root] < 0:
            _mark(root, backwards, component, count)
            count += 1
    return component


def _mark(root: int, edges: Edges, component: list[int], number: int) -> None:
    component[root] = number
    waiting = [root]
    while waiting:
        for child in edges[waiting.pop()]:
            if component[child] < 0:
                component[child] = number
                waiting.append(child)


def _postorder(edges: Edges) -> list[int]:
    """Every node after all that it leads to, circles aside; without recursion, for chains of any length."""
    order: list[int] = []
    seen = bytearray(len(edges))
    for root in range(len(edges)):
        if seen[root]:
            continue
        seen[root] = 1
        path = [(root, iter(edges[root]))]
        while path:
            node, children = path[-1]
            child = next((child for child in children if not seen[child]), None)
            if child is None:
                order.append(node)
                path.pop()
            else:
                seen[child] = 1
                path.append((child, iter(edges[child])))
    return order
