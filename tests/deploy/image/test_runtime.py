"""The image `taskfleet` does its work on real servers, read-only and as nobody in particular."""

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app import __version__
from app.core.signing_keys import generate_signing_key
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo
from tests.deploy.compose.servers import MAKE_SECRETS
from tests.deploy.compose.stack import services
from tests.deploy.image.conftest import SERVICE_ACCOUNT
from tests.deploy.image.container import Container, run, start
from tests.deploy.image.images import Image
from tests.ports import find_free_port
from tests.waiting import until


@pytest.fixture
def settings(mongo: EmbeddedMongo, cache_server: EmbeddedCache, share: Path) -> dict[str, str]:
    """Those of an installation, on the servers of the tests."""
    key = share / "signing-key.pem"
    generate_signing_key(key)
    os.chown(key, SERVICE_ACCOUNT, SERVICE_ACCOUNT)
    return {
        "TASKFLEET_MONGO_URL": mongo.url,
        "TASKFLEET_MONGO_DATABASE": "taskfleet_image",
        "TASKFLEET_REDIS_URL": cache_server.url,
        "TASKFLEET_JWT_PRIVATE_KEY_FILE": "/mnt/signing-key.pem",
        "TASKFLEET_PUBLIC_URL": "https://tasks.example.com",
    }


def is_ready(address: str) -> bool:
    """Whether the service says that it is ready."""
    try:
        return httpx.get(f"{address}/readyz").status_code == 200
    except httpx.TransportError:
        return False


async def check_health(image: Image, share: Path, service: str, port: int) -> int:
    """Return the status of a service's health check of docker-compose.yml, asked of the port that it has here."""
    _, *command, script = services()[service]["healthcheck"]["test"]
    script = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", script)
    directory = share.with_name("health")
    directory.mkdir(exist_ok=True)
    async with start(image, directory, entrypoint=[*command, script]) as check:
        return await check.wait()


def states(container: Container) -> Iterator[str]:
    """Return the states of the first process's children; `Z` is one that ended and was not looked after."""
    for child in container.children(container.first_process):
        yield Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]


class TestTheCommand:
    async def test_tells_its_version(self, runtime: Image, share: Path) -> None:
        assert await run(runtime, share, "--version") == (0, f"taskfleet {__version__}\n")

    async def test_tells_what_it_can(self, runtime: Image, share: Path) -> None:
        status, text = await run(runtime, share, "--help")
        assert status == 0
        assert all(command in text for command in ("serve", "worker", "migrate", "admin"))

    async def test_says_in_one_line_what_is_missing(self, runtime: Image, share: Path) -> None:
        status, text = await run(runtime, share, "serve")
        assert status == 2
        assert text.startswith("taskfleet: ")
        assert len(text.splitlines()) == 1


class TestTheSecretsOfCompose:
    async def test_are_made_by_what_is_in_the_image(self, runtime: Image, share: Path) -> None:
        shutil.copy(MAKE_SECRETS, share)
        script = "/bin/sh /mnt/make-secrets /tmp/secrets && stat -c '%u %a %s' /tmp/secrets/mongo/keyfile"
        async with start(runtime, share, script, entrypoint=["/bin/sh", "-c"], user="0:0") as container:
            assert await container.wait() == 0, container.log
            assert container.log.splitlines()[-1] == "999 600 1024"


class TestTheContainer:
    async def test_is_nobody_and_writes_nowhere(self, runtime: Image, share: Path) -> None:
        script = "id -un; echo $$; touch /tmp/file && echo there; touch /srv/taskfleet/file /file /mnt/file"
        async with start(runtime, share, script, entrypoint=["/bin/sh", "-c"]) as container:
            assert await container.wait() == 1
            lines = container.log.splitlines()
        assert lines[:3] == ["taskfleet", "1", "there"]
        assert len([line for line in lines if "Read-only file system" in line]) == 3


class TestTheService:
    async def test_migrates_serves_and_ends_in_order(
        self, runtime: Image, share: Path, settings: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, text = await run(runtime, share, "migrate", **settings)
        assert (status, "indexes created" in text) == (0, True), text
        port = find_free_port()
        address, begun = f"http://127.0.0.1:{port}", time.monotonic()
        async with start(runtime, share, "serve", "--port", str(port), **settings) as container:
            await until(lambda: is_ready(address))
            with capsys.disabled():
                print(f"\n  ready after {time.monotonic() - begun:.1f} s")  # noqa: T201
            async with httpx.AsyncClient(base_url=address) as client:
                page = await client.get("/")
                assert (page.status_code, '<div id="root">' in page.text) == (200, True)
                assert (await client.get("/api/v1/tasks")).status_code == 401
            assert await check_health(runtime, share, "api-1", port) == 0

            container.signal(signal.SIGTERM)

            assert await container.wait() == 0

    async def test_leaves_no_process_that_ended_unattended(
        self, runtime: Image, share: Path, settings: dict[str, str]
    ) -> None:
        port = find_free_port()
        async with start(runtime, share, "serve", "--port", str(port), "--workers", "2", **settings) as container:
            await until(lambda: is_ready(f"http://127.0.0.1:{port}"))
            before = container.children(container.first_process)
            os.kill(before[0], signal.SIGKILL)

            await until(lambda: before[0] not in container.children(container.first_process))
            await until(lambda: len(container.children(container.first_process)) == len(before))
            assert "Z" not in set(states(container))

            container.signal(signal.SIGTERM)

            assert await container.wait() == 0

    async def test_works_beside_it(self, runtime: Image, share: Path, settings: dict[str, str]) -> None:
        port = find_free_port()
        own = settings | {"TASKFLEET_METRICS_PORT": str(port)}
        del own["TASKFLEET_JWT_PRIVATE_KEY_FILE"]
        async with start(runtime, share, "worker", **own) as container:
            await until(lambda: is_ready(f"http://127.0.0.1:{port}"))
            assert await check_health(runtime, share, "worker", port) == 0

            container.signal(signal.SIGTERM)

            assert await container.wait() == 0
        assert await check_health(runtime, share, "worker", port) == 1
