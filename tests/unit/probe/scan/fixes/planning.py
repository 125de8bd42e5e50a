"""Random changes to random documents."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from gatepost.probe.scan.edits import AppendItem, Change, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.fixes.plan import Plan, same
from gatepost.probe.scan.fixes.refusal import Conflicting, NotEditable
from gatepost.probe.scan.reading.node import Node
from tests.unit.probe.scan.describing import source
from tests.unit.probe.scan.fixes.formatted import DOCUMENTS, NAMES, VALUES, as_json, as_yaml

MANY = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A document in random formatting that the reader understands."""
    value = draw(DOCUMENTS)
    for name in draw(st.lists(NAMES, max_size=2)):
        value[name] = draw(st.sampled_from(list(value.values())))  # which YAML may write as an alias
    text = draw(st.sampled_from([as_json, as_yaml, as_yaml]))(draw, value)
    read = source(text)
    assume(not read.faults and same(read.root.plain(), value))  # JSON with raw line separators is no YAML
    return text


@st.composite
def a_change(draw: st.DrawFn, root: Node) -> Change:
    place = draw(st.sampled_from(list(root.walk())))
    if place.is_mapping and draw(st.booleans()):
        return SetKey(place, draw(NAMES), draw(VALUES))
    if place.is_sequence and draw(st.booleans()):
        return AppendItem(place, draw(VALUES))
    if place.value is None and draw(st.booleans()):
        return SetKey(place, draw(NAMES), draw(VALUES))
    if draw(st.booleans()):
        return RemoveKey(place)
    return ReplaceValue(place, draw(VALUES))


def planned(data: st.DataObject, root: Node) -> Plan:
    """Up to four findings with up to three changes each, as far as they fit together."""
    plan = Plan()
    for _ in range(data.draw(st.integers(1, 4))):
        changes = [data.draw(a_change(root)) for _ in range(data.draw(st.integers(1, 3)))]
        with suppress(NotEditable, Conflicting):
            plan.add(changes)
    return plan
