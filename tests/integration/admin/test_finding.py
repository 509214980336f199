"""Finding users: by id, by address or its beginning, and leafing through all of them."""

from typing import Any

import httpx
import pytest

from tests.conftest import SignIn
from tests.factories.users import insert_user
from tests.fakes.clock import START, FakeClock
from tests.integration.admin.conftest import NOBODY, USERS, RawDatabase, id_of


async def find(root: httpx.AsyncClient, **parameters: Any) -> list[dict[str, Any]]:
    answer = await root.get(USERS, params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def emails(root: httpx.AsyncClient, **parameters: Any) -> list[str]:
    return [user["email"] for user in await find(root, **parameters)]


async def walk(root: httpx.AsyncClient, **parameters: Any) -> list[str]:
    """The ids of all pages, by the links that lead from one to the next."""
    answer = await root.get(USERS, params=parameters)
    found = [user["id"] for user in answer.json()["items"]]
    while "Link" in answer.headers:
        answer = await root.get(answer.headers["Link"].partition(">")[0].lstrip("<"))
        found += [user["id"] for user in answer.json()["items"]]
    assert answer.json()["next_cursor"] is None
    return found


@pytest.fixture
async def crowd(root: httpx.AsyncClient, sign_in: SignIn, clock: FakeClock) -> list[str]:
    """Five users whose addresses begin alike, the oldest first."""
    found = []
    for name in ("carl", "carla", "carlo", "caro", "carol"):
        clock.advance(1)
        found.append(await id_of(await sign_in(f"{name}@example.com")))
    return found


class TestTheListOfUsers:
    async def test_begins_with_the_newest(self, root: httpx.AsyncClient, crowd: list[str]) -> None:
        assert [user["id"] for user in await find(root)] == [*reversed(crowd), await id_of(root)]

    async def test_shows_what_administrators_need(self, root: httpx.AsyncClient, crowd: list[str]) -> None:
        assert (await find(root))[0] == {
            "id": crowd[-1],
            "email": "carol@example.com",
            "name": "carol",
            "role": "user",
            "disabled": False,
            "created_at": "2026-11-23T12:00:05.000Z",
            "last_seen_at": "2026-11-23T12:00:05.000Z",
            "revision": 0,
        }

    @pytest.mark.parametrize("parameters", [{}, {"q": "car"}])
    async def test_comes_in_pages_that_miss_nobody(
        self, root: httpx.AsyncClient, crowd: list[str], parameters: dict[str, str]
    ) -> None:
        everybody = [user["id"] for user in await find(root, **parameters)]
        assert set(everybody) >= set(crowd)

        for limit in (1, 2, 5, 6):
            assert await walk(root, limit=limit, **parameters) == everybody

    async def test_holds_users_without_an_address(self, root: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        user_id = await insert_user(raw_database)

        assert {user["id"]: user["email"] for user in await find(root)}[str(user_id)] is None

    async def test_leaves_out_who_is_being_erased(self, root: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        await insert_user(raw_database, email="gone@example.com", deleted_at=START)

        assert "gone@example.com" not in await emails(root)

    async def test_that_is_unchanged_is_not_sent_again(self, root: httpx.AsyncClient, crowd: list[str]) -> None:
        answer = await root.get(USERS)
        again = await root.get(USERS, headers={"If-None-Match": answer.headers["ETag"]})

        assert again.status_code == 304


class TestAUserWhoIsLookedFor:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("carlo@example.com", ["carlo@example.com"]),
            ("  CARLO@Example.COM ", ["carlo@example.com"]),
            ("carl", ["carl@example.com", "carla@example.com", "carlo@example.com"]),
            ("CARLA@ex", ["carla@example.com"]),
            ("\N{FULLWIDTH LATIN SMALL LETTER C}aro@", ["caro@example.com"]),
            ("arlo", []),
            ("c.rl", []),
            ("car%", []),
            (NOBODY, []),
        ],
    )
    async def test_is_found_by_the_beginning_of_an_address(
        self, root: httpx.AsyncClient, crowd: list[str], text: str, found: list[str]
    ) -> None:
        assert await emails(root, q=text) == found

    async def test_is_found_under_a_domain_in_any_script(self, root: httpx.AsyncClient, sign_in: SignIn) -> None:
        await sign_in("ann@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example")

        assert await emails(root, q="Ann@B\N{LATIN CAPITAL LETTER U WITH DIAERESIS}cher.example") == [
            "ann@xn--bcher-kva.example"
        ]

    async def test_is_found_by_id(self, root: httpx.AsyncClient, crowd: list[str]) -> None:
        assert [user["id"] for user in await find(root, q=crowd[2])] == [crowd[2]]
        assert [user["id"] for user in await find(root, q=f" {crowd[2].upper()}")] == [crowd[2]]

    async def test_is_anybody_where_nothing_is_said(self, root: httpx.AsyncClient, crowd: list[str]) -> None:
        assert await find(root, q=" ") == await find(root)


class TestAPageThatIsNone:
    async def test_of_another_query_is_refused(self, root: httpx.AsyncClient, crowd: list[str]) -> None:
        cursor = (await root.get(USERS, params={"q": "car", "limit": 2})).json()["next_cursor"]
        assert len(await find(root, q="car", limit=2, cursor=cursor)) == 2

        for parameters in ({"cursor": cursor}, {"q": "carl", "cursor": cursor}, {"q": "car", "cursor": "x" + cursor}):
            answer = await root.get(USERS, params=parameters)
            assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor")

    @pytest.mark.parametrize("parameters", [{"limit": "0"}, {"limit": "201"}, {"q": "x" * 321}, {"name": "Ann"}])
    async def test_for_a_wrong_parameter_is_refused(
        self, root: httpx.AsyncClient, parameters: dict[str, str]
    ) -> None:
        answer = await root.get(USERS, params=parameters)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(parameters))}"
