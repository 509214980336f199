"""Whatever an account holds: its export, imported into an empty account, gives an equal export."""

import itertools
import string
from datetime import date
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.tasks.due import FIRST_DAY, LAST_DAY
from tests.conftest import SignIn
from tests.integration.portability.calls import EXPORT, document, export, import_all, without_ids
from tests.integration.tasks.calls import act, read

NUMBERS = itertools.count()

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30).filter(
    str.strip
)
days, times = st.dates(date(1970, 1, 1), date(2200, 1, 1)), st.times()
instants = st.tuples(days, times).map(lambda drawn: f"{drawn[0]}T{drawn[1]:%H:%M:%S}.120Z")
dues = st.fixed_dictionaries(
    {
        "date": st.dates(FIRST_DAY, LAST_DAY).map(str),
        "time": st.none() | st.times().map(lambda time: f"{time:%H:%M}"),
        "timezone": st.none() | st.sampled_from(["UTC", "Europe/Paris", "America/Sao_Paulo"]),
    }
)
reminders = st.one_of(
    st.fixed_dictionaries({"minutes_before": st.integers(0, 40_320)}), st.fixed_dictionaries({"at": instants})
)
positions = st.sampled_from(string.digits + string.ascii_letters).map(lambda digit: f"a{digit}")
rules = st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;COUNT=2"])
list_ids, task_ids = st.sampled_from(["l0", "l1", None]), st.sampled_from(["t0", "t1", None])


@st.composite
def tasks(draw: st.DrawFn, number: int) -> dict[str, Any]:
    status = draw(st.sampled_from(["todo", "in_progress", "done"]))
    is_subtask = number > 1
    due, rule = draw(st.none() | dues), draw(st.none() | rules)
    basis = "completion" if due is None else draw(st.sampled_from(["due", "completion"]))
    return {
        "id": f"t{number}",
        "title": draw(texts),
        "notes": draw(st.just("") | texts),
        "status": status,
        "priority": draw(st.integers(0, 4)),
        "due": due,
        "recurrence": rule and {"rule": rule, "from": basis},
        "labels": draw(st.lists(texts, max_size=3)),
        "reminders": draw(st.lists(reminders, max_size=2)),
        "list_id": draw(list_ids),
        "parent_id": draw(task_ids) if is_subtask else None,
        "position": draw(st.none() | positions),
        "completed_at": draw(instants) if status == "done" else None,
        "created_at": draw(instants),
        "updated_at": draw(instants),
    }


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document with up to six tasks, of which the first two may have subtasks."""
    drawn = [draw(tasks(number)) for number in range(draw(st.integers(2, 6)))]
    lists = tuple({"id": f"l{number}", "name": draw(texts), "archived": draw(st.booleans())} for number in range(2))
    zone = draw(st.sampled_from(["UTC", "Asia/Tokyo"]))
    profile = {"name": draw(texts), "timezone": zone, "locale": "en", "settings": {"x": draw(texts)}}
    return document(*drawn, lists=lists, profile=profile)


async def complete_all(client: httpx.AsyncClient) -> None:
    """Complete what an account has to do, once."""
    for task in (await read(client, "/tasks?limit=100"))["items"]:
        if task["status"] != "done":
            await act(client, task, "complete")


class TestAnyAccount:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(written=documents())
    async def test_is_the_same_after_export_and_import(self, sign_in: SignIn, written: dict[str, Any]) -> None:
        first, second = [await sign_in(f"user{next(NUMBERS)}@example.com") for _ in range(2)]
        await import_all(first, written)
        assert len((await export(first))["tasks"]) == len(written["tasks"])
        await complete_all(first)
        exported = await export(first)

        await import_all(second, exported)

        assert without_ids(await export(second)) == without_ids(exported)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(written=documents())
    async def test_has_the_same_tasks_after_export_and_import_as_csv(
        self, sign_in: SignIn, written: dict[str, Any]
    ) -> None:
        first, second = [await sign_in(f"user{next(NUMBERS)}@example.com") for _ in range(2)]
        await import_all(first, written)
        await complete_all(first)
        content = (await first.get(EXPORT, params={"format": "csv"})).content

        await import_all(second, content, format="csv")

        exported, imported = [{**await export(client), "lists": []} for client in (first, second)]
        assert without_ids(imported)["tasks"] == without_ids(exported)["tasks"]
