from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost import topics
from gatepost.errors import InvalidField
from gatepost.guard.request import Principal
from gatepost.guard.scopes import MAX_SCOPES, Scope, parse_all

# A small world, so that scopes meet often.
words = st.sampled_from(["*", "keys", "notifications"])
verbs = st.sampled_from(["*", "read", "send"])
segments = st.lists(st.sampled_from(["*", "a", "b"]), min_size=1, max_size=3).map(".".join)
names = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4).map(".".join)
scopes = st.builds(Scope, words, verbs, segments)


@pytest.mark.parametrize(
    "text",
    [
        "notifications:send",
        "*:*",
        "keys:*",
        "*:read",
        "notifications:send:orders.*",
        "notifications:send:*.created",
        "a-b:c_d:E.f-1",
    ],
)
def test_text_and_scope_are_one(text: str) -> None:
    assert str(Scope.parse(text)) == text


def test_every_topic_is_what_an_unnamed_topic_means() -> None:
    assert Scope.parse("notifications:send:*") == Scope.parse("notifications:send")


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "::", "notifications", "notifications:", ":send", "notifications:send:", " keys:read", "keys:read "),
        *("Keys:read", "keys:Read", "k*:read", "keys:re*", "keys:read:orders..eu", "keys:read:a:b", "keys:read:ord*"),
        *("keys:read\n", "kéys:read", "keys:read:" + "a" * 129, "k" * 65 + ":read", "**:read", "keys/read"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        Scope.parse(text)


def test_a_list_is_refused_naming_every_wrong_one() -> None:
    with pytest.raises(InvalidField) as refused:
        parse_all(["keys:read", "nonsense", "keys:write", ""])
    assert [error.pointer for error in refused.value.errors] == ["/1", "/3"]


def test_a_list_keeps_order_and_drops_repeats() -> None:
    assert list(map(str, parse_all(["keys:write", "keys:read", "keys:write:*"]))) == ["keys:write", "keys:read"]


def test_a_list_is_bounded() -> None:
    with pytest.raises(InvalidField):
        parse_all(f"keys:verb{number}" for number in range(MAX_SCOPES + 1))


@given(scopes, scopes, st.sampled_from(["keys", "notifications"]), st.sampled_from(["read", "send"]), names)
def test_what_is_covered_permits_nothing_more(outer: Scope, inner: Scope, resource: str, verb: str, topic: str) -> None:
    if outer.covers(inner) and inner.allows(resource, verb) and topics.matches(inner.topic, topic):
        assert outer.allows(resource, verb)
        assert topics.matches(outer.topic, topic)


@given(scopes, scopes, scopes)
def test_covering_is_an_order(one: Scope, two: Scope, three: Scope) -> None:
    assert one.covers(one)
    assert not (one.covers(two) and two.covers(three)) or one.covers(three)
    assert not (one.covers(two) and two.covers(one)) or one == two


@given(scopes)
def test_the_operators_scope_covers_everything(scope: Scope) -> None:
    assert Scope.parse("*:*").covers(scope)


def principal(*texts: str) -> Principal:
    return Principal("ten_1", "key_1", parse_all(texts))


def test_without_scopes_nothing_is_permitted() -> None:
    assert not principal().may("keys", "read")
    assert not principal().may_on_some_topic("keys", "read")
    assert not principal().may_grant(Scope.parse("keys:read"))


def test_a_topic_scope_permits_its_topics_and_not_the_whole() -> None:
    caller = principal("notifications:send:orders.*")
    assert caller.may("notifications", "send", "orders.eu")
    assert not caller.may("notifications", "send", "invoices.eu")
    assert not caller.may("notifications", "send")
    assert caller.may_on_some_topic("notifications", "send")
    assert not caller.may_on_some_topic("notifications", "read")


@given(st.lists(scopes, max_size=3), scopes, names)
def test_nobody_grants_more_than_they_hold(held: list[Scope], granted: Scope, topic: str) -> None:
    giver = Principal("ten_1", "key_1", tuple(held))
    taker = Principal("ten_1", "key_2", (granted,))
    if giver.may_grant(granted):
        for resource, verb in (("keys", "read"), ("notifications", "send"), ("notifications", "read")):
            assert giver.may(resource, verb, topic) or not taker.may(resource, verb, topic)
            assert giver.may(resource, verb) or not taker.may(resource, verb)
