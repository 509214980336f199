"""Entries of the outbox: what one change plans, puts off and withdraws, and what it finds there."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.data.changes import Change
from app.data.outbox import Outbox, OutboxEntry, derive_id
from app.data.store import Store
from tests.factories.users import insert_user
from tests.fakes.clock import START

RawDatabase = AsyncDatabase[dict[str, Any]]
Run = Callable[[Callable[[Change], None]], Awaitable[None]]

AHEAD, PAST = START + timedelta(hours=1), START - timedelta(hours=1)


@pytest.fixture
async def user_id(store: Store, raw_database: RawDatabase) -> UUID:
    return await insert_user(raw_database)


@pytest.fixture
def run(store: Store, user_id: UUID) -> Run:
    """Runs a change that does something with its outbox."""

    async def run_change(act: Callable[[Change], None]) -> None:
        async def body(change: Change) -> None:
            act(change)
            change.stamp()

        await store.changes.run(user_id, body)

    return run_change


@pytest.fixture
def entry(user_id: UUID) -> Callable[..., OutboxEntry]:
    """Makes entries: `entry("subject", at, word="hello")`."""

    def make(subject: str = "a", at: Any = AHEAD, **content: Any) -> OutboxEntry:
        return OutboxEntry(user_id, "reminder", subject, at, content)

    return make


async def held(database: RawDatabase) -> dict[str, Any]:
    """The contents of what is there, by subject."""
    return {document["subject"]: document["content"] for document in await database["outbox"].find({}).to_list()}


class TestPlanning:
    async def test_adds_an_entry_that_waits(
        self, run: Run, entry: Callable[..., OutboxEntry], raw_database: RawDatabase, user_id: UUID
    ) -> None:
        await run(lambda change: change.outbox.plan(entry(word="hello"), change.at))
        document = await raw_database["outbox"].find_one({})
        assert document is not None
        expected = {"_id": entry().entry_id, "user_id": user_id, "kind": "reminder", "subject": "a"}
        expected |= {"occurrence": "", "at": AHEAD, "due_at": AHEAD, "attempts": 0, "state": "waiting"}
        assert document.items() >= (expected | {"content": {"word": "hello"}}).items()
        assert "channel" not in document

    async def test_renews_the_content_of_one_that_is_there_and_nothing_else(
        self, run: Run, entry: Callable[..., OutboxEntry], raw_database: RawDatabase
    ) -> None:
        await run(lambda change: change.outbox.plan(entry(word="hello"), change.at))
        noted = {"attempts": 3, "due_at": PAST, "claim": "worker"}
        await raw_database["outbox"].update_one({}, {"$set": noted})
        before = await raw_database["outbox"].find_one({})
        assert before is not None
        await run(lambda change: change.outbox.plan(entry(word="bye"), change.at))
        assert await raw_database["outbox"].find_one({}) == {**before, "content": {"word": "bye"}}

    async def test_begins_nothing_that_lies_in_the_past(
        self, run: Run, entry: Callable[..., OutboxEntry], raw_database: RawDatabase
    ) -> None:
        await run(lambda change: change.outbox.plan(entry(at=PAST), change.at))
        await run(lambda change: change.outbox.plan(entry(at=START), change.at))
        assert await held(raw_database) == {}

    async def test_of_many_adds_what_is_not_there_and_renews_what_is(
        self, run: Run, entry: Callable[..., OutboxEntry], raw_database: RawDatabase
    ) -> None:
        def plan(change: Change, numbers: range, word: str) -> None:
            for number in numbers:
                change.outbox.plan(entry(str(number), AHEAD if number % 2 else PAST, word=word), change.at)

        await run(lambda change: plan(change, range(1_500), "hello"))
        assert await held(raw_database) == {str(number): {"word": "hello"} for number in range(1, 1_500, 2)}
        await run(lambda change: plan(change, range(1_000, 2_500), "bye"))
        assert await held(raw_database) == {
            str(number): {"word": "hello" if number < 1_000 else "bye"} for number in range(1, 2_500, 2)
        }


class TestPuttingOff:
    async def test_gives_an_entry_another_instant_whoever_is_at_work_on_it(
        self, run: Run, entry: Callable[..., OutboxEntry], raw_database: RawDatabase
    ) -> None:
        await run(lambda change: change.outbox.put_off(entry()))
        await raw_database["outbox"].update_one({}, {"$set": {"attempts": 3, "claim": "worker"}})
        later = AHEAD + timedelta(days=1)
        await run(lambda change: change.outbox.put_off(entry(at=later)))
        [document] = await raw_database["outbox"].find({}).to_list()
        assert (document["at"], document["due_at"], document["attempts"]) == (later, later, 0)
        assert "claim" not in document


class TestSeveralThingsWithOneEntry:
    @pytest.mark.parametrize(
        ("steps", "expected"),
        [
            (["plan", "withdraw"], {}),
            (["withdraw", "plan"], {"a": {"word": "plan"}}),
            (["put_off", "withdraw"], {}),
            (["plan", "put_off"], {"a": {"word": "put_off"}}),
            (["withdraw", "put_off"], {"a": {"word": "put_off"}}),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("is_there", [True, False])
    @pytest.mark.parametrize("others", [0, 100])
    async def test_come_to_the_last_one(
        self,
        run: Run,
        entry: Callable[..., OutboxEntry],
        raw_database: RawDatabase,
        steps: list[str],
        expected: dict[str, Any],
        others: int,
        *,
        is_there: bool,
    ) -> None:
        def act(change: Change) -> None:
            for step in steps:
                if step == "plan":
                    change.outbox.plan(entry(word="plan"), change.at)
                elif step == "put_off":
                    change.outbox.put_off(entry(word="put_off"))
                else:
                    change.outbox.withdraw(change.user_id, entry().entry_id)
            for number in range(others):
                change.outbox.plan(entry(str(number)), change.at)

        if is_there:
            await run(lambda change: change.outbox.plan(entry(word="before"), change.at))
        await run(act)
        assert await held(raw_database) == expected | {str(number): {} for number in range(others)}


class TestAppending:
    async def test_leaves_an_entry_that_is_there_as_it_is(
        self, store: Store, entry: Callable[..., OutboxEntry], raw_database: RawDatabase
    ) -> None:
        outbox = Outbox(store.database)
        for word in ("hello", "bye"):
            await store.transactions.run(lambda session, word=word: outbox.append(entry(at=PAST, word=word), session))
        assert await held(raw_database) == {"a": {"word": "hello"}}


class TestErasing:
    async def test_takes_what_is_ones_own(
        self, store: Store, entry: Callable[..., OutboxEntry], raw_database: RawDatabase, user_id: UUID
    ) -> None:
        outbox, other = Outbox(store.database), OutboxEntry(uuid4(), "reminder", "his", AHEAD)
        for one in (entry(), entry("b"), other):
            await store.transactions.run(lambda session, one=one: outbox.append(one, session))
        await outbox.erase_user(user_id)
        assert list(await held(raw_database)) == ["his"]


class TestTheKey:
    def test_tells_apart_whose_what_when_and_how(self) -> None:
        users = UUID(int=1), UUID(int=2)
        keys = {
            derive_id(user, kind, subject, occurrence, channel)
            for user in users
            for kind in ("reminder", "digest")
            for subject in ("", "a", "ab")
            for occurrence in ("", "b", "bc")
            for channel in ("", "email")
        }
        assert len(keys) == 2 * 2 * 3 * 3 * 2
        assert {(key.version, key.variant) for key in keys} == {(8, "specified in RFC 4122")}

    def test_is_the_same_in_every_version(self) -> None:
        # Entries that wait were written by an earlier one.
        known = UUID("573fe3af-8d5c-8ad9-ba36-c1704e431ef8")
        assert derive_id(UUID(int=7), "reminder", "a", "2026-12-01T09:00:00.000Z") == known
