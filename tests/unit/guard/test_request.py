from __future__ import annotations

import pytest

from gatepost.errors import InvalidParameter
from gatepost.guard import Headers


def test_fields_are_found_in_order() -> None:
    headers = Headers([(b"via", b"a"), (b"host", b"h\xe9"), (b"via", b"b")])
    assert headers.one("host") == "hé"
    assert headers.one("accept") is None
    assert headers.all("via") == ["a", "b"]
    assert "via" in headers
    assert "accept" not in headers
    assert (len(headers), headers.size) == (3, 14)


def test_a_field_that_may_come_once_may_not_come_twice() -> None:
    headers = Headers([(b"authorization", b"x"), (b"host", b"h"), (b"authorization", b"x")])
    assert headers.one("host") == "h"
    with pytest.raises(InvalidParameter):
        headers.one("authorization")


def test_printing_headers_shows_no_values() -> None:
    assert repr(Headers([(b"authorization", b"secret"), (b"host", b"h")])) == "Headers(['authorization', 'host'])"
