"""Pages of tasks: limits, links and cursors."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.integration.tasks.calls import (
    API,
    TASKS,
    act,
    add_tasks,
    delete_task,
    expect,
    expect_problem,
    patch_task,
    read,
    run_batch,
    titles,
    walk,
)


async def next_cursor(client: httpx.AsyncClient, **parameters: object) -> str:
    return (await read(client, "/tasks", limit=1, **parameters))["next_cursor"]


class TestThePagesOfTasks:
    @pytest.mark.parametrize("limit", [1, 2, 6, 7, 8, 200])
    async def test_show_each_task_once(self, ann: httpx.AsyncClient, limit: int) -> None:
        await add_tasks(ann, *"abcdefg")

        assert [task["title"] for task in await walk(ann, "/tasks", limit=limit)] == list("abcdefg")

    async def test_hold_fifty_when_no_limit_is_named(self, ann: httpx.AsyncClient) -> None:
        await run_batch(ann, *({"op": "create", "title": str(number)} for number in range(51)))

        assert len(await titles(ann)) == 50

    async def test_hold_up_to_two_hundred(self, ann: httpx.AsyncClient) -> None:
        for _ in range(3):
            await run_batch(ann, *({"op": "create", "title": str(number)} for number in range(70)))

        first = await read(ann, "/tasks", limit=200)
        rest = await read(ann, "/tasks", limit=200, cursor=first["next_cursor"])

        assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (200, 10, None)

    @pytest.mark.parametrize("count", [0, 2])
    async def test_end_without_cursor_or_link(self, ann: httpx.AsyncClient, count: int) -> None:
        await add_tasks(ann, *"ab"[:count])

        answer = await ann.get(TASKS, params={"limit": 2})

        assert expect(answer)["next_cursor"] is None
        assert "link" not in answer.headers

    async def test_may_change_the_limit_on_the_way(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abcde")
        cursor = await next_cursor(ann)

        assert await titles(ann, limit=3, cursor=cursor) == ["b", "c", "d"]

    async def test_go_on_behind_a_task_that_was_deleted(self, ann: httpx.AsyncClient) -> None:
        first, *_ = await add_tasks(ann, *"abc")
        cursor = await next_cursor(ann)
        await delete_task(ann, first)

        assert await titles(ann, cursor=cursor) == ["b", "c"]

    async def test_show_no_task_twice_that_moved_behind_the_reader(self, ann: httpx.AsyncClient) -> None:
        first, _, last = await add_tasks(ann, *"abc")
        cursor = await next_cursor(ann)
        await act(ann, first, "move", after_id=last["id"])

        assert await titles(ann, cursor=cursor) == ["b", "c"]

    async def test_show_what_was_added_behind_the_reader(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"ab")
        cursor = await next_cursor(ann)
        await add_tasks(ann, "new")

        assert await titles(ann, cursor=cursor) == ["b", "new"]

    @pytest.mark.parametrize(
        ("sort", "fields"),
        [("due", {"due": {"date": "2027-01-01"}}), ("priority", {"priority": 4}), ("updated", {"notes": "x"})],
    )
    async def test_show_no_task_twice_whose_sort_key_changed(
        self, ann: httpx.AsyncClient, sort: str, fields: dict[str, object]
    ) -> None:
        await add_tasks(ann, *"abcd", due={"date": "2026-12-01"}, priority=1)
        first = await read(ann, "/tasks", sort=sort, limit=2)
        await patch_task(ann, first["items"][0], **fields)

        rest = await titles(ann, sort=sort, cursor=first["next_cursor"])

        assert sorted([*(task["title"] for task in first["items"]), *rest]) == list("abcd")


class TestTheLinkToTheNextPage:
    async def test_leads_there_with_the_same_question(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abcd", labels=["käse & brot"])
        asked = {"label": "käse & brot", "status": ["todo", "done"], "sort": "-position", "limit": 3}

        answer = await ann.get(TASKS, params=asked)

        link = answer.headers["link"]
        assert link.startswith(f"<{TASKS}?")
        assert link.endswith('>; rel="next"')
        url = link[1:].partition(">")[0]
        cursor = expect(answer)["next_cursor"]
        assert parse_qs(urlsplit(url).query) == {
            "label": ["käse & brot"],
            "status": ["todo", "done"],
            "sort": ["-position"],
            "limit": ["3"],
            "cursor": [cursor],
        }
        assert [task["title"] for task in expect(await ann.get(url))["items"]] == ["a"]

    async def test_replaces_the_cursor_of_the_page_before(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abc")

        answer = await ann.get(TASKS, params={"limit": 1, "cursor": await next_cursor(ann)})

        assert answer.headers["link"].count("cursor=") == 1
        assert expect(answer)["next_cursor"] in answer.headers["link"]


class TestACursorThatIsRefused:
    async def test_was_changed_in_any_character(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abc")
        cursor = await next_cursor(ann)

        for index in range(len(cursor)):
            other = "A" if cursor[index] != "A" else "B"
            answer = await ann.get(TASKS, params={"cursor": cursor[:index] + other + cursor[index + 1 :]})
            expect_problem(answer, 400, "invalid-cursor")

    @pytest.mark.parametrize("form", ["{}=", "{}==", "{}A", "A{}", " {}", "{}\n", "{}{}"])
    async def test_was_written_otherwise(self, ann: httpx.AsyncClient, form: str) -> None:
        await add_tasks(ann, *"abc")
        cursor = await next_cursor(ann)

        answer = await ann.get(TASKS, params={"cursor": form.format(cursor, cursor)})

        expect_problem(answer, 400, "invalid-cursor")

    @pytest.mark.parametrize(
        "cursor", ["", "x", "AAAA", "0", "%", "../..", "null", "é", "[1,2]", base64.b64encode(b"\x00" * 64).decode()]
    )
    async def test_never_was_one(self, ann: httpx.AsyncClient, cursor: str) -> None:
        expect_problem(await ann.get(TASKS, params={"cursor": cursor}), 400, "invalid-cursor")

    async def test_was_made_by_hand(self, ann: httpx.AsyncClient) -> None:
        """The digest belongs to another key."""
        await add_tasks(ann, *"abc")
        cursor = await next_cursor(ann)
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        start = raw.rindex(b"[")  # The digest before it may hold the same byte.
        key = json.loads(raw[start:])
        forged = raw[:start] + json.dumps([key[0], "a9", key[2]], separators=(",", ":")).encode()

        answer = await ann.get(TASKS, params={"cursor": base64.urlsafe_b64encode(forged).rstrip(b"=").decode()})

        expect_problem(answer, 400, "invalid-cursor")

    @pytest.mark.parametrize(
        "question",
        [{"sort": "due"}, {"sort": "-position"}, {"status": "todo"}, {"label": "x"}, {"q": "a"}, {"deleted": "true"}],
        ids=str,
    )
    async def test_belongs_to_another_question(self, ann: httpx.AsyncClient, question: dict[str, str]) -> None:
        await add_tasks(ann, *"abc")

        answer = await ann.get(TASKS, params={"cursor": await next_cursor(ann), **question})

        expect_problem(answer, 400, "invalid-cursor")

    async def test_belongs_to_another_user(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abc")
        await add_tasks(bob, *"abc")

        answer = await bob.get(TASKS, params={"cursor": await next_cursor(ann)})

        expect_problem(answer, 400, "invalid-cursor")

    async def test_belongs_to_another_collection(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abc")

        answer = await ann.get(f"{API}/lists", params={"cursor": await next_cursor(ann)})

        expect_problem(answer, 400, "invalid-cursor")

    async def test_is_refused_even_where_nothing_changed(self, ann: httpx.AsyncClient) -> None:
        etag = (await ann.get(TASKS)).headers["etag"]
        for header in ("*", etag, f'"other", {etag}'):
            answer = await ann.get(TASKS, params={"cursor": "x"}, headers={"If-None-Match": header})

            expect_problem(answer, 400, "invalid-cursor")
