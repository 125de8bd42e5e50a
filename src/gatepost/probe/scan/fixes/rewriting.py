"""From a plan to splices of the text of each file."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Edit
from gatepost.probe.scan.fixes.block import block_splices, filled
from gatepost.probe.scan.fixes.flow import flow_splices
from gatepost.probe.scan.fixes.plan import Members, Plan
from gatepost.probe.scan.fixes.splice import Splice, in_order
from gatepost.probe.scan.reading.node import Source, Style


def splices_of(plan: Plan) -> dict[Source, list[Splice]]:
    """What makes the changes of a plan in each file. Raises NotEditable."""
    found: dict[Source, list[Splice]] = {}
    # Of insertions at one place the inner ones come first: they end what the outer ones go on with.
    for members in sorted(plan, key=lambda each: -len(each.holder.path)):
        found.setdefault(members.holder.source, []).extend(_splices(members, plan))
    return {source: in_order(splices) for source, splices in found.items()}


def edits_of(plan: Plan) -> tuple[Edit, ...]:
    """The same as reports show it."""
    return tuple(
        Edit(source.name, splice.start, splice.end, splice.text, splice.guess)
        for source, splices in splices_of(plan).items()
        for splice in splices
    )


def _splices(members: Members, plan: Plan) -> Iterator[Splice]:
    holder = members.holder
    notation = plan.file(holder.source).notation
    if holder.value is None:
        yield filled(members, notation)
    elif holder.style is Style.FLOW:
        yield from flow_splices(members, notation)
    else:
        yield from block_splices(members, notation)
