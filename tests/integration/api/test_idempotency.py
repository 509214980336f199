"""`Idempotency-Key`: a POST that is sent again is answered again, and done once."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect

from app.data.idempotency import IdempotencyStore
from tests.fakes.clock import FakeClock
from tests.integration.api.problem_shape import assert_problem

KEY = {"Idempotency-Key": "9f1a6d0c-add-milk"}
MILK = {"title": "Buy milk"}


async def count_tasks(client: httpx.AsyncClient) -> int:
    return len((await client.get("/api/v1/tasks")).json()["items"])


class TestAKeyThatIsNew:
    async def test_changes_nothing_about_the_answer(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.post("/api/v1/tasks", json=MILK, headers=KEY)

        assert answer.status_code == 201
        assert "Idempotency-Replayed" not in answer.headers
        assert answer.headers["Location"] == f"/api/v1/tasks/{answer.json()['id']}"

    @pytest.mark.parametrize("key", ["x", "x" * 255, "~!@#$%^&*()", "a b", '"quoted"'])
    async def test_may_be_any_printable_text(self, key: str, ann: httpx.AsyncClient) -> None:
        for _ in range(2):
            answer = await ann.post("/api/v1/tasks", json=MILK, headers={"Idempotency-Key": key})
            assert answer.status_code == 201
        assert await count_tasks(ann) == 1

    @pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
    async def test_is_refused_when_it_is_malformed(self, key: str, ann: httpx.AsyncClient) -> None:
        headers = {"Idempotency-Key": key.encode("latin-1")}

        problem = assert_problem(await ann.post("/api/v1/tasks", json=MILK, headers=headers), 422)

        assert problem["errors"][0]["pointer"].lower() == "/idempotency-key"
        assert await count_tasks(ann) == 0


class TestARequestThatIsSentAgain:
    async def test_gets_the_first_answer(self, ann: httpx.AsyncClient) -> None:
        first = await ann.post("/api/v1/tasks", json=MILK, headers=KEY)
        again = await ann.post("/api/v1/tasks", json=MILK, headers=KEY)

        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status_code, again.content) == (first.status_code, first.content)
        for name in ("ETag", "Location", "Content-Type", "Cache-Control", "Vary"):
            assert again.headers[name] == first.headers[name]
        assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
        assert await count_tasks(ann) == 1

    async def test_gets_it_though_the_task_has_changed_since(self, ann: httpx.AsyncClient) -> None:
        first = await ann.post("/api/v1/tasks", json=MILK, headers=KEY)
        await ann.patch(first.headers["Location"], json={"title": "Buy bread"})

        assert (await ann.post("/api/v1/tasks", json=MILK, headers=KEY)).json() == first.json()

    async def test_gets_it_for_a_day(self, ann: httpx.AsyncClient, sign_in: Any, clock: FakeClock) -> None:
        await ann.post("/api/v1/tasks", json=MILK, headers=KEY)
        clock.advance(hours=24, seconds=-1)
        ann = await sign_in("ann@example.com")
        assert "Idempotency-Replayed" in (await ann.post("/api/v1/tasks", json=MILK, headers=KEY)).headers

        clock.advance(1)
        assert "Idempotency-Replayed" not in (await ann.post("/api/v1/tasks", json=MILK, headers=KEY)).headers
        assert await count_tasks(ann) == 2

    async def test_gets_a_refusal_again_too(self, ann: httpx.AsyncClient, task_path: str) -> None:
        await ann.delete(task_path)
        first = await ann.post(f"{task_path}/complete", headers=KEY)
        await ann.post(f"{task_path}/restore")

        again = await ann.post(f"{task_path}/complete", headers=KEY)

        assert first.status_code == again.status_code == 404
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["Content-Type"] == "application/problem+json"
        assert again.json() == first.json()

    async def test_gets_the_answer_to_a_change_that_changed_nothing(
        self, ann: httpx.AsyncClient, task_path: str
    ) -> None:
        await ann.post(f"{task_path}/complete")
        first = await ann.post(f"{task_path}/complete", headers=KEY)
        await ann.post(f"{task_path}/reopen")

        again = await ann.post(f"{task_path}/complete", headers=KEY)

        assert again.json() == first.json()
        assert (await ann.get(task_path)).json()["status"] == "todo"

    async def test_is_done_once_for_every_kind_of_post(
        self, ann: httpx.AsyncClient, task_path: str, list_path: str
    ) -> None:
        requests: list[tuple[str, dict[str, Any] | None]] = [
            ("/api/v1/tasks", MILK),
            ("/api/v1/lists", {"name": "Garden"}),
            ("/api/v1/tasks/batch", {"operations": [{"op": "create", "title": "Buy bread"}]}),
            (f"{task_path}/complete", None),
            (f"{task_path}/reopen", None),
            (f"{task_path}/move", {"after_id": None, "list_id": list_path.rpartition("/")[2]}),
        ]
        for number, (path, body) in enumerate(requests):
            headers = {"Idempotency-Key": f"request {number}"}
            first = await ann.post(path, json=body, headers=headers)
            revision = (await ann.get("/api/v1/me")).json()["revision"]
            again = await ann.post(path, json=body, headers=headers)

            assert first.status_code in {200, 201}, first.text
            assert again.headers["Idempotency-Replayed"] == "true"
            assert again.content == first.content
            assert (await ann.get("/api/v1/me")).json()["revision"] == revision


class TestAKeyThatIsUsedForSomethingElse:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/api/v1/tasks", {"title": "Buy bread"}),
            ("/api/v1/lists", {"name": "Buy milk"}),
        ],
    )
    async def test_is_refused_with_422(self, path: str, body: dict[str, str], ann: httpx.AsyncClient) -> None:
        await ann.post("/api/v1/tasks", json=MILK, headers=KEY)

        answer = await ann.post(path, json=body, headers=KEY)

        assert assert_problem(answer, 422)["type"] == "/problems/idempotency-key-reused"
        assert await count_tasks(ann) == 1

    async def test_is_fine_for_another_user(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        hers = await ann.post("/api/v1/tasks", json=MILK, headers=KEY)
        his = await bob.post("/api/v1/tasks", json={"title": "Buy bread"}, headers=KEY)

        assert (hers.status_code, his.status_code) == (201, 201)
        assert his.json()["title"] == "Buy bread"


class TestManyRequestsWithOneKeyAtOnce:
    async def test_are_done_once(self, ann: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(ann.post("/api/v1/tasks", json=MILK, headers=KEY) for _ in range(15)))

        for answer in answers:
            if answer.status_code == 409:
                assert assert_problem(answer, 409)["type"] == "/problems/idempotency-key-in-use"
            else:
                assert answer.status_code == 201
        assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
        assert await count_tasks(ann) == 1


class TestARequestThatFailed:
    async def test_may_be_sent_again_when_the_fault_was_ours(
        self, ann: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*arguments: object, **options: object) -> None:
            raise AutoReconnect("the primary has gone")

        with monkeypatch.context() as patch:
            patch.setattr(IdempotencyStore, "save", fail)
            assert_problem(await ann.post("/api/v1/tasks", json=MILK, headers=KEY), 503)
        assert await count_tasks(ann) == 0

        assert (await ann.post("/api/v1/tasks", json=MILK, headers=KEY)).status_code == 201
        assert await count_tasks(ann) == 1

    async def test_may_be_mended_when_it_was_never_understood(self, ann: httpx.AsyncClient) -> None:
        assert_problem(await ann.post("/api/v1/tasks", json={"title": ""}, headers=KEY), 422)

        assert (await ann.post("/api/v1/tasks", json=MILK, headers=KEY)).status_code == 201

    async def test_may_be_sent_again_when_its_process_died(
        self,
        ann: httpx.AsyncClient,
        clock: FakeClock,
        app: FastAPI,
        raw_database: AsyncDatabase[dict[str, Any]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def die(*arguments: object, **options: object) -> None:
            raise RuntimeError("as if the process had been killed")

        with monkeypatch.context() as patch:
            patch.setattr(IdempotencyStore, "save", die)
            patch.setattr(IdempotencyStore, "release", die)
            assert_problem(await ann.post("/api/v1/tasks", json=MILK, headers=KEY), 500)
        assert await raw_database["idempotency"].count_documents({}) == 1

        assert_problem(await ann.post("/api/v1/tasks", json=MILK, headers=KEY), 409)
        clock.advance(30)
        assert (await ann.post("/api/v1/tasks", json=MILK, headers=KEY)).status_code == 201
        assert await count_tasks(ann) == 1
