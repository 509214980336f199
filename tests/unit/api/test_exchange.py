"""An exchange: answers in as few messages as may be, and heads, which are header lines as they travel."""

from typing import Any

import pytest
from pydantic_core import to_json

from app.api.exchange import _SAFE_REQUEST_ID, WHOLE_ANSWER, Exchange, is_head, read_head, write_head

HEADERS = [(b"etag", b'"1"'), (b"link", b'</a: b>; rel="next"'), (b"empty", b"")]


class TestAHead:
    def test_is_read_as_it_was_written(self) -> None:
        assert read_head(write_head(HEADERS)) == HEADERS

    def test_of_so_many_headers_has_so_many_lines(self) -> None:
        assert is_head(write_head(HEADERS), 3)

    @pytest.mark.parametrize(
        "value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\0b", b"a\r\n", b"\r\n\r\n", b"a\x1bb", b"\x7f"]
    )
    def test_hides_nothing_in_a_value(self, value: bytes) -> None:
        assert not is_head(write_head([*HEADERS, (b"x", value)]), 4)


START = "http.response.start"
BODY = "http.response.body"
TWO_BYTES = [(b"content-length", b"2"), (b"etag", b'"1"')]


async def messages_of(
    status: int, headers: list[tuple[bytes, bytes]], *parts: dict[str, Any], takes_whole_answers: bool = True
) -> list[Any]:
    """What the server is sent of an answer."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def send_whole(status: int, head: bytes, body: bytes) -> None:
        sent.append((status, head, body))

    extensions = {WHOLE_ANSWER: send_whole} if takes_whole_answers else {}
    exchange = Exchange({"type": "http", "headers": [], "extensions": extensions}, send)
    await exchange.send({"type": START, "status": status, "headers": headers})
    assert not sent, "nothing may leave ahead of the body"
    assert not exchange.has_begun
    assert exchange.status == 0
    for part in parts:
        await exchange.send({"type": BODY, **part})
    assert exchange.has_begun
    assert exchange.status == status
    return sent


class TestAnAnswerInTwoMessages:
    @pytest.mark.parametrize(
        ("status", "headers", "body"),
        [
            (200, TWO_BYTES, b"ok"),
            (201, [*TWO_BYTES, (b"location", b"/a")], b"ok"),
            (200, [(b"content-length", b"0")], b""),
            (204, [], b""),
            (304, [(b"etag", b'"1"')], b""),
        ],
    )
    async def test_leaves_as_a_whole(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        (whole,) = await messages_of(status, headers, {"body": body})

        sent_status, head, sent_body = whole
        assert (sent_status, sent_body) == (status, body)
        assert read_head(head)[: len(headers)] == headers
        assert b"x-request-id: " in head

    @pytest.mark.parametrize(
        ("status", "headers", "body"),
        [
            (200, TWO_BYTES, b"not two"),
            (200, [(b"etag", b'"1"')], b"ok"),
            (204, [], b"ok"),
            (304, TWO_BYTES, b"not two"),
            (204, TWO_BYTES, b""),
            (304, TWO_BYTES, b""),
            (200, [*TWO_BYTES, (b"connection", b"close")], b"ok"),
            (200, [*TWO_BYTES, (b"transfer-encoding", b"chunked")], b"ok"),
            (200, [*TWO_BYTES, (b"location", b"/a\r\nset-cookie: b")], b"ok"),
        ],
    )
    async def test_is_for_the_server_to_judge_where_it_is_out_of_the_ordinary(
        self, status: int, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> None:
        start, part = await messages_of(status, headers, {"body": body})

        assert (start["type"], start["status"], start["headers"][: len(headers)]) == (START, status, headers)
        assert b"x-request-id" in dict(start["headers"])
        assert part == {"type": BODY, "body": body}

    async def test_stays_in_two_for_a_server_that_knows_nothing_else(self) -> None:
        sent = await messages_of(200, TWO_BYTES, {"body": b"ok"}, takes_whole_answers=False)

        assert [message["type"] for message in sent] == [START, BODY]


class TestALongerAnswer:
    async def test_leaves_part_by_part(self) -> None:
        parts = ({"body": b"o", "more_body": True}, {"body": b"k"})

        assert [message["type"] for message in await messages_of(200, TWO_BYTES, *parts)] == [START, BODY, BODY]


class TestTheRequestId:
    def test_has_only_characters_that_the_access_log_may_write_as_they_are(self) -> None:
        safe = bytes(byte for byte in range(256) if _SAFE_REQUEST_ID.fullmatch(bytes([byte])))

        assert b"a" in safe
        assert to_json(safe.decode()) == b'"%b"' % safe
