"""What was subscribed under a key that the installation has no more: no push reaches it, and it makes room."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.settings import Settings
from app.core.signing_keys import generate_signing_key
from app.main import create_app
from app.notifications.push.service import MAX_SUBSCRIPTIONS
from tests.architecture.inspection import Inspection
from tests.fakes.clock import FakeClock
from tests.fakes.push_service import PushService
from tests.integration.notifications.push.conftest import SUBSCRIPTIONS, RawDatabase, Subscribe
from tests.integration.notifications.push.test_subscribing import BrowserOf, assert_problem, list_endpoints

# Makes a browser of a session subscribe under the other key, or hand over what it has, and gives the answer.
SubscribeAnew = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def subscribe_anew(
    settings: Settings, push_service: PushService, clock: FakeClock, inspection: Inspection, tmp_path: Path
) -> AsyncIterator[SubscribeAnew]:
    """The service after its operator has given it another key."""
    key_file = tmp_path / "vapid-key.pem"
    generate_signing_key(key_file)
    options = settings.notifications.model_copy(update={"vapid_private_key_file": key_file})
    app = create_app(settings.model_copy(update={"notifications": options}), clock=clock, listeners=[inspection])
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        public_key = (await client.get("/api/v1/push/public-key")).json()["public_key"]

        async def subscribe_under_it(
            user: httpx.AsyncClient, browser: dict[str, Any] | None = None
        ) -> httpx.Response:
            headers = {"Authorization": user.headers["Authorization"]}
            handed_over = browser or await push_service.subscribe(public_key)
            return await client.post(SUBSCRIPTIONS, json=handed_over, headers=headers)

        yield subscribe_under_it


@pytest.fixture
def fill(subscribe: Subscribe, clock: FakeClock) -> Callable[..., Awaitable[list[str]]]:
    """Subscribes so many browsers under the first key, one a second: the endpoints, the oldest first."""

    async def subscribe_many(user: httpx.AsyncClient, count: int = MAX_SUBSCRIPTIONS) -> list[str]:
        endpoints = []
        for _ in range(count):
            clock.advance(1)
            endpoints.append((await subscribe(user))["endpoint"])
        return endpoints

    return subscribe_many


class TestABrowserThatSubscribesAnew:
    async def test_takes_the_place_of_what_its_session_had(
        self, ann: httpx.AsyncClient, sign_in: Any, fill: Any, subscribe_anew: SubscribeAnew
    ) -> None:
        elsewhere = await fill(await sign_in("ann@example.com"), MAX_SUBSCRIPTIONS - 1)
        await fill(ann, 1)
        answer = await subscribe_anew(ann)

        assert answer.status_code == 201, answer.text
        assert set(await list_endpoints(ann)) == {*elsewhere, answer.json()["endpoint"]}

    async def test_is_let_in_until_all_are_of_the_present_key(
        self, ann: httpx.AsyncClient, fill: Any, subscribe_anew: SubscribeAnew
    ) -> None:
        await fill(ann)
        answers = [await subscribe_anew(ann) for _ in range(MAX_SUBSCRIPTIONS)]

        assert {answer.status_code for answer in answers} == {201}
        assert set(await list_endpoints(ann)) == {answer.json()["endpoint"] for answer in answers}
        # The control: what pushes reach makes no room.
        assert_problem(await subscribe_anew(ann), 409, "quota-exceeded")

    async def test_does_not_make_too_many_with_others_at_once(
        self, ann: httpx.AsyncClient, fill: Any, subscribe_anew: SubscribeAnew
    ) -> None:
        await fill(ann)
        answers = await asyncio.gather(*(subscribe_anew(ann) for _ in range(4)))

        assert [answer.status_code for answer in answers] == [201] * 4
        assert len(await list_endpoints(ann)) == MAX_SUBSCRIPTIONS


class TestANewBrowser:
    async def test_takes_the_place_of_the_oldest_and_of_no_more(
        self, ann: httpx.AsyncClient, sign_in: Any, fill: Any, subscribe_anew: SubscribeAnew
    ) -> None:
        _oldest, *others = await fill(ann)
        answer = await subscribe_anew(await sign_in("ann@example.com"))

        assert answer.status_code == 201, answer.text
        assert set(await list_endpoints(ann)) == {*others, answer.json()["endpoint"]}

    async def test_takes_the_place_of_sessions_that_have_ended_first(
        self, ann: httpx.AsyncClient, sign_in: Any, fill: Any, subscribe_anew: SubscribeAnew
    ) -> None:
        kept = await fill(ann, MAX_SUBSCRIPTIONS - 1)
        gone = await sign_in("ann@example.com")
        await fill(gone, 1)
        assert (await gone.post("/api/v1/auth/logout")).status_code == 204
        answer = await subscribe_anew(ann)

        assert set(await list_endpoints(ann)) == {*kept, answer.json()["endpoint"]}


class TestWhileThereIsRoom:
    async def test_all_stay_so_that_their_browsers_find_them_and_subscribe_anew(
        self, ann: httpx.AsyncClient, fill: Any, subscribe_anew: SubscribeAnew
    ) -> None:
        """The browser app takes what is not listed for removed by its user, and is silent then."""
        former = await fill(ann, 2)
        answer = await subscribe_anew(ann)

        assert set(await list_endpoints(ann)) == {*former, answer.json()["endpoint"]}


class TestASubscriptionThatIsHandedOverAgain:
    """As clients do after each sign-in: its endpoint is the same, and so is the key that it was made for."""

    async def test_makes_room_under_another_key(
        self, ann: httpx.AsyncClient, sign_in: Any, browser_of: BrowserOf, subscribe_anew: SubscribeAnew
    ) -> None:
        browser = await browser_of()
        assert (await ann.post(SUBSCRIPTIONS, json=browser)).status_code == 201
        again = await subscribe_anew(await sign_in("ann@example.com"), browser)
        present = [await subscribe_anew(ann) for _ in range(MAX_SUBSCRIPTIONS)]

        assert {answer.status_code for answer in (again, *present)} == {201}
        assert set(await list_endpoints(ann)) == {answer.json()["endpoint"] for answer in present}

    async def test_makes_no_room_once_its_own_key_is_back(
        self,
        ann: httpx.AsyncClient,
        fill: Any,
        browser_of: BrowserOf,
        subscribe_anew: SubscribeAnew,
    ) -> None:
        """A wrong key that was there for a while has taken nothing from what pushes reach again."""
        await fill(ann, MAX_SUBSCRIPTIONS - 1)
        browser = await browser_of()
        assert (await ann.post(SUBSCRIPTIONS, json=browser)).status_code == 201
        assert (await subscribe_anew(ann, browser)).status_code == 201

        assert_problem(await ann.post(SUBSCRIPTIONS, json=await browser_of()), 409, "quota-exceeded")


class TestASubscriptionFromBefore:
    async def test_counts_as_of_the_present_key(
        self, ann: httpx.AsyncClient, fill: Any, subscribe_anew: SubscribeAnew, raw_database: RawDatabase
    ) -> None:
        """Nothing says that it is not, and pushes may reach it."""
        await fill(ann)
        await raw_database["push_subscriptions"].update_many({}, {"$unset": {"application_server_key": ""}})

        assert_problem(await subscribe_anew(ann), 409, "quota-exceeded")

    async def test_is_of_the_key_under_which_it_is_handed_over_again(
        self, ann: httpx.AsyncClient, browser_of: BrowserOf, subscribe_anew: SubscribeAnew, raw_database: RawDatabase
    ) -> None:
        """Of that or of an earlier one: under a later one it makes room in either case."""
        browser = await browser_of()
        await ann.post(SUBSCRIPTIONS, json=browser)
        await raw_database["push_subscriptions"].update_many({}, {"$unset": {"application_server_key": ""}})
        await ann.post(SUBSCRIPTIONS, json=browser)
        present = [await subscribe_anew(ann) for _ in range(MAX_SUBSCRIPTIONS)]

        assert {answer.status_code for answer in present} == {201}
        assert set(await list_endpoints(ann)) == {answer.json()["endpoint"] for answer in present}
