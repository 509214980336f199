"""Bodies and answers that are long or slow, and clients that are."""

import socket
import time

import httpx
import pytest

from tests.deploy.gateway.stage import HOST, Gateway, receive_all

IMPORT = "/api/v1/me/import"
HEAD_TIMEOUT_SECONDS = 10


class TestLiveUpdates:
    def test_arrive_one_by_one(self, gateway: Gateway, client: httpx.Client) -> None:
        with client.stream("GET", "/api/v1/events") as answer:
            parts = answer.iter_text()
            assert next(parts) == "event: revision\nid: 1\n\n"
            gateway.tasks.go_on.set()
            assert next(parts) == "event: revision\nid: 2\n\n"

    def test_are_not_compressed(self, gateway: Gateway, client: httpx.Client) -> None:
        with client.stream("GET", "/api/v1/events", headers={"Accept-Encoding": "gzip"}) as answer:
            assert "Content-Encoding" not in answer.headers


class TestABody:
    def test_of_the_longest_kind_passes(self, gateway: Gateway, client: httpx.Client) -> None:
        assert client.post("/api/v1/tasks/batch", content=b"x" * 1_048_576).status_code == 200
        assert gateway.tasks.arrivals[0].body_bytes == 1_048_576

    def test_that_dawdles_does_not_keep_the_service_busy(self, gateway: Gateway) -> None:
        head = f"POST /api/v1/tasks HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        with gateway.connect() as slow, gateway.client() as quick:
            slow.sendall(head.encode() + b"{")
            quick.post("/api/v1/tasks", content=b"[]")
            assert [arrival.body_bytes for arrival in gateway.tasks.arrivals] == [2]
            assert gateway.tasks.heads.acquire(blocking=False)
            assert not gateway.tasks.heads.acquire(blocking=False)
            slow.sendall(b"}")
            assert receive_all(slow).startswith(b"HTTP/1.1 200 ")

    def test_of_an_import_may_be_longer_and_passes_through(self, gateway: Gateway) -> None:
        head = f"POST {IMPORT} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 2000000\r\nConnection: close\r\n\r\n"
        with gateway.connect() as connection:
            connection.sendall(head.encode() + b"x" * 1_000_000)
            # The service has the head, and half of the file, while the rest is not there yet.
            assert gateway.tasks.heads.acquire(timeout=10)
            connection.sendall(b"x" * 1_000_000)
            assert receive_all(connection).startswith(b"HTTP/1.1 200 ")
        assert gateway.tasks.arrivals[0].body_bytes == 2_000_000

    def test_of_an_import_has_a_bound_too(self, client: httpx.Client) -> None:
        assert client.post(IMPORT, content=b"x" * 3_000_001).status_code == 413


class TestASlowHead:
    def test_is_not_waited_for_longer_than_ten_seconds(self, gateway: Gateway) -> None:
        began = time.monotonic()
        with gateway.connect() as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode())
            # Each further line comes within the time, and yet all together do not.
            connection.settimeout(HEAD_TIMEOUT_SECONDS / 3)
            answer = b"none"
            for number in range(5):
                try:
                    answer = receive_all(connection)
                    break
                except TimeoutError:
                    try:
                        connection.sendall(f"X-{number}: x\r\n".encode())
                    except OSError:
                        answer = b""
                        break
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < HEAD_TIMEOUT_SECONDS + 5

    @pytest.mark.parametrize("count", [200])
    def test_keeps_nobody_else_waiting(self, count: int, gateway: Gateway, client: httpx.Client) -> None:
        connections: list[socket.socket] = []
        try:
            for _ in range(count):
                connection = gateway.connect()
                connection.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode())
                connections.append(connection)
            assert client.get("/api/v1/tasks").elapsed.total_seconds() < 1
        finally:
            for connection in connections:
                connection.close()
