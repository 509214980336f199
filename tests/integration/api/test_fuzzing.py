"""Whatever JSON is sent, the answer is a success or a 4xx problem, and what was stored reads back."""

import asyncio
import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.api.conftest import JSON
from tests.integration.api.problem_shape import assert_problem

texts = st.text(st.characters(codec=None), max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5), max_leaves=20
)
dates = st.sampled_from(["2026-12-01", "2026-02-30", "0001-01-01", "9999-12-31", "2026-12-01T00:00:00Z", "2026-W01"])
zones = st.sampled_from(["Europe/Paris", "UTC", "Nowhere/Else", "../etc/passwd", "localtime", "", "utc"])
due = st.fixed_dictionaries(
    {},
    optional={
        "date": dates | values,
        "time": st.sampled_from(["09:30", "24:00", "9:30"]) | values,
        "timezone": zones,
    },
)
ids = st.sampled_from(["0198c7a2-6f00-7000-8000-000000000000", "0198C7A2-6F00-7000-8000-000000000000", "", None])


recurrences = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(
            ["FREQ=DAILY", "freq=monthly;byday=-1fr", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=X"]
        )
    },
    optional={"from": st.sampled_from(["due", "completion", "never"])},
)


def mostly(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What belongs there, and now and then anything."""
    return st.one_of(strategy, strategy, strategy, values)


tasks = st.fixed_dictionaries(
    {"title": mostly(st.text(min_size=1, max_size=40))},
    optional={
        "notes": mostly(st.text(max_size=100)),
        "status": mostly(st.sampled_from(["todo", "in_progress", "done"])),
        "priority": mostly(st.integers(-1, 6)),
        "due": mostly(due | st.none()),
        "recurrence": mostly(recurrences | st.none()),
        "reminders": mostly(
            st.lists(st.fixed_dictionaries({}, optional={"minutes_before": st.integers(-5, 10**6), "at": dates}))
        ),
        "labels": mostly(st.lists(st.text(max_size=60), max_size=25)),
        "list_id": mostly(ids),
        "parent_id": mostly(ids),
    },
)
lists = st.fixed_dictionaries(
    {},
    optional={
        "name": mostly(st.text(min_size=1, max_size=110)),
        "color": mostly(st.sampled_from(["#2f80ed", "#2F80ED", "red", "#fff"])),
        "archived": mostly(st.booleans()),
        "position": mostly(st.sampled_from(["a0", "a1V", "z", "", "a00"])),
    },
)
profiles = st.fixed_dictionaries(
    {},
    optional={
        "name": mostly(st.text(min_size=1, max_size=110)),
        "timezone": mostly(zones),
        "locale": mostly(st.sampled_from(["en", "en-GB", "e", "zh-Hant-TW", "en_GB"])),
        "settings": st.dictionaries(texts, values, max_size=5),
    },
)

quickly = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def send(client: httpx.AsyncClient, method: str, path: str, body: Any) -> httpx.Response:
    """Send a body as JSON, surrogates and NaN included, and check the kind of the answer."""
    content = json.dumps(body).encode()
    async with asyncio.timeout(5):
        answer = await client.request(method, path, content=content, headers=JSON)
    if answer.status_code >= 400:
        assert_problem(answer, 400, 404, 409, 422)
    return answer


class TestAnyJson:
    @quickly
    @given(body=tasks | values)
    async def test_makes_a_task_or_a_problem(self, ann: httpx.AsyncClient, body: Any) -> None:
        answer = await send(ann, "POST", "/api/v1/tasks", body)

        if answer.status_code == 201:
            assert (await ann.get(answer.headers["Location"])).json() == answer.json()
            for name in ("title", "notes", "priority"):
                assert answer.json()[name] == body.get(name, answer.json()[name])

    @quickly
    @given(body=tasks | values)
    async def test_changes_a_task_or_is_refused(self, ann: httpx.AsyncClient, task_path: str, body: Any) -> None:
        before = (await ann.get(task_path)).json()

        answer = await send(ann, "PATCH", task_path, body)

        after = (await ann.get(task_path)).json()
        assert after == (answer.json() if answer.status_code == 200 else before)

    @quickly
    @given(body=lists | values)
    async def test_makes_or_changes_a_list_or_is_refused(
        self, ann: httpx.AsyncClient, list_path: str, body: Any
    ) -> None:
        await send(ann, "POST", "/api/v1/lists", body)
        answer = await send(ann, "PATCH", list_path, body)

        if answer.status_code == 200:
            assert (await ann.get(list_path)).json() == answer.json()

    @quickly
    @given(body=profiles | values)
    async def test_changes_the_profile_or_is_refused(self, ann: httpx.AsyncClient, body: Any) -> None:
        answer = await send(ann, "PATCH", "/api/v1/me", body)

        if answer.status_code == 200:
            assert (await ann.get("/api/v1/me")).json() == answer.json()

    @quickly
    @given(
        operations=st.lists(
            st.builds(dict, tasks, op=mostly(st.sampled_from(["create", "update", "move"]))), max_size=4
        )
    )
    async def test_makes_a_batch_or_is_refused(self, ann: httpx.AsyncClient, operations: list[Any]) -> None:
        answer = await send(ann, "POST", "/api/v1/tasks/batch", {"operations": operations})

        if answer.status_code == 200:
            assert len(answer.json()["results"]) == len(operations)


class TestAnyBytes:
    @quickly
    @given(content=st.binary(max_size=200) | texts.map(lambda text: text.encode("utf-8", "surrogatepass")))
    async def test_are_a_task_or_a_problem(self, ann: httpx.AsyncClient, content: bytes) -> None:
        answer = await ann.post("/api/v1/tasks", content=content, headers=JSON)

        assert_problem(answer, 400, 422)
