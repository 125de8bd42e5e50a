"""How a property is marked as read-only or write-only."""

from __future__ import annotations

from gatepost.probe.scan.edits import Change, ReplaceValue, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.schema import Property


def mark(description: Description, each: Property, keyword: str) -> tuple[Change, ...]:
    """Sets the keyword on one property only, also where it is a reference to what others share."""
    if each.place.target is None or description.version.ref_siblings:
        return (SetKey(each.place, keyword, True, guess=True),)
    reference = each.place.at("$ref")
    if reference is None:
        return ()
    return (ReplaceValue(each.place, {"allOf": [{"$ref": str(reference.value)}], keyword: True}, guess=True),)
