"""A lease is held by one process at a time and ends by itself when its holder dies."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import Settings
from app.data.failures import DatabaseError
from app.data.leases import LeaseHeldError, Leases
from app.data.store import Store
from tests.architecture.inspection import Inspection
from tests.fakes.clock import FakeClock
from tests.servers import FailPoint
from tests.waiting import until

MINUTE = timedelta(minutes=1)


@pytest.fixture
def leases(store: Store, clock: FakeClock) -> Leases:
    return Leases(store.database, clock)


class TestALease:
    async def test_is_refused_to_others_while_it_is_held(self, leases: Leases) -> None:
        async with leases.hold("digest", MINUTE):
            with pytest.raises(LeaseHeldError):
                async with leases.hold("digest", MINUTE):
                    pytest.fail("two hold one lease")

    async def test_does_not_hinder_other_work(self, leases: Leases) -> None:
        async with leases.hold("digest", MINUTE), leases.hold("reminders", MINUTE):
            pass

    async def test_is_free_again_when_its_work_is_done(self, leases: Leases) -> None:
        async with leases.hold("digest", MINUTE):
            pass
        async with leases.hold("digest", MINUTE):
            pass

    async def test_is_free_again_when_its_work_failed(self, leases: Leases) -> None:
        with pytest.raises(LookupError):
            async with leases.hold("digest", MINUTE):
                raise LookupError

        async with leases.hold("digest", MINUTE):
            pass

    async def test_is_free_again_when_whoever_is_about_to_get_it_is_told_to_end(
        self,
        leases: Leases,
        failing: FailPoint,
        inspection: Inspection,
        raw_database: AsyncDatabase[dict[str, Any]],
    ) -> None:
        inspection.forget()
        async with failing("update", blockConnection=True, blockTimeMS=200):
            getting = asyncio.create_task(leases.hold("digest", MINUTE).__aenter__())
            await until(lambda: bool(inspection.operations))
            getting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await getting
            async with leases.hold("reminders", MINUTE):
                pass  # for which mongod takes as long, so that it has done by now what came before

        assert await raw_database["leases"].find_one({"_id": "digest"}) is None

    async def test_is_free_again_when_nobody_could_tell_whether_it_was_had(
        self, leases: Leases, failing: FailPoint, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        not_replicated = {"code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting for replication timed out"}
        async with failing("update", times=1, writeConcernError=not_replicated):
            with pytest.raises(DatabaseError):
                await leases.hold("digest", MINUTE).__aenter__()

        assert await raw_database["leases"].find_one({"_id": "digest"}) is None

    async def test_is_taken_from_a_holder_that_died(self, leases: Leases, clock: FakeClock) -> None:
        async with leases.hold("digest", MINUTE):
            clock.advance(59)
            with pytest.raises(LeaseHeldError):
                await leases.hold("digest", MINUTE).__aenter__()
            clock.advance(1)
            async with leases.hold("digest", MINUTE):
                pass

    async def test_stays_with_its_new_holder_when_the_late_one_ends(self, leases: Leases, clock: FakeClock) -> None:
        late = leases.hold("digest", MINUTE)
        await late.__aenter__()
        clock.advance(61)
        async with leases.hold("digest", MINUTE):
            await late.__aexit__(None, None, None)
            with pytest.raises(LeaseHeldError):
                await leases.hold("digest", MINUTE).__aenter__()

    async def test_goes_to_one_of_many_who_ask_at_once(
        self, leases: Leases, clock: FakeClock, settings: Settings, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        for round_number in range(5):
            granted = asyncio.Event()
            refused = 0

            async def compete(granted: asyncio.Event = granted) -> bool:
                nonlocal refused
                try:
                    async with leases.hold("digest", MINUTE):
                        await granted.wait()
                        return True
                except LeaseHeldError:
                    refused += 1
                    if refused == 9:
                        granted.set()
                    return False

            async with asyncio.timeout(10):
                assert sum(await asyncio.gather(*(compete() for _ in range(10)))) == 1, round_number
