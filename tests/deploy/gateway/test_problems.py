"""What Nginx itself refuses is a problem document; what the service says passes as it is."""

import json
import socket

import httpx
import pytest

from tests.deploy.gateway.stage import HOST, Gateway, receive_all
from tests.deploy.gateway.upstream import PROBLEM
from tests.integration.api.problem_shape import assert_problem

NAVIGATION = {"Accept": "text/html"}
A_FEED = "/calendar/c2VjcmV0.ics"


def send(gateway: Gateway, head: str) -> bytes:
    """Return the answer to a request that no client library would send."""
    with gateway.connect() as connection:
        connection.sendall(head.encode("latin-1"))
        return receive_all(connection)


class TestARefusalByNginx:
    @pytest.mark.parametrize("headers", [{"Host": "a b"}, {"Content-Length": "x"}])
    def test_of_headers_that_cannot_be_read(self, headers: dict[str, str], gateway: Gateway) -> None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in ({"Host": HOST} | headers).items())
        answer = send(gateway, f"POST /api/v1/tasks HTTP/1.1\r\n{lines}Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"Content-Type: application/problem+json\r\n" in answer
        assert b'"type":"/problems/malformed-request"' in answer

    def test_of_a_path_that_is_nowhere(self, client: httpx.Client) -> None:
        problem = assert_problem(client.get("/assets/nope.js"), 404)
        assert problem["type"] == "/problems/not-found"

    def test_of_a_method_for_a_file(self, client: httpx.Client) -> None:
        answer = client.post("/favicon.svg")
        assert_problem(answer, 405)
        assert answer.headers["Allow"] == "GET, HEAD"

    def test_of_a_body_that_is_too_long(self, gateway: Gateway, client: httpx.Client) -> None:
        answer = client.post("/api/v1/tasks", content=b"x" * 1_048_577)
        assert assert_problem(answer, 413)["type"] == "/problems/payload-too-large"
        assert not gateway.tasks.arrivals

    def test_of_an_address_that_is_too_long(self, gateway: Gateway, client: httpx.Client) -> None:
        answer = client.get(f"/api/v1/tasks?q={'a' * 8_000}")
        assert assert_problem(answer, 414)["type"] == "/problems/uri-too-long"
        assert not gateway.tasks.arrivals

    def test_of_a_condition_that_a_file_does_not_meet(self, client: httpx.Client) -> None:
        headers = {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}
        assert_problem(client.get("/favicon.svg", headers=headers), 412)

    def test_of_headers_that_are_too_long(self, gateway: Gateway, client: httpx.Client) -> None:
        answer = client.get("/api/v1/tasks", headers={"X-Long": "x" * 20_000})
        assert assert_problem(answer, 431)["type"] == "/problems/request-head-too-large"
        assert not gateway.tasks.arrivals

    def test_of_plain_http_where_https_is_spoken(self, gateway: Gateway) -> None:
        with socket.create_connection(("127.0.0.1", gateway.nginx.port), timeout=10) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            answer = receive_all(connection)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b'"type":"/problems/malformed-request"' in answer

    def test_of_a_transfer_that_nobody_understands(self, gateway: Gateway) -> None:
        head = f"POST /api/v1/tasks HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\n"
        answer = send(gateway, head)
        assert answer.startswith(b"HTTP/1.1 501 ")
        assert b'"type":"/problems/not-implemented"' in answer

    def test_says_when_to_come_back_to_a_service_that_is_away(self, client: httpx.Client) -> None:
        answer = client.get("/api/v1/tasks/die")
        assert assert_problem(answer, 502)["type"] == "/problems/bad-gateway"
        assert answer.headers["Retry-After"] == "5"

    def test_has_the_headers_of_every_answer(self, client: httpx.Client) -> None:
        answer = client.get("/livez", headers={"X-Request-ID": "mine-1"})
        assert answer.headers["X-Request-ID"] == "mine-1"
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
        assert answer.headers["Server"] == "nginx"

    def test_has_no_body_for_head(self, client: httpx.Client) -> None:
        answer = client.head("/livez")
        assert (answer.status_code, answer.content) == (404, b"")

    @pytest.mark.parametrize("path", [A_FEED, "/c%61lendar/c2VjcmV0.ics", "/x/../calendar/c2VjcmV0.ics"])
    def test_does_not_repeat_the_secret_of_a_feed(self, path: str, gateway: Gateway) -> None:
        head = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Long: {'x' * 20_000}\r\nConnection: close\r\n\r\n"
        answer = send(gateway, head)
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert b'"instance":"/calendar/hidden"' in answer

    @pytest.mark.parametrize("path", ['/assets/"x', "/assets/\\x", "/assets/\xe4"])
    def test_is_json_whatever_the_path_is(self, path: str, gateway: Gateway) -> None:
        answer = send(gateway, f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b'"instance":""' in answer


class TestWhatCannotBeRead:
    """Nginx refuses it before it knows of a path."""

    @pytest.mark.parametrize(
        ("sent", "status", "slug"),
        [
            (b"HELLO\r\n\r\n", 400, "malformed-request"),
            (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "malformed-request"),
            (b"get / HTTP/1.1\r\n", 400, "malformed-request"),
            (b"GET /api/v1/%zz HTTP/1.1\r\n", 400, "malformed-request"),
            (b"GET /api/v1/%00 HTTP/1.1\r\n", 400, "malformed-request"),
            (b"GET /../../etc/passwd HTTP/1.1\r\n", 400, "malformed-request"),
            (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n", 414, "uri-too-long"),
            (b"GET / HTTP/9.1\r\n", 505, "http-version-not-supported"),
        ],
        ids=lambda value: repr(value)[:40],
    )
    @pytest.mark.parametrize("port", ["http", "https"])
    def test_gets_a_problem_whose_fault_is_not_ours(
        self, port: str, sent: bytes, status: int, slug: str, gateway: Gateway
    ) -> None:
        address = ("127.0.0.1", gateway.nginx.http_port)
        connection = gateway.connect() if port == "https" else socket.create_connection(address, timeout=10)
        with connection:
            connection.sendall(sent + f"Host: {HOST}\r\nConnection: close\r\n\r\n".encode())
            head, _, body = receive_all(connection).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\nContent-Type: application/problem+json\r\n" in head
        assert b"\r\nCache-Control: no-store\r\n" in head
        problem = json.loads(body)
        assert (problem["type"], problem["status"], problem["instance"]) == (f"/problems/{slug}", status, "")
        line = gateway.log_of(problem["request_id"])
        assert (line["status"], line["path"]) == (status, "")

    def test_has_no_page_that_anybody_could_ask_for(self, client: httpx.Client) -> None:
        assert_problem(client.get("/@problem"), 404)


class TestARequestThatCouldBeReadInTwoWays:
    """What two servers understand differently lets one client speak for another one (RFC 9112, section 11.2)."""

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            (["Content-Length: 5", "Transfer-Encoding: chunked"], 400),
            (["Content-Length: 4", "Content-Length: 5"], 400),
            (["Content-Length: +5"], 400),
            (["Transfer-Encoding : chunked"], 400),
            (["Transfer-Encoding: chunked, identity"], 501),
            (["Transfer-Encoding: xchunked"], 501),
            ([f"Host: {HOST}.example"], 400),
            (["X-Name: a\x00b"], 400),
        ],
        ids=str,
    )
    def test_never_reaches_the_service(self, headers: list[str], status: int, gateway: Gateway) -> None:
        lines = "".join(f"{line}\r\n" for line in (f"Host: {HOST}", "Connection: close", *headers))
        answer = send(gateway, f"POST /api/v1/tasks HTTP/1.1\r\n{lines}\r\n0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert b"Content-Type: application/problem+json\r\n" in answer
        assert not gateway.tasks.arrivals


class TestAnErrorOfTheService:
    def test_passes_untouched(self, client: httpx.Client) -> None:
        answer = client.get("/api/v1/tasks/problem", headers={"X-Request-ID": "mine-2"})
        assert (answer.status_code, answer.content) == (409, PROBLEM)
        assert answer.headers["X-Request-ID"] == "mine-2"
