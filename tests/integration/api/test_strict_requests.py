"""What a request says too much of is refused, wherever it is said."""

import httpx
import pytest

API = "/api/v1"


class TestAnUnknownQueryParameter:
    @pytest.mark.parametrize(
        "path", ["/me", "/me/sessions", "/tasks", "/tasks/stats", "/lists", "/labels", "/sync", "/auth/providers"]
    )
    async def test_is_refused_by_every_read(self, ann: httpx.AsyncClient, path: str) -> None:
        assert (await ann.get(API + path)).status_code == 200

        answer = await ann.get(API + path, params={"nonsense": 1})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/nonsense"

    async def test_is_refused_by_changes_which_then_do_nothing(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.post(f"{API}/tasks", params={"nonsense": 1}, json={"title": "Milk"})
        assert answer.status_code == 422
        assert (await ann.get(f"{API}/tasks")).json()["items"] == []


class TestABodyForAnOperationThatTakesNone:
    async def test_is_refused_unless_it_says_nothing(self, ann: httpx.AsyncClient) -> None:
        task = (await ann.post(f"{API}/tasks", json={"title": "Milk"})).json()
        path = f"{API}/tasks/{task['id']}/complete"

        assert (await ann.post(path, json={"x": 1})).status_code == 422
        assert (await ann.get(f"{API}/tasks/{task['id']}")).json()["status"] == "todo"
        assert (await ann.post(path, json={})).status_code == 200


class TestANameThatSomebodyElseMadeToLeadHere:
    async def test_is_no_origin_of_ours(self, client: httpx.AsyncClient) -> None:
        for host, status in (("evil.example:8000", 403), ("localhost:8000", 200), ("192.0.2.7:8000", 200)):
            headers = {"Host": host, "Origin": f"http://{host}"}
            answer = await client.post(f"{API}/auth/dev/login", json={"email": "ann@example.com"}, headers=headers)
            assert answer.status_code == status, host


class TestAProblemInABatch:
    async def test_tells_its_occasion_like_any_other(self, ann: httpx.AsyncClient) -> None:
        operations = [{"op": "create", "title": "Milk"}, {"op": "create", "title": ""}]
        answer = await ann.post(f"{API}/tasks/batch", json={"operations": operations})
        problem = answer.json()["results"][1]["problem"]
        assert problem["instance"] == f"{API}/tasks/batch"
        assert problem["request_id"] == answer.headers["X-Request-ID"]

    async def test_gives_its_errors_to_the_whole_when_it_is_atomic(self, ann: httpx.AsyncClient) -> None:
        operations = [{"op": "create", "title": "Milk"}, {"op": "create", "title": ""}]
        answer = await ann.post(f"{API}/tasks/batch", json={"operations": operations, "atomic": True})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/operations/1/title"
        assert [result["problem"]["instance"] for result in answer.json()["results"]] == [f"{API}/tasks/batch"] * 2


class TestADayAsABound:
    async def test_begins_in_the_zone_of_the_user(self, ann: httpx.AsyncClient) -> None:
        await ann.patch(f"{API}/me", json={"timezone": "Asia/Tokyo"})
        for day in ("2026-12-01", "2026-12-02"):
            await ann.post(f"{API}/tasks", json={"title": day, "due": {"date": day}})

        before = (await ann.get(f"{API}/tasks", params={"due_before": "2026-12-02"})).json()["items"]
        after = (await ann.get(f"{API}/tasks", params={"due_after": "2026-12-02"})).json()["items"]
        assert [task["title"] for task in before] == ["2026-12-01"]
        assert [task["title"] for task in after] == ["2026-12-02"]

    async def test_must_be_a_day_that_exists(self, ann: httpx.AsyncClient) -> None:
        assert (await ann.get(f"{API}/tasks", params={"due_before": "2026-13-01"})).status_code == 422
