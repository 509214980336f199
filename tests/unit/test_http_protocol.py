"""The server's own headers: written once for each list of them."""

from app.http_protocol import _DefaultHead


class TestTheHeadersOfTheServer:
    def test_are_those_of_the_present_list(self) -> None:
        head = _DefaultHead()
        first, second = [(b"date", b"now"), (b"server", b"a")], [(b"date", b"later")]

        assert [head.of(headers) for headers in (first, first, second)] == [
            b"date: now\r\nserver: a\r\n",
            b"date: now\r\nserver: a\r\n",
            b"date: later\r\n",
        ]

    def test_may_be_none(self) -> None:
        assert _DefaultHead().of([]) == b""
