"""Pages: a cursor leads on in the walk that it was made for, and nowhere else."""

import base64
import string

import httpx
import pytest

from tests.integration.api.problem_shape import assert_problem

LISTS = {
    "/api/v1/tasks": ("/api/v1/tasks", [{"title": f"task {number}"} for number in range(5)]),
    "/api/v1/lists": ("/api/v1/lists", [{"name": f"list {number}"} for number in range(5)]),
}


async def fill(client: httpx.AsyncClient, path: str) -> None:
    collection, bodies = LISTS[path]
    for body in bodies:
        (await client.post(collection, json=body)).raise_for_status()


async def first_cursor(client: httpx.AsyncClient, path: str, query: str = "limit=2") -> str:
    return (await client.get(f"{path}?{query}")).json()["next_cursor"]


class TestAWalk:
    @pytest.mark.parametrize("path", LISTS)
    async def test_shows_everything_once(self, path: str, ann: httpx.AsyncClient) -> None:
        await fill(ann, path)
        seen, cursor = [], None
        while True:
            page = await ann.get(path, params={"limit": 2} | ({} if cursor is None else {"cursor": cursor}))
            seen += [item["id"] for item in page.json()["items"]]
            cursor = page.json()["next_cursor"]
            if cursor is None:
                break

        assert seen == [item["id"] for item in (await ann.get(path)).json()["items"]]
        assert len(set(seen)) == 5
        assert "Link" not in page.headers

    @pytest.mark.parametrize("path", LISTS)
    async def test_is_led_by_links(self, path: str, ann: httpx.AsyncClient) -> None:
        await fill(ann, path)
        answer, pages = await ann.get(f"{path}?limit=2"), 1
        while "next" in answer.links:
            answer, pages = await ann.get(answer.links["next"]["url"]), pages + 1

        assert pages == 3
        assert len(answer.json()["items"]) == 1

    async def test_may_change_the_length_of_its_pages(self, ann: httpx.AsyncClient) -> None:
        await fill(ann, "/api/v1/tasks")
        cursor = await first_cursor(ann, "/api/v1/tasks")

        answer = await ann.get("/api/v1/tasks", params={"limit": 200, "cursor": cursor})

        assert len(answer.json()["items"]) == 3

    async def test_ends_on_a_page_that_is_just_full(self, ann: httpx.AsyncClient) -> None:
        await fill(ann, "/api/v1/tasks")

        answer = await ann.get("/api/v1/tasks?limit=5")

        assert (len(answer.json()["items"]), answer.json()["next_cursor"]) == (5, None)

    async def test_keeps_strange_parameters_in_its_links(self, ann: httpx.AsyncClient) -> None:
        label = 'a&b=c "d" <é>'
        for title in "abc":
            await ann.post("/api/v1/tasks", json={"title": title, "labels": [label]})

        answer = await ann.get("/api/v1/tasks", params={"limit": 1, "label": label})
        following = await ann.get(answer.links["next"]["url"])

        assert [item["title"] for item in following.json()["items"]] == ["b"]


class TestATamperedCursor:
    @pytest.mark.parametrize("path", LISTS)
    async def test_is_refused_wherever_it_was_changed(self, path: str, ann: httpx.AsyncClient) -> None:
        await fill(ann, path)
        cursor = await first_cursor(ann, path)
        alphabet = string.ascii_letters + string.digits + "-_"
        for place, character in enumerate(cursor):
            other = alphabet[(alphabet.index(character) + 1) % len(alphabet)]
            changed = cursor[:place] + other + cursor[place + 1 :]
            assert_problem(await ann.get(path, params={"cursor": changed}), 400)

    @pytest.mark.parametrize("path", [*LISTS, "/api/v1/me/sessions"])
    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "x",
            "=",
            "====",
            "%00",
            "é",
            "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
            "null",
            "A" * 16,
            "A" * 17,
            "A" * 2_048,
            "../../etc",
            base64.urlsafe_b64encode(b"\x00" * 12 + b"[]").decode(),
            base64.urlsafe_b64encode(b"\x00" * 12 + b"[" * 1_400).decode(),
            base64.urlsafe_b64encode(b"\x00" * 12 + b"NaN").decode(),
        ],
    )
    async def test_is_refused_when_it_is_none_at_all(self, cursor: str, path: str, ann: httpx.AsyncClient) -> None:
        problem = assert_problem(await ann.get(path, params={"cursor": cursor}), 400)

        assert problem["type"] == "/problems/invalid-cursor"

    async def test_is_refused_when_it_is_too_long(self, ann: httpx.AsyncClient) -> None:
        assert_problem(await ann.get("/api/v1/tasks", params={"cursor": "A" * 2_049}), 400, 422)

    @pytest.mark.parametrize("change", ["{0}=", "{0}A", "A{0}", " {0}", "{0} ", "{0}\n"])
    async def test_is_refused_in_another_spelling(self, change: str, ann: httpx.AsyncClient) -> None:
        await fill(ann, "/api/v1/tasks")
        cursor = change.format(await first_cursor(ann, "/api/v1/tasks"))

        assert_problem(await ann.get("/api/v1/tasks", params={"cursor": cursor}), 400)


class TestACursorOfAnotherWalk:
    async def test_is_refused_for_another_query(self, ann: httpx.AsyncClient) -> None:
        await fill(ann, "/api/v1/tasks")
        cursor = await first_cursor(ann, "/api/v1/tasks")

        for other in ({"sort": "-position"}, {"status": "todo"}, {"deleted": "false"}, {"sort": "position"}):
            assert_problem(await ann.get("/api/v1/tasks", params={"cursor": cursor, **other}), 400)

    async def test_is_refused_for_another_kind(self, ann: httpx.AsyncClient) -> None:
        await fill(ann, "/api/v1/tasks")
        cursor = await first_cursor(ann, "/api/v1/tasks")

        for path in ("/api/v1/lists", "/api/v1/me/sessions"):
            assert_problem(await ann.get(path, params={"cursor": cursor}), 400)

    async def test_is_refused_for_another_user(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await fill(ann, "/api/v1/tasks")
        cursor = await first_cursor(ann, "/api/v1/tasks")

        assert_problem(await bob.get("/api/v1/tasks", params={"cursor": cursor}), 400)
