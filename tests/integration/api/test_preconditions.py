"""Conditional requests: `If-None-Match` saves a transfer, `If-Match` saves a lost update (RFC 9110, section 13)."""

import asyncio

import httpx
import pytest

from tests.integration.api.problem_shape import assert_problem


@pytest.fixture
async def etag(ann: httpx.AsyncClient, task_path: str) -> str:
    """The current ETag of the task."""
    return (await ann.get(task_path)).headers["ETag"]


class TestIfNoneMatch:
    @pytest.mark.parametrize(
        "form", ["{0}", "W/{0}", '"other", {0}', "{0},{0}", '"a,b" ,{0}', "  {0}  ", "*", 'W/"other", W/{0}']
    )
    async def test_gets_304_when_one_of_its_tags_is_current(
        self, form: str, ann: httpx.AsyncClient, task_path: str, etag: str
    ) -> None:
        answer = await ann.get(task_path, headers={"If-None-Match": form.format(etag)})

        assert answer.status_code == 304
        assert answer.content == b""
        assert answer.headers["ETag"] == etag
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Content-Type" not in answer.headers

    @pytest.mark.parametrize("value", ["", '"0"', "W/", "garbage", '"', '"1', "1", "{unquoted}", "é"])
    async def test_gets_the_resource_when_no_tag_is_current(
        self, value: str, ann: httpx.AsyncClient, task_path: str, etag: str
    ) -> None:
        header = value.replace("{unquoted}", etag.strip('"')).encode("latin-1")

        answer = await ann.get(task_path, headers={"If-None-Match": header})

        assert answer.status_code == 200
        assert answer.headers["ETag"] == etag

    async def test_gets_the_resource_after_a_change(self, ann: httpx.AsyncClient, task_path: str, etag: str) -> None:
        await ann.patch(task_path, json={"title": "Buy bread"})

        answer = await ann.get(task_path, headers={"If-None-Match": etag})

        assert (answer.status_code, answer.json()["title"]) == (200, "Buy bread")
        assert answer.headers["ETag"] != etag

    async def test_does_not_hide_that_a_resource_is_gone(
        self, ann: httpx.AsyncClient, task_path: str, etag: str
    ) -> None:
        await ann.delete(task_path)

        assert_problem(await ann.get(task_path, headers={"If-None-Match": etag}), 404)
        assert_problem(await ann.get(task_path, headers={"If-None-Match": "*"}), 404)

    @pytest.mark.parametrize("path", ["/tasks", "/lists", "/tasks?status=todo", "/me", "/labels", "/tasks/stats"])
    async def test_gets_304_for_lists_until_something_changes(
        self, path: str, ann: httpx.AsyncClient, task_path: str, list_path: str
    ) -> None:
        first = await ann.get(f"/api/v1{path}")
        condition = {"If-None-Match": first.headers["ETag"]}
        assert (await ann.get(f"/api/v1{path}", headers=condition)).status_code == 304

        await ann.patch(task_path, json={"labels": ["home"], "title": "Buy bread"})
        await ann.patch(list_path, json={"name": "Garden"})
        await ann.patch("/api/v1/me", json={"name": "Anna"})
        await ann.post("/api/v1/tasks", json={"title": "another"})

        second = await ann.get(f"/api/v1{path}", headers=condition)
        assert second.status_code == 200
        assert second.headers["ETag"] != first.headers["ETag"]

    async def test_is_not_shared_by_two_queries_or_two_users(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        tags = [
            (await client.get(path)).headers["ETag"]
            for client in (ann, bob)
            for path in ("/api/v1/tasks", "/api/v1/tasks?limit=2", "/api/v1/tasks?status=done", "/api/v1/lists")
        ]

        assert len(set(tags)) == len(tags)


class TestIfMatch:
    @pytest.mark.parametrize("form", ["{0}", "*", '"other", {0}', " {0} ", '{0}, W/"1"'])
    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    async def test_lets_a_change_of_the_current_version_pass(
        self, method: str, form: str, ann: httpx.AsyncClient, task_path: str, etag: str
    ) -> None:
        body = {"title": "Buy bread"} if method == "PATCH" else None

        answer = await ann.request(method, task_path, json=body, headers={"If-Match": form.format(etag)})

        assert answer.status_code == (200 if method == "PATCH" else 204)

    @pytest.mark.parametrize("value", ['"0"', "W/{0}", "", "garbage", "{unquoted}", '"', "é"])
    @pytest.mark.parametrize("kind", ["task", "list"])
    async def test_refuses_a_change_of_any_other_with_412(
        self, kind: str, value: str, ann: httpx.AsyncClient, task_path: str, list_path: str
    ) -> None:
        path = task_path if kind == "task" else list_path
        before = await ann.get(path)
        etag = before.headers["ETag"]
        header = value.replace("{unquoted}", etag.strip('"')).format(etag).encode("latin-1")
        body = {"title": "Buy bread"} if kind == "task" else {"name": "Garden"}

        for refused in (
            await ann.patch(path, json=body, headers={"If-Match": header}),
            await ann.delete(path, headers={"If-Match": header}),
        ):
            problem = assert_problem(refused, 412, more={"current"})
            assert problem["current"] == before.json()
            assert refused.headers["ETag"] == etag
        assert (await ann.get(path)).json() == before.json()

    async def test_is_checked_though_the_patch_changes_nothing(
        self, ann: httpx.AsyncClient, task_path: str, etag: str
    ) -> None:
        assert_problem(await ann.patch(task_path, json={}, headers={"If-Match": '"0"'}), 412, more={"current"})
        assert (await ann.patch(task_path, json={}, headers={"If-Match": etag})).status_code == 200

    async def test_says_not_found_where_there_is_nothing(self, bob: httpx.AsyncClient, task_path: str) -> None:
        assert_problem(await bob.patch(task_path, json={}, headers={"If-Match": '"1"'}), 404)
        assert_problem(await bob.delete(task_path, headers={"If-Match": "*"}), 404)

    async def test_lets_one_of_many_racing_writers_win(
        self, ann: httpx.AsyncClient, task_path: str, etag: str
    ) -> None:
        answers = await asyncio.gather(
            *(
                ann.patch(task_path, json={"title": f"writer {number}"}, headers={"If-Match": etag})
                for number in range(12)
            )
        )

        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200] + [412] * 11
        (winner,) = [answer for answer in answers if answer.status_code == 200]
        assert (await ann.get(task_path)).json() == winner.json()

    async def test_guards_the_profile(self, ann: httpx.AsyncClient) -> None:
        etag = (await ann.get("/api/v1/me")).headers["ETag"]

        first = await ann.patch("/api/v1/me", json={"name": "Anna"}, headers={"If-Match": etag})
        second = await ann.patch("/api/v1/me", json={"name": "Annie"}, headers={"If-Match": etag})

        assert first.status_code == 200
        assert assert_problem(second, 412, more={"current"})["current"] == first.json()


class TestAChangeThatChangesNothing:
    async def test_keeps_revision_and_tag(self, ann: httpx.AsyncClient, task_path: str, etag: str) -> None:
        answer = await ann.patch(task_path, json={})

        assert answer.headers["ETag"] == etag
        assert (await ann.get("/api/v1/me")).json()["revision"] == int(etag.strip('"'))
