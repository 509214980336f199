"""Open streams end with the process: soon after SIGTERM, each with a proper last chunk."""

import http.client
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.embedded.mongo import EmbeddedMongo
from tests.integration.local_stack.local_process import ApiUser, LocalProcess, run_taskfleet, settings_of_operator
from tests.integration.local_stack.test_serve import serving

# The contract's number.
END_SECONDS = 5
STREAMS = 20


@contextmanager
def open_streams(url: str, count: int) -> Iterator[list[http.client.HTTPResponse]]:
    """Streams of one user, each of which has told its first revision."""
    token = ApiUser(url)._token
    with ExitStack() as stack:
        streams = []
        for _ in range(count):
            connection = stack.enter_context(closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)))
            connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"})
            streams.append(connection.getresponse())
            assert streams[-1].status == 200
            while not streams[-1].readline().startswith(b"id: "):
                pass
        yield streams


def assert_clean_end(streams: list[http.client.HTTPResponse]) -> None:
    """Read each stream to its end; a missing last chunk raises `IncompleteRead`."""
    for stream in streams:
        assert stream.read().strip() == b""
        assert stream.isclosed()


class TestServing:
    @pytest.fixture
    def settings(self, mongo: EmbeddedMongo, tmp_path: Path) -> dict[str, str]:
        settings = settings_of_operator(mongo.url, "streamed", tmp_path)
        assert run_taskfleet("migrate", **settings).returncode == 0
        return settings

    @pytest.mark.parametrize(
        ("arguments", "number"),
        [
            ((), signal.SIGTERM),
            ((), signal.SIGINT),
            (("--workers", "2"), signal.SIGTERM),
        ],
    )
    def test_ends_in_time_with_streams_open(
        self, arguments: tuple[str, ...], number: signal.Signals, settings: dict[str, str]
    ) -> None:
        with serving(settings, *arguments) as (process, url), open_streams(url, STREAMS) as streams:
            self.assert_ends(process, streams, number)

    def assert_ends(
        self,
        process: subprocess.Popen[bytes],
        streams: list[http.client.HTTPResponse],
        number: signal.Signals,
    ) -> None:
        started = time.monotonic()
        process.send_signal(number)
        assert_clean_end(streams)
        assert time.monotonic() - started < END_SECONDS
        assert process.wait(60) == 0
        assert time.monotonic() - started < END_SECONDS


class TestTheLocalStack:
    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_ends_its_streams_in_time(self, workers: str, tmp_path: Path) -> None:
        with LocalProcess(tmp_path / "data", "--workers", workers) as installation:
            with open_streams(installation.wait_until_ready(), STREAMS) as streams:
                started = time.monotonic()
                installation.process.send_signal(signal.SIGTERM)
                assert_clean_end(streams)
                assert time.monotonic() - started < END_SECONDS
            assert installation.process.wait(60) == 0
            assert "Traceback" not in installation.errors
