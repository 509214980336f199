"""Two processes change the same task at the same time."""

import asyncio

import httpx

from tests.integration.tasks.calls import TASKS, Json, add_task, expect, expect_problem, read_task, revision_of

ROUNDS = 40


async def race(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], task: Json, number: int, headers: dict[str, str]
) -> list[httpx.Response]:
    return await asyncio.gather(
        *(
            client.patch(f"{TASKS}/{task['id']}", json={"title": f"{name} {number}"}, headers=headers)
            for name, client in zip(("here", "there"), clients, strict=True)
        )
    )


class TestTwoWriters:
    async def test_never_both_win_when_each_names_the_version_that_it_knows(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        task = await add_task(ann)
        for number in range(ROUNDS):
            headers = {"If-Match": f'"{task["revision"]}"'}
            answers = await race((ann, ann_elsewhere), task, number, headers)

            won, lost = sorted(answers, key=lambda answer: answer.status_code)
            assert expect_problem(lost, 412, "precondition-failed")["current"] == expect(won)
            assert expect(won)["revision"] == task["revision"] + 1
            task = await read_task(ann, task)
            assert task == expect(won)

    async def test_both_win_when_neither_names_one(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        """The control: the race is one, and nothing but the precondition decides it."""
        task = await add_task(ann)
        for number in range(ROUNDS):
            answers = await race((ann, ann_elsewhere), task, number, {})

            assert {answer.status_code for answer in answers} == {200}
            assert len({expect(answer)["revision"] for answer in answers}) == 2

        assert await revision_of(ann) == task["revision"] + 2 * ROUNDS

    async def test_one_of_which_deletes_never_both_win(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        for _ in range(ROUNDS // 2):
            task = await add_task(ann)
            path, headers = f"{TASKS}/{task['id']}", {"If-Match": f'"{task["revision"]}"'}

            changed, deleted = await asyncio.gather(
                ann.patch(path, json={"title": "x"}, headers=headers), ann_elsewhere.delete(path, headers=headers)
            )

            assert (changed.status_code, deleted.status_code) in {(200, 412), (404, 204)}


class TestManyWriters:
    async def test_each_get_a_revision_and_a_position_of_their_own(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        tasks = [
            expect(answer, 201)
            for answer in await asyncio.gather(
                *(client.post(TASKS, json={"title": "x"}) for client in (ann, ann_elsewhere) * 15)
            )
        ]

        assert sorted(task["revision"] for task in tasks) == list(range(1, 31))
        assert len({task["position"] for task in tasks}) == 30
        assert sorted(tasks, key=lambda task: task["position"]) == sorted(tasks, key=lambda task: task["revision"])
