from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import InvalidSetting, MethodNotAllowed, NoSuchRoute
from gatepost.guard import PUBLIC, Policy, Route, decoded_path
from gatepost.guard.routes import MAX_PATH_BYTES, RouteTable


def table(*routes: str) -> RouteTable:
    """Of `GET /path` texts; the handler is the text again."""
    split = [text.split() for text in routes]
    return RouteTable((Route(method, path, Policy(scope=PUBLIC), f"{method} {path}"), ()) for method, path in split)


def test_a_path_without_names_goes_before_one_with_names() -> None:
    both = table("GET /keys/{id}", "GET /keys/mine")
    assert both.match("GET", "/keys/mine").route.handler == "GET /keys/mine"
    assert both.match("GET", "/keys/yours").params == {"id": "yours"}


def test_a_path_without_names_hides_the_other_methods_too() -> None:
    both = table("DELETE /keys/{id}", "GET /keys/mine")
    with pytest.raises(MethodNotAllowed):
        both.match("DELETE", "/keys/mine")


def test_one_path_several_methods() -> None:
    keys = table("GET /keys/{id}", "DELETE /keys/{id}", "POST /keys")
    assert keys.match("DELETE", "/keys/1").route.handler == "DELETE /keys/{id}"
    assert keys.match("HEAD", "/keys/1").route.handler == "GET /keys/{id}"
    with pytest.raises(MethodNotAllowed) as refused:
        keys.match("HEAD", "/keys")
    assert refused.value.allowed == ("POST",)


@pytest.mark.parametrize(
    "routes",
    [
        ("GET /a", "GET /a"),
        ("GET /a/{x}", "GET /a/{x}"),
        ("GET /a/{x}", "GET /a/{y}"),
        ("GET /a/{x}", "DELETE /a/{y}"),
        ("GET /a/{x}/c", "GET /a/b/{y}"),
        ("GET /{x}/b", "GET /a/{y}"),
    ],
)
def test_routes_that_would_answer_the_same_request_are_refused(routes: tuple[str, ...]) -> None:
    with pytest.raises(InvalidSetting):
        table(*routes)


def test_nothing_a_handler_does_to_its_parameters_reaches_the_next_request() -> None:
    with pytest.raises(TypeError):
        table("GET /a").match("GET", "/a").params["x"] = "y"  # type: ignore[index]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/v1/keys", "/v1/keys"),
        (b"/v1/key%31", "/v1/key1"),
        (b"/caf%C3%A9", "/café"),
        (b"/a%20b", "/a b"),
        (b"/%252F", "/%2F"),
        (b"/%2e%2E/x", "/../x"),
        (b"/a+b", "/a+b"),
    ],
)
def test_percent_signs_are_undone_once(raw: bytes, path: str) -> None:
    assert decoded_path(raw) == path


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"/a%2Fb",
        b"/a%2fb",
        b"/a%5Cb",
        b"/a\\b",
        b"/a%00",
        b"/a%0d%0aSet-Cookie:x",
        b"/a%1f",
        b"/a%7F",
        b"/a%",
        b"/a%4",
        b"/a%zz",
        b"/a%C0%AF",
        b"/a%FF",
        b"/a%ED%A0%80",
        b"/a\x00",
        b"/a b",
        b"/caf\xc3\xa9",
        b"/" + b"a" * MAX_PATH_BYTES,
    ],
)
def test_what_could_be_read_in_two_ways_is_no_path(raw: bytes) -> None:
    with pytest.raises(NoSuchRoute):
        decoded_path(raw)


@given(st.binary(max_size=20).map(lambda raw: b"/" + raw))
def test_a_decoded_path_has_exactly_the_segments_that_came(raw: bytes) -> None:
    try:
        path = decoded_path(raw)
    except NoSuchRoute:
        return
    assert path.count("/") == raw.count(b"/")
    assert not any(character < " " or character in "\\\x7f" for character in path)
