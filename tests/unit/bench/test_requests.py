"""Prepared requests as they go over the wire."""

from pathlib import Path

from bench.requests import RECORD_SEPARATOR, SOME_INSTANT, UNIQUE, Request, write_requests


class TestARequestWithoutABody:
    def test_is_http_as_it_is_written(self) -> None:
        text = Request("GET", "/api/v1/tasks?limit=50", "token").with_header("If-None-Match", '"1"').to_text()

        head, _, body = text.partition("\r\n\r\n")
        assert head.split("\r\n")[0] == "GET /api/v1/tasks?limit=50 HTTP/1.1"
        assert {"Host: 127.0.0.1", "Authorization: Bearer token", 'If-None-Match: "1"'} <= set(head.split("\r\n"))
        assert body == ""


class TestARequestWithABody:
    def test_has_the_length_that_it_will_have(self) -> None:
        text = Request("PATCH", "/tasks/1", "token", {"title": f"é {UNIQUE}"}).to_text()

        head, _, body = text.partition("\r\n\r\n")
        assert body.count(UNIQUE) == 1
        assert f"Content-Length: {len(body.replace(UNIQUE, SOME_INSTANT).encode())}" in head.split("\r\n")


class TestAFileOfRequests:
    def test_keeps_every_byte(self, tmp_path: Path) -> None:
        requests = [Request("GET", f"/{number}", "token") for number in range(3)]

        write_requests(tmp_path / "requests", requests)

        written = (tmp_path / "requests").read_bytes().split(RECORD_SEPARATOR.encode())
        assert written == [request.to_text().encode() for request in requests]
