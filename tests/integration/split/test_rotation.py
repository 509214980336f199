"""Another key takes over while people work: nobody is told that a good token is bad."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.core.access_tokens import SigningKey
from app.core.signing_keys import generate_signing_key, load_signing_key
from tests.integration.split.services import Split, make_split
from tests.waiting import until

HASTY_SERVICE = Path(__file__).with_name("hasty_service.py")
PEOPLE = 6
# Of each person, and of each phase of a rotation: enough for all of them to meet it.
ROUNDS = 6


@dataclass
class Phase:
    """What happened since the last step: how often each person went round, and which keys were shown to `tasks`."""

    rounds: Counter[int] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)


@dataclass
class Crowd:
    """People who refresh their session at `auth` again and again, and show every token that they have to both."""

    split: Split
    statuses: Counter[int] = field(default_factory=Counter)
    phase: Phase = field(default_factory=Phase)
    # Which tokens they keep; an old key may only be taken back once its tokens have expired.
    keeps: Callable[[str], bool] = lambda _key_id: True

    async def work(self, number: int) -> None:
        """Be one person until cancelled."""
        # A process that ends closes its idle connections, perhaps while a request is on its way.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with (
            httpx.AsyncClient(base_url=self.split.auth.url, timeout=60, limits=limits) as auth,
            httpx.AsyncClient(base_url=self.split.tasks.url, timeout=60) as tasks,
        ):
            body = {"email": f"rotation-{number}@example.com"}
            session = (await auth.post("/api/v1/auth/dev/login", json=body)).json()
            tokens: list[str] = []
            while True:
                kept = [token for token in tokens if self.keeps(key_of(token))]
                tokens = [*kept[-4:], session["access_token"]]
                for token in tokens:
                    headers = {"Authorization": f"Bearer {token}"}
                    await self._ask(tasks, "GET", "/api/v1/tasks", headers=headers)
                    self.phase.keys.add(key_of(token))
                    await self._ask(auth, "GET", "/api/v1/me", headers=headers)
                again = {"refresh_token": session["refresh_token"]}
                session = (await self._ask(auth, "POST", "/api/v1/auth/refresh", json=again)).json()
                self.phase.rounds[number] += 1

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, **options: object) -> httpx.Response:
        while True:
            try:
                answer = await client.request(method, path, **options)
            except httpx.TransportError:
                continue  # the process ended; the next one is asked the same
            self.statuses[answer.status_code] += 1
            return answer

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
async def at_work(split: Split) -> AsyncIterator[Crowd]:
    """Have the processes run and people work while the block runs."""
    crowd = Crowd(split)
    people: list[asyncio.Task[None]] = []
    try:
        await asyncio.gather(split.auth.start(), split.tasks.start())
        for service in (split.auth, split.tasks):
            await until(service.is_ready)
        people += [asyncio.create_task(crowd.work(number)) for number in range(PEOPLE)]
        yield crowd
        assert [person for person in people if person.done()] == []
    finally:
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        await asyncio.gather(split.auth.close(), split.tasks.close())


async def until_fetched(split: Split) -> None:
    """Return when `tasks` has fetched the keys anew, by a fetch that has begun since now."""
    fetches = 'taskfleet_key_set_fetches_total{outcome="ok"}'
    before = await split.tasks.read_metric(fetches)

    async def has_fetched() -> bool:
        return await split.tasks.read_metric(fetches) >= before + 2

    await until(has_fetched)


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


class TestARotationUnderLoad:
    async def test_refuses_no_good_token(
        self, split_settings: dict[str, str], signing_key_file: Path, new_key_file: Path, tmp_path: Path
    ) -> None:
        split = make_split(split_settings, signing_key_file, tmp_path, HASTY_SERVICE, "0.2")
        old, new = id_of(signing_key_file), id_of(new_key_file)
        async with at_work(split) as crowd:
            assert (await crowd.go_round()).keys == {old}

            await split.auth.exchange(**sign_with(signing_key_file, new_key_file))
            await until_fetched(split)
            assert (await crowd.go_round()).keys == {old}

            await split.auth.exchange(**sign_with(new_key_file, signing_key_file))
            await until_fetched(split)
            assert (await crowd.go_round()).keys >= {new}

            crowd.keeps = lambda key_id: key_id == new
            await crowd.go_round()
            await split.auth.exchange(**sign_with(new_key_file))
            await until_fetched(split)
            assert (await crowd.go_round()).keys == {new}

        assert crowd.statuses.keys() == {200}, crowd.statuses
        assert crowd.statuses.total() > 5 * PEOPLE * ROUNDS * 3

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
