"""Reading answers from bytes, however they are cut into pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import ConnectionClosed, GarbledAnswer
from gatepost.net.response import MAX_HEADER_BYTES, MAX_INTERIM_ANSWERS, Response, ResponseReader

MAX_BODY = 64


def read(*pieces: bytes, max_body: int = MAX_BODY) -> tuple[Response | None, ResponseReader]:
    """Feeds the pieces until there is a response."""
    reader = ResponseReader(max_body)
    for piece in pieces:
        if (response := reader.feed(piece)) is not None:
            return response, reader
    return None, reader


def answer(*pieces: bytes, max_body: int = MAX_BODY) -> Response:
    response, _ = read(*pieces, max_body=max_body)
    assert response is not None
    return response


def test_an_answer_with_a_length() -> None:
    response, reader = read(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello")
    assert response is not None
    assert (response.status, response.body, response.truncated) == (201, b"hello", False)
    assert response.headers == {"content-length": "5", "x-a": "1, 2"}
    assert reader.reusable


WHOLE_ANSWERS = [
    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;ext=1\r\nhe\r\n3\r\nllo\r\n0\r\ntrailer: x\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
]


@pytest.mark.parametrize("whole", WHOLE_ANSWERS)
@given(cuts=st.lists(st.integers(0, 120), max_size=6))
def test_where_the_pieces_are_cut_makes_no_difference(whole: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(whole), *(cut % len(whole) for cut in cuts)})
    response, reader = read(*[whole[start:end] for start, end in pairwise(edges)])
    assert response is not None
    assert (response.status, response.body) == (200, b"hello")
    assert "link" not in response.headers
    assert "trailer" not in response.headers
    assert reader.reusable


def test_one_reader_reads_one_answer_after_the_other() -> None:
    reader = ResponseReader(MAX_BODY)
    for status in (200, 500, 204, 200):
        reader.begin()
        response = reader.feed(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % status)
        assert response is not None
        assert response.status == status
        assert reader.reusable


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n",
    ],
)
def test_a_connection_that_ends_with_the_answer_is_not_reused(head: bytes) -> None:
    response, reader = read(head + b"ok")
    assert response is not None
    assert response.body == b"ok"
    assert not reader.reusable


@pytest.mark.parametrize("junk", [b"junk", b"HTTP/1.1 500 X\r\nx: y\r\ncontent-length: 1\r\n\r\n!", b"\x00", b"H"])
def test_bytes_after_the_answer_change_nothing_but_end_the_connection(junk: bytes) -> None:
    response, reader = read(WHOLE_ANSWERS[0] + junk)
    assert response is not None
    assert (response.status, response.body, response.headers) == (200, b"hello", {"content-length": "5"})
    assert not reader.reusable


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nx: y\r\n\r\n"])
def test_an_answer_without_a_length_ends_with_the_connection(head: bytes) -> None:
    response, reader = read(head, b"he", b"llo")
    assert response is None
    assert reader.end().body == b"hello"
    assert not reader.reusable


@pytest.mark.parametrize(
    "part",
    [
        b"H",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_garbled(part: bytes) -> None:
    response, reader = read(part)
    assert response is None
    with pytest.raises(GarbledAnswer):
        reader.end()


def test_an_end_before_any_byte_is_told_apart() -> None:
    with pytest.raises(ConnectionClosed):
        ResponseReader(MAX_BODY).end()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x15\x03\x01\x00\x02\x02P",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"<html>",
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n",
    ],
)
def test_what_is_not_http_is_garbled(garbage: bytes) -> None:
    with pytest.raises(GarbledAnswer):
        read(garbage)


@given(garbage=st.binary(max_size=300))
def test_no_bytes_whatever_raise_anything_else(garbage: bytes) -> None:
    try:
        _, reader = read(garbage, b"HTTP/1.1 ", garbage)
        reader.end()
    except (GarbledAnswer, ConnectionClosed):
        pass


def test_a_long_body_is_cut_off() -> None:
    response, reader = read(b"HTTP/1.1 500 X\r\ncontent-length: 1000000\r\n\r\n", b"x" * 100_000)
    assert response is not None
    assert (response.status, response.body, response.truncated) == (500, b"x" * MAX_BODY, True)
    assert not reader.reusable


def test_a_body_of_just_the_length_allowed_is_whole() -> None:
    response, reader = read(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % MAX_BODY, b"x" * MAX_BODY)
    assert response is not None
    assert not response.truncated
    assert reader.reusable


@pytest.mark.parametrize(
    ("start", "endless"),
    [
        (b"transfer-encoding: chunked\r\n\r\n0\r\n", b"trailer: x\r\n"),
        (b"transfer-encoding: chunked\r\n\r\n0\r\nx: ", b"x" * 100),
        (b"transfer-encoding: chunked\r\n\r\n1", b";x=y"),
    ],
)
def test_endless_framing_around_a_short_body_is_cut_off(start: bytes, endless: bytes) -> None:
    response, _ = read(b"HTTP/1.1 200 OK\r\n" + start, *[endless] * 100_000)
    assert response is not None
    assert response.truncated


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"x: y\r\n"] * MAX_HEADER_BYTES],
        [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * MAX_HEADER_BYTES + b"content-length: 0\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nx: ", *[b"y" * 1000] * 1000],
        [b"HTTP/1.1 200 ", *[b"OK" * 1000] * 1000],
        [b"\r\n"] * MAX_HEADER_BYTES,
        [b"HTTP/1.1 103 Early Hints\r\nx: " + b"y" * 10_000 + b"\r\n\r\n", b"HTTP/1.1 103 X\r\n" + b"y" * 10_000],
    ],
)
def test_huge_headers_are_refused(pieces: list[bytes]) -> None:
    with pytest.raises(GarbledAnswer):
        read(*pieces)


def test_headers_up_to_the_bound_pass_beside_a_large_body() -> None:
    head = b"HTTP/1.1 200 OK\r\nx: " + b"y" * 16_000 + b"\r\ncontent-length: 50000\r\n\r\n"
    assert len(answer(head + b"z" * 50_000, max_body=50_000).body) == 50_000


def test_a_few_interim_answers_pass_and_a_flood_does_not() -> None:
    interim = b"HTTP/1.1 102 Processing\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    assert answer(interim * MAX_INTERIM_ANSWERS + final).status == 200
    with pytest.raises(GarbledAnswer):
        read(interim * (MAX_INTERIM_ANSWERS + 1) + final)
