"""Heads: header lines as they travel."""

import pytest

from app.api.exchange import is_head, read_head, write_head

HEADERS = [(b"etag", b'"1"'), (b"link", b'</a: b>; rel="next"'), (b"empty", b"")]


class TestAHead:
    def test_is_read_as_it_was_written(self) -> None:
        assert read_head(write_head(HEADERS)) == HEADERS

    def test_of_so_many_headers_has_so_many_lines(self) -> None:
        assert is_head(write_head(HEADERS), 3)

    @pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\0b", b"a\r\n", b"\r\n\r\n"])
    def test_hides_nothing_in_a_value(self, value: bytes) -> None:
        assert not is_head(write_head([*HEADERS, (b"x", value)]), 4)
