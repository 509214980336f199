"""The audit: an entry is there if its act is, and never otherwise."""

from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.ids import new_id
from app.data.audit import Actor, ActorGoneError, AuditEntry, AuditLog, AuditQuery, Subject
from app.data.database import Session
from app.data.store import Store
from tests.factories.users import insert_user
from tests.fakes.clock import START, FakeClock

RawDatabase = AsyncDatabase[dict[str, Any]]

SOMEBODY = new_id(START)


OPERATOR = Actor("cli", name="root")


def entry(action: str = "thing.changed", actor: Actor = OPERATOR) -> AuditEntry:
    return AuditEntry(actor, action, Subject("thing", SOMEBODY), before={"size": 1}, after={"size": 2})


@pytest.fixture
def audit(store: Store) -> AuditLog:
    return AuditLog(store.database, store.clock)


async def write(store: Store, audit: AuditLog, *entries: AuditEntry) -> None:
    async def append(session: Session) -> None:
        for each in entries:
            await audit.append(each, session)

    await store.transactions.run(append)


class TestAnEntry:
    async def test_tells_who_did_what_to_whom(
        self, store: Store, audit: AuditLog, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        admin = await insert_user(raw_database, name="Ann", email="ann@example.com")
        await write(store, audit, entry(actor=Actor("user", user_id=admin, request_id="4f1c")))

        (kept,) = await audit.find_page(AuditQuery(), None, 10)

        assert kept == {
            "_id": kept["_id"],
            "at": clock.now(),
            "actor": {"kind": "user", "id": admin, "name": "Ann", "email": "ann@example.com"},
            "action": "thing.changed",
            "subject": {"kind": "thing", "id": SOMEBODY, "email": None},
            "details": {"before": {"size": 1}, "after": {"size": 2}},
            "request_id": "4f1c",
        }

    @pytest.mark.parametrize("is_under_way", [True, False], ids=["being erased", "erased"])
    async def test_is_refused_to_one_whose_account_is_gone(
        self, store: Store, audit: AuditLog, raw_database: RawDatabase, is_under_way: bool
    ) -> None:
        admin = await insert_user(raw_database, **({"deleted_at": START} if is_under_way else {}))
        if not is_under_way:
            await raw_database["users"].delete_one({"_id": admin})

        with pytest.raises(ActorGoneError):
            await write(store, audit, entry(), entry(actor=Actor("user", user_id=admin)))

        assert await audit.find_page(AuditQuery(), None, 10) == []

    async def test_vanishes_with_the_transaction_that_wrote_it(self, store: Store, audit: AuditLog) -> None:
        async def append_and_fail(session: Session) -> None:
            await audit.append(entry(), session)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await store.transactions.run(append_and_fail)

        assert await audit.find_page(AuditQuery(), None, 10) == []


class TestTheAudit:
    def test_can_insert_and_read_alone(self) -> None:
        assert {name for name in dir(AuditLog) if not name.startswith("_")} == {"append", "find_page"}

    async def test_is_read_from_the_newest_entry_on(self, store: Store, audit: AuditLog, clock: FakeClock) -> None:
        for number in range(5):
            await write(store, audit, entry(f"act.{number}"))
            clock.advance(1)

        first = await audit.find_page(AuditQuery(), None, 3)
        second = await audit.find_page(AuditQuery(), first[-1]["_id"], 3)

        assert [kept["action"] for kept in [*first, *second]] == [f"act.{number}" for number in (4, 3, 2, 1, 0)]

    @pytest.mark.parametrize(
        ("query", "index"),
        [
            (AuditQuery(action="thing.changed"), "by_action"),
            (AuditQuery(actor_id=SOMEBODY), "by_actor"),
            (AuditQuery(subject_id=SOMEBODY), "by_subject"),
            (AuditQuery("thing.changed", SOMEBODY, SOMEBODY), "by_subject"),
            (AuditQuery(), "_id_"),
        ],
    )
    async def test_is_served_by_an_index_for_each_filter(
        self, raw_database: RawDatabase, query: AuditQuery, index: str
    ) -> None:
        assert query.index == index
        for conditions in (query.to_filter(), {**query.to_filter(), "_id": {"$lt": new_id(START)}}):
            found = raw_database["audit"].find(conditions).sort("_id", -1).limit(51).hint(query.index)
            plan = str((await found.explain())["queryPlanner"]["winningPlan"])

            assert f"'indexName': '{index}'" in plan
            assert "'SORT'" not in plan
