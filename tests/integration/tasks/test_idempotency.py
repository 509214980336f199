"""Sending a POST twice under one key: it acts once, and is answered twice alike."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    API,
    LISTS,
    NOBODYS_ID,
    TASKS,
    Json,
    act,
    add_task,
    delete_task,
    expect,
    expect_invalid,
    expect_problem,
    read,
    revision_of,
    titles,
)

KEY = {"Idempotency-Key": "9f1a6d0c add milk"}


async def open_task(ann: httpx.AsyncClient) -> Json:
    return await add_task(ann)


async def done_task(ann: httpx.AsyncClient) -> Json:
    return await add_task(ann, status="done")


async def trashed_task(ann: httpx.AsyncClient) -> Json:
    task = await add_task(ann)
    await delete_task(ann, task)
    return task


Arrange = Callable[[httpx.AsyncClient], Awaitable[Json]]

POSTS: dict[str, tuple[Arrange, str, Any]] = {
    "create": (open_task, "/tasks", {"title": "new"}),
    "complete": (open_task, "/tasks/{id}/complete", None),
    "complete a done one": (done_task, "/tasks/{id}/complete", None),
    "reopen": (done_task, "/tasks/{id}/reopen", None),
    "restore": (trashed_task, "/tasks/{id}/restore", None),
    "move": (open_task, "/tasks/{id}/move", {"after_id": None}),
    "batch": (open_task, "/tasks/batch", {"operations": [{"op": "create", "title": "new"}, {"op": "create"}]}),
    "a batch that changes nothing": (open_task, "/tasks/batch", {"operations": [{"op": "create"}]}),
    "quick add": (open_task, "/tasks/quick", {"text": "new today"}),
    "a preview": (open_task, "/tasks/quick", {"text": "new today", "preview": True}),
    "quick add without a title": (open_task, "/tasks/quick", {"text": "today"}),
    "create a list": (open_task, "/lists", {"name": "Home"}),
    "create in no list": (open_task, "/tasks", {"title": "new", "list_id": NOBODYS_ID}),
    "complete nothing": (open_task, f"/tasks/{NOBODYS_ID}/complete", None),
    "an atomic batch that fails": (open_task, "/tasks/batch", {"operations": [{"op": "create"}], "atomic": True}),
}


class TestARepeatedPost:
    @pytest.mark.parametrize("name", POSTS)
    async def test_is_answered_as_the_first_one_was_and_acts_no_more(
        self, ann: httpx.AsyncClient, clock: FakeClock, name: str
    ) -> None:
        arrange, path, body = POSTS[name]
        url = API + path.format(id=(await arrange(ann))["id"])

        first = await ann.post(url, json=body, headers=KEY)
        revision = await revision_of(ann)
        clock.advance(minutes=5)
        second = await ann.post(url, json=body, headers=KEY)

        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert await revision_of(ann) == revision
        for header in ("etag", "location", "content-type", "cache-control"):
            assert second.headers.get(header) == first.headers.get(header)
        assert "idempotency-replayed" not in first.headers
        assert second.headers.get("idempotency-replayed") == "true"

    async def test_is_answered_as_it_was_though_the_task_has_changed(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        first = await ann.post(f"{TASKS}/{task['id']}/complete", headers=KEY)
        await act(ann, task, "reopen")

        second = await ann.post(f"{TASKS}/{task['id']}/complete", headers=KEY)

        assert second.content == first.content
        assert (await read(ann, f"/tasks/{task['id']}"))["status"] == "todo"

    async def test_acts_again_after_a_day(self, ann: httpx.AsyncClient, sign_in: SignIn, clock: FakeClock) -> None:
        first = await ann.post(TASKS, json={"title": "x"}, headers=KEY)
        clock.advance(hours=23, minutes=59)
        ann = await sign_in("ann@example.com")
        second = await ann.post(TASKS, json={"title": "x"}, headers=KEY)
        clock.advance(minutes=1)
        third = await ann.post(TASKS, json={"title": "x"}, headers=KEY)

        assert second.content == first.content
        assert expect(third, 201)["id"] != first.json()["id"]

    async def test_acts_again_under_another_key_or_none(self, ann: httpx.AsyncClient) -> None:
        for headers in ({}, {}, KEY, {"Idempotency-Key": "other"}):
            expect(await ann.post(TASKS, json={"title": "x"}, headers=headers), 201)

        assert len(await titles(ann)) == 4

    async def test_of_another_user_is_another_one(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        first = await ann.post(TASKS, json={"title": "hers"}, headers=KEY)
        second = await bob.post(TASKS, json={"title": "his"}, headers=KEY)

        assert (expect(first, 201)["title"], expect(second, 201)["title"]) == ("hers", "his")


class TestABodyThatIsRefused:
    async def test_leaves_the_key_free_for_a_better_one(self, ann: httpx.AsyncClient) -> None:
        expect_invalid(await ann.post(TASKS, json={}, headers=KEY), "/title")

        expect(await ann.post(TASKS, json={"title": "x"}, headers=KEY), 201)


class TestAKeyThatWasUsedForSomethingElse:
    @pytest.mark.parametrize(
        ("url", "body"),
        [
            (TASKS, {"title": "y"}),
            (TASKS, {"title": "x", "notes": ""}),
            (LISTS, {"name": "x"}),
            (f"{TASKS}/{NOBODYS_ID}/complete", None),
        ],
        ids=str,
    )
    async def test_is_refused(self, ann: httpx.AsyncClient, url: str, body: Any) -> None:
        await ann.post(TASKS, json={"title": "x"}, headers=KEY)

        expect_problem(await ann.post(url, json=body, headers=KEY), 422, "idempotency-key-reused")
        assert await titles(ann) == ["x"]


class TestManyAtOnceUnderOneKey:
    async def test_act_once(self, ann: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(ann.post(TASKS, json={"title": "x"}, headers=KEY) for _ in range(20)))

        assert await titles(ann) == ["x"]
        created = [answer for answer in answers if answer.status_code == 201]
        assert len({answer.content for answer in created}) == 1
        assert sum("idempotency-replayed" not in answer.headers for answer in created) == 1
        for answer in answers:
            if answer.status_code != 201:
                expect_problem(answer, 409, "idempotency-key-in-use")

    async def test_act_each_without_a_key(self, ann: httpx.AsyncClient) -> None:
        """The control: it is the key that keeps the others from acting."""
        await asyncio.gather(*(ann.post(TASKS, json={"title": "x"}) for _ in range(20)))

        assert len(await titles(ann)) == 20


class TestAKeyThatIsNone:
    @pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "k\xe9y"], ids=lambda key: key[:10])
    async def test_is_refused(self, ann: httpx.AsyncClient, key: str) -> None:
        headers = {"Idempotency-Key": key.encode("latin-1")}

        expect_invalid(await ann.post(TASKS, json={"title": "x"}, headers=headers), "/idempotency-key")
        assert await titles(ann) == []

    async def test_may_be_as_long_as_that(self, ann: httpx.AsyncClient) -> None:
        expect(await ann.post(TASKS, json={"title": "x"}, headers={"Idempotency-Key": "x" * 255}), 201)
