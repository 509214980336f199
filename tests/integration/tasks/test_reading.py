"""Reading single tasks and lists, and asking again for what one has already."""

import httpx
import pytest

from tests.integration.tasks.calls import (
    API,
    LISTS,
    NOBODYS_ID,
    TASKS,
    add_list,
    add_task,
    delete_task,
    expect,
    expect_problem,
    patch_task,
)


class TestReadingATask:
    async def test_answers_with_the_task_and_its_version(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        answer = await ann.get(f"{TASKS}/{task['id']}")

        assert expect(answer) == task
        assert answer.headers["etag"] == f'"{task["revision"]}"'
        assert answer.headers["cache-control"] == "private, no-cache"

    async def test_that_never_was_is_not_found(self, ann: httpx.AsyncClient) -> None:
        expect_problem(await ann.get(f"{TASKS}/{NOBODYS_ID}"), 404, "not-found")

    async def test_in_the_trash_is_not_found(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        await delete_task(ann, task)

        expect_problem(await ann.get(f"{TASKS}/{task['id']}"), 404, "not-found")

    @pytest.mark.parametrize(
        "task_id", ["x", "1", NOBODYS_ID.upper(), NOBODYS_ID + "0", "%00", "$gt", "%F0%9F%92%A9"]
    )
    async def test_with_an_id_that_is_none_is_refused(self, ann: httpx.AsyncClient, task_id: str) -> None:
        expect_problem(await ann.get(f"{TASKS}/{task_id}"), 422, "validation-failed")

    async def test_by_head_gives_the_headers_alone(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        answer = await ann.head(f"{TASKS}/{task['id']}")

        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["etag"] == f'"{task["revision"]}"'


class TestAnotherUsersTask:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("POST", "/complete"),
            ("POST", "/reopen"),
            ("POST", "/restore"),
            ("POST", "/move"),
        ],
    )
    async def test_is_told_apart_from_a_missing_one_by_nothing(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, method: str, path: str
    ) -> None:
        theirs = await add_task(bob, "secret")
        body = {"move": {"after_id": None}}.get(path[1:], {})

        other = await ann.request(method, f"{TASKS}/{theirs['id']}{path}", json=body)
        missing = await ann.request(method, f"{TASKS}/{NOBODYS_ID}{path}", json=body)

        problem = expect_problem(other, 404, "not-found")
        assert {**problem, "instance": "", "request_id": ""} == {**missing.json(), "instance": "", "request_id": ""}
        assert "secret" not in other.text
        assert expect(await bob.get(f"{TASKS}/{theirs['id']}")) == theirs

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    async def test_is_as_well_hidden_as_their_list(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, method: str
    ) -> None:
        theirs = await add_list(bob, "secret")

        answer = await ann.request(method, f"{LISTS}/{theirs['id']}", json={})

        expect_problem(answer, 404, "not-found")
        assert expect(await bob.get(f"{LISTS}/{theirs['id']}")) == theirs


class TestAskingAgainForATask:
    @pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x",W/{}', "*"])
    async def test_is_answered_with_304_when_it_is_the_same(self, ann: httpx.AsyncClient, form: str) -> None:
        task = await add_task(ann)
        etag = f'"{task["revision"]}"'

        answer = await ann.get(f"{TASKS}/{task['id']}", headers={"If-None-Match": form.format(etag)})

        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag

    @pytest.mark.parametrize("form", ["", "x", '"0"', 'W/"0"', '"0", "x"', "{bare}"])
    async def test_is_answered_in_full_when_it_is_another(self, ann: httpx.AsyncClient, form: str) -> None:
        task = await add_task(ann)

        header = form.format(bare=task["revision"])
        answer = await ann.get(f"{TASKS}/{task['id']}", headers={"If-None-Match": header})

        assert expect(answer) == task

    async def test_is_answered_in_full_after_a_change(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        changed = await patch_task(ann, task, title="Buy cheese")

        answer = await ann.get(f"{TASKS}/{task['id']}", headers={"If-None-Match": f'"{task["revision"]}"'})

        assert expect(answer) == changed

    async def test_is_answered_with_304_though_another_task_changed(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        await add_task(ann, "another")

        answer = await ann.get(f"{TASKS}/{task['id']}", headers={"If-None-Match": f'"{task["revision"]}"'})

        assert answer.status_code == 304


class TestAskingAgainForMany:
    @pytest.mark.parametrize("path", ["/tasks", "/tasks?status=todo&sort=-due", "/lists", "/labels", "/sync?since=1"])
    async def test_is_answered_with_304_until_something_changes(self, ann: httpx.AsyncClient, path: str) -> None:
        await add_task(ann, labels=["home"])
        etag = (await ann.get(API + path)).headers["etag"]

        again = await ann.get(API + path, headers={"If-None-Match": etag})
        await add_list(ann)
        changed = await ann.get(API + path, headers={"If-None-Match": etag})

        assert (again.status_code, again.headers["etag"]) == (304, etag)
        assert changed.status_code == 200
        assert changed.headers["etag"] != etag

    async def test_knows_one_question_from_another(self, ann: httpx.AsyncClient) -> None:
        paths = ["/tasks", "/tasks?limit=1", "/tasks?status=todo", "/lists", "/labels", "/sync"]

        etags = {(await ann.get(API + path)).headers["etag"] for path in paths}

        assert len(etags) == len(paths)

    async def test_knows_one_user_from_another(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        """Two users may be at the same revision; what a shared browser holds of one is not the other's."""
        await add_task(ann, "hers")
        etag = (await ann.get(TASKS)).headers["etag"]
        await add_task(bob, "his")

        answer = await bob.get(TASKS, headers={"If-None-Match": etag})

        assert [task["title"] for task in expect(answer)["items"]] == ["his"]

    async def test_costs_no_look_at_the_database(self, ann: httpx.AsyncClient, inspection) -> None:
        etag = (await ann.get(TASKS)).headers["etag"]
        inspection.forget()

        await ann.get(TASKS, headers={"If-None-Match": etag})

        assert not inspection.operations
