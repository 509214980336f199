"""A lease is renewed for as long as its holder works."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.data.leases import LEASES, LeaseHeldError, Leases
from app.data.store import Store
from tests.fakes.clock import FakeClock

# Short, because the renewals go by the real clock; the fake one tells what they write.
LIFETIME = timedelta(milliseconds=300)


class TestLongWork:
    async def test_keeps_its_lease_beyond_the_first_lifetime(
        self, store: Store, clock: FakeClock, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        leases = Leases(store.database, clock)
        async with leases.hold("long", LIFETIME):
            first_end = clock.now() + LIFETIME
            clock.advance(LIFETIME.total_seconds() * 0.9)
            async with asyncio.timeout(10):
                while (await raw_database[LEASES.name].find_one({"_id": "long"}))["expires_at"] <= first_end:
                    pass
            clock.advance(LIFETIME.total_seconds() * 0.9)

            with pytest.raises(LeaseHeldError):
                await leases.hold("long", LIFETIME).__aenter__()

    async def test_renews_no_more_once_it_has_ended(
        self, store: Store, clock: FakeClock, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        async with Leases(store.database, clock).hold("long", LIFETIME):
            tasks = asyncio.all_tasks()

        assert await raw_database[LEASES.name].find_one({"_id": "long"}) is None
        assert any(task.cancelled() for task in tasks)
