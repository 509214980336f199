"""SIGTERM: not ready, still serving, then no new connections, the last answers, exit 0."""

import signal
import subprocess
import time

import pytest

from tests.integration.life.connection import Answer, KeptConnection, ask_once
from tests.integration.local_stack.processes import wait_until
from tests.integration.local_stack.test_serve import serving

REFRESH_BODY = b'{"refresh_token": "nobody\'s"}'
REFRESH_HEAD = (
    b"POST /api/v1/auth/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(REFRESH_BODY)
)
READY = {"status": "ready", "mongodb": "ok", "redis": "off"}
# So long that no test waits for its end.
LONG_DELAY = {"TASKFLEET_SHUTDOWN_DELAY_SECONDS": "60"}
# Far below that, and enough for a machine that is busy.
AT_ONCE_SECONDS = 10


# Several processes hear of their end one after the other, and any of them may answer.
ANSWERS_IN_A_ROW = 12


def is_draining(url: str) -> bool:
    return all(ask_once(url, "/readyz").status == 503 for _ in range(ANSWERS_IN_A_ROW))


def is_refused(url: str) -> bool:
    try:
        KeptConnection(url).__exit__()
    except ConnectionRefusedError:
        return True
    return False


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, float]:
    """Send the signal; return the exit code, and how many seconds that took."""
    started = time.monotonic()
    process.send_signal(number)
    return process.wait(60), time.monotonic() - started


class TestAProcessThatServes:
    """The control."""

    def test_is_ready_and_keeps_connections(self, settings: dict[str, str]) -> None:
        with serving(settings) as (_, url), KeptConnection(url) as connection:
            assert connection.get("/readyz") == Answer(200, False, READY)
            assert connection.get("/livez") == Answer(200, False, {"status": "alive"})
            assert "\ntaskfleet_draining 0.0\n" in connection.get("/metrics").body


class TestTheDelay:
    @pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
    def test_is_served_through_without_being_ready(
        self, settings: dict[str, str], arguments: tuple[str, ...]
    ) -> None:
        with serving(settings | LONG_DELAY, *arguments) as (process, url):
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_draining(url), "the process is not ready")

            answer = ask_once(url, "/readyz")
            problem = answer.body
            assert (answer.status, problem["type"]) == (503, "/problems/shutting-down")
            assert ask_once(url, "/livez").status == 200
            assert ask_once(url, "/api/v1/auth/providers").status == 200
            assert "\ntaskfleet_draining 1.0\n" in ask_once(url, "/metrics").body

    def test_lets_go_of_each_connection_with_an_answer(self, settings: dict[str, str]) -> None:
        with serving(settings | LONG_DELAY) as (process, url), KeptConnection(url) as connection:
            assert not connection.get("/livez").lets_go
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_draining(url), "the process is not ready")

            assert connection.get("/api/v1/auth/providers").lets_go

    def test_ends(self, settings: dict[str, str]) -> None:
        with serving(settings | {"TASKFLEET_SHUTDOWN_DELAY_SECONDS": "1.5"}) as (process, _):
            code, seconds = end(process, signal.SIGTERM)
        assert code == 0
        assert seconds > 1.5

    def test_is_none_by_default(self, settings: dict[str, str]) -> None:
        with serving(settings) as (process, _):
            code, seconds = end(process, signal.SIGTERM)
        assert code == 0
        assert seconds < AT_ONCE_SECONDS

    @pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
    def test_is_spared_who_waits_at_a_terminal(self, settings: dict[str, str], arguments: tuple[str, ...]) -> None:
        with serving(settings | LONG_DELAY, *arguments) as (process, _):
            code, seconds = end(process, signal.SIGINT)
        assert code == 0
        assert seconds < AT_ONCE_SECONDS


class TestATerminalThatIsClosed:
    @pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
    def test_ends_the_service_in_order(self, settings: dict[str, str], arguments: tuple[str, ...]) -> None:
        with serving(settings, *arguments) as (process, _):
            code, _ = end(process, signal.SIGHUP)
        assert code == 0

    @pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
    def test_is_no_second_signal(self, settings: dict[str, str], arguments: tuple[str, ...]) -> None:
        with serving(settings | {"TASKFLEET_SHUTDOWN_DELAY_SECONDS": "1.5"}, *arguments) as (process, url):
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_draining(url), "the process is not ready")
            code, _ = end(process, signal.SIGHUP)
        assert code == 0

    def test_ends_nothing_under_nohup(self, settings: dict[str, str]) -> None:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with serving(settings) as (process, url):
                process.send_signal(signal.SIGHUP)
                assert ask_once(url, "/readyz") == Answer(200, False, READY)
                assert end(process, signal.SIGTERM)[0] == 0
        finally:
            signal.signal(signal.SIGHUP, before)


class TestASecondSignal:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_ends_the_process_at_once(self, settings: dict[str, str], number: signal.Signals) -> None:
        with serving(settings | LONG_DELAY) as (process, url):
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_draining(url), "the process is not ready")
            code, seconds = end(process, number)
        assert code == -number
        assert seconds < AT_ONCE_SECONDS

    def test_ends_all_of_several_processes_at_once(self, settings: dict[str, str]) -> None:
        with serving(settings | LONG_DELAY, "--workers", "2") as (process, url):
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_draining(url), "the processes are not ready")
            code, seconds = end(process, signal.SIGTERM)
            assert is_refused(url)
        assert code == 0
        assert seconds < AT_ONCE_SECONDS


class TestARequestUnderWay:
    def test_is_read_to_its_end_and_answered(self, settings: dict[str, str]) -> None:
        with serving(settings) as (process, url), KeptConnection(url) as connection:
            connection.send(REFRESH_HEAD + REFRESH_BODY[:5])
            assert ask_once(url, "/livez").status == 200  # by when the process has seen that much
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_refused(url), "the process takes no connections")
            connection.send(REFRESH_BODY[5:])

            answer = connection.read_to_the_end()
            assert answer.startswith(b"HTTP/1.1 401 ")
            assert b"connection: close\r\n" in answer
            assert process.wait(60) == 0

    def test_is_answered_although_its_head_has_only_begun(self, settings: dict[str, str]) -> None:
        with serving(settings) as (process, url), KeptConnection(url) as connection:
            connection.send(REFRESH_HEAD[:20])
            assert ask_once(url, "/livez").status == 200
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_refused(url), "the process takes no connections")
            connection.send(REFRESH_HEAD[20:] + REFRESH_BODY)

            assert connection.read_to_the_end().startswith(b"HTTP/1.1 401 ")
            assert process.wait(60) == 0

    def test_holds_nobody_up_when_its_head_never_ends(self, settings: dict[str, str]) -> None:
        with serving(settings) as (process, url), KeptConnection(url) as connection:
            connection.send(REFRESH_HEAD[:20])
            assert ask_once(url, "/livez").status == 200
            code, seconds = end(process, signal.SIGTERM)
        assert code == 0
        assert seconds < AT_ONCE_SECONDS
