"""Another key takes over while people work: nobody is told that a good token is bad."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import pytest

from app.core.access_tokens import SigningKey
from app.core.signing_keys import generate_signing_key, load_signing_key
from tests.deploy.gateway.stage import HOST, gateway_nginx
from tests.integration.split.services import Service, Split, make_split
from tests.waiting import until

HASTY_SERVICE = Path(__file__).with_name("hasty_service.py")
PEOPLE = 6
# Of each person, and of each phase of a rotation: enough for all of them to meet it.
ROUNDS = 6
# What they ask of each service.
PATHS = ("/api/v1/me", "/api/v1/tasks", "/api/v1/notifications")
# What Nginx answers for a process that is not there.
GATEWAY_ERRORS = {502, 503, 504}


@dataclass
class Phase:
    """What happened since the last step: how often each person went round, and which keys were shown around."""

    rounds: Counter[int] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)


@dataclass
class Crowd:
    """People who refresh their session at `auth` again and again, and show every token that they have everywhere.

    They go to the services, or to a gateway, which says so itself where a service is being exchanged.
    """

    split: Split
    gateway: str | None = None
    statuses: Counter[int] = field(default_factory=Counter)
    phase: Phase = field(default_factory=Phase)
    # Which tokens they keep; an old key may only be taken back once its tokens have expired.
    keeps: Callable[[str], bool] = lambda _key_id: True

    async def work(self, number: int) -> None:
        """Be one person until cancelled."""
        async with AsyncExitStack() as stack:
            auth, *others = [
                # A process that ends closes its idle connections, perhaps while a request is on its way.
                await stack.enter_async_context(self._client(service, keeps=service is not self.split.auth))
                for service in self.split.services
            ]
            refresh_token, tokens = "", list[str]()
            while True:
                session = await self._renew(auth, number, refresh_token)
                refresh_token = session["refresh_token"]
                kept = [token for token in tokens if self.keeps(key_of(token))]
                tokens = [*kept[-4:], session["access_token"]]
                for token in tokens:
                    headers = {"Authorization": f"Bearer {token}"}
                    for client, path in zip((auth, *others), PATHS, strict=True):
                        await self._ask(client, path, headers)
                    self.phase.keys.add(key_of(token))
                self.phase.rounds[number] += 1

    def _client(self, service: Service, *, keeps: bool) -> httpx.AsyncClient:
        limits = httpx.Limits() if keeps else httpx.Limits(max_keepalive_connections=0)
        return httpx.AsyncClient(base_url=self.gateway or service.url, timeout=60, limits=limits)

    async def _renew(self, auth: httpx.AsyncClient, number: int, refresh_token: str) -> dict[str, str]:
        """Return a session: the same one, or a new one where a gateway cannot tell what became of the request."""
        path, body = "/api/v1/auth/refresh", {"refresh_token": refresh_token}
        while True:
            if not body.get("refresh_token"):
                path, body = "/api/v1/auth/dev/login", {"email": f"rotation-{number}@example.com"}
            with suppress(httpx.TransportError):
                answer = await auth.post(path, json=body)
                if not self._is_of_gateway(answer):
                    self.statuses[answer.status_code] += 1
                    session: dict[str, str] = answer.json()
                    return session
            if self.gateway is not None:
                body = {}  # its deadline may be longer than the time in which a token can be used twice

    async def _ask(self, client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> None:
        while True:
            with suppress(httpx.TransportError):  # the process ended; the next one is asked the same
                answer = await client.get(path, headers=headers)
                if not self._is_of_gateway(answer):
                    self.statuses[answer.status_code] += 1
                    return

    def _is_of_gateway(self, answer: httpx.Response) -> bool:
        return self.gateway is not None and answer.status_code in GATEWAY_ERRORS

    async def go_round(self) -> Phase:
        """Return when everybody has gone round some times since now."""
        self.phase = phase = Phase()
        await until(lambda: len(phase.rounds) == PEOPLE and min(phase.rounds.values()) >= ROUNDS)
        return phase


def key_of(token: str) -> str:
    """The id of the key that a token was signed with."""
    header = token.split(".", maxsplit=1)[0]
    key_id: str = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
    return key_id


@asynccontextmanager
async def at_work(split: Split, gateway: str | None = None) -> AsyncIterator[Crowd]:
    """Have the processes run and people work while the block runs."""
    crowd = Crowd(split, gateway)
    people: list[asyncio.Task[None]] = []
    try:
        await split.start()
        people += [asyncio.create_task(crowd.work(number)) for number in range(PEOPLE)]
        yield crowd
        assert [person for person in people if person.done()] == []
    finally:
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        await split.close()


async def until_fetched(split: Split) -> None:
    """Return when all that sign nothing have fetched the keys anew, by a fetch that has begun since now."""
    fetches = 'taskfleet_key_set_fetches_total{outcome="ok"}'
    before = {service: await service.read_metric(fetches) for service in (split.tasks, split.notifications)}

    async def has_fetched(service: Service) -> bool:
        return await service.read_metric(fetches) >= before[service] + 2

    for service in before:
        await until(partial(has_fetched, service))


@pytest.fixture
def new_key_file(tmp_path: Path) -> Path:
    """The key that takes over."""
    generate_signing_key(tmp_path / "new.pem")
    return tmp_path / "new.pem"


def sign_with(first: Path, *further: Path) -> dict[str, str]:
    return {
        "TASKFLEET_JWT_PRIVATE_KEY_FILE": str(first),
        "TASKFLEET_JWT_FURTHER_KEY_FILES": ",".join(map(str, further)),
    }


def id_of(key_file: Path) -> str:
    return SigningKey(load_signing_key(key_file)).key_id


async def rotate(crowd: Crowd, old_file: Path, new_file: Path) -> None:
    """Exchange the key as docs/operations.md tells it, while people work."""
    split, old, new = crowd.split, id_of(old_file), id_of(new_file)
    assert (await crowd.go_round()).keys == {old}

    await split.auth.exchange(**sign_with(old_file, new_file))
    await until_fetched(split)
    assert (await crowd.go_round()).keys == {old}

    await split.auth.exchange(**sign_with(new_file, old_file))
    await until_fetched(split)
    assert (await crowd.go_round()).keys >= {new}

    crowd.keeps = lambda key_id: key_id == new
    await crowd.go_round()
    await split.auth.exchange(**sign_with(new_file))
    await until_fetched(split)
    assert (await crowd.go_round()).keys == {new}


class TestARotationUnderLoad:
    async def test_refuses_no_good_token(
        self, split_settings: dict[str, str], signing_key_file: Path, new_key_file: Path, tmp_path: Path
    ) -> None:
        split = make_split(split_settings, signing_key_file, tmp_path, HASTY_SERVICE, "0.2")
        async with at_work(split) as crowd:
            await rotate(crowd, signing_key_file, new_key_file)

        assert crowd.statuses.keys() == {200}, crowd.statuses
        assert crowd.statuses.total() > 5 * PEOPLE * ROUNDS * (1 + len(PATHS))

    async def test_refuses_no_good_token_behind_nginx(
        self, split_settings: dict[str, str], signing_key_file: Path, new_key_file: Path, tmp_path: Path
    ) -> None:
        split = make_split(split_settings, signing_key_file, tmp_path, HASTY_SERVICE, "0.2")
        upstreams = {
            f"GATEWAY_{module.upper()}_UPSTREAMS": service.url.removeprefix("http://")
            for module, service in zip(("auth", "tasks", "notifications"), split.services, strict=True)
        }
        nginx = gateway_nginx(tmp_path, None, upstreams | {"GATEWAY_REQUEST_RATE": "10000"})
        async with nginx, at_work(split, f"http://{HOST}:{nginx.port}") as crowd:
            await rotate(crowd, signing_key_file, new_key_file)

        assert crowd.statuses.keys() == {200}, crowd.statuses
        assert crowd.statuses.total() > 5 * PEOPLE * ROUNDS * (1 + len(PATHS))

    async def test_that_skips_the_publishing_is_made_up_for_by_a_look(
        self, split_settings: dict[str, str], signing_key_file: Path, new_key_file: Path, tmp_path: Path
    ) -> None:
        split = make_split(split_settings, signing_key_file, tmp_path, HASTY_SERVICE, "3600")
        async with at_work(split) as crowd:
            await crowd.go_round()
            await split.auth.exchange(**sign_with(new_key_file, signing_key_file))
            assert (await crowd.go_round()).keys >= {id_of(new_key_file)}

        assert crowd.statuses.keys() == {200}, crowd.statuses

    async def test_that_skips_it_refuses_good_tokens_without_a_look(
        self, split_settings: dict[str, str], signing_key_file: Path, new_key_file: Path, tmp_path: Path
    ) -> None:
        """The control."""
        split = make_split(split_settings, signing_key_file, tmp_path, HASTY_SERVICE, "3600", "look-away")
        async with at_work(split) as crowd:
            await crowd.go_round()
            assert crowd.statuses.keys() == {200}
            await split.auth.exchange(**sign_with(new_key_file, signing_key_file))
            await until(lambda: crowd.statuses[401] > 0)
