"""The service behind a router: it is set up once, serves a whole life, and keeps what must be unique so.

On the stand-in these tests show that they can be carried out, and what the service makes of a router's answers.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

from app.bootstrap import COLLECTIONS
from app.core.clock import SystemClock, format_instant
from app.data.zones import ZoneRange, equal_ranges
from tests.integration.data.test_sharded_migration import migrate
from tests.integration.tasks.calls import API, add_task, expect
from tests.sharded.conftest import Cluster
from tests.sharded.life import OWNED, erase, kept_of, live

SHARDED = [spec for spec in COLLECTIONS if spec.shard_key is not None]
# Sign-ins at the same moment, half of them in each process.
RACERS = 10


class TestMigrating:
    async def test_has_nothing_left_to_do_the_second_time(self, cluster: Cluster) -> None:
        assert (cluster.first_migration.exit_code, cluster.first_migration.errors) == (0, "")

        again = await migrate(cluster.url, cluster.database, "--sharded")

        assert (again.exit_code, again.output.splitlines()) == (
            0,
            ["0 collections and 0 indexes created, 0 migrations applied", "0 sharding commands sent"],
        )

    async def test_cuts_the_hashes_into_equal_zones_for_every_collection_of_users(self, cluster: Cluster) -> None:
        zones = {}
        for spec in OWNED:
            namespace = f"{cluster.database.name}.{spec.name}"
            tags = await cluster.database.client["config"]["tags"].find({"ns": {"$in": [namespace]}}).to_list()
            found = [ZoneRange(tag["tag"], tag["min"], tag["max"]) for tag in tags]
            zones[spec.name] = [each.zone for each in found]
            expected = equal_ranges(str(spec.shard_key), zones[spec.name])
            assert sorted(map(repr, found)) == sorted(map(repr, expected))

        [layout] = {tuple(each) for each in zones.values()}
        shards = await cluster.admin.command({"listShards": 1})
        assert len(layout) == len(shards["shards"]) >= 2

    async def test_plans_reminders_of_the_version_before(self, cluster: Cluster) -> None:
        app = await cluster.start_service()
        client = await cluster.sign_in(app, "reminded@example.com")
        tomorrow = format_instant(SystemClock().now() + timedelta(days=1))
        task = await add_task(client, reminders=[{"at": tomorrow}])
        outbox, planned = cluster.database["outbox"], {"subject": task["id"]}
        entry = await outbox.find_one(planned)
        await outbox.delete_many(planned)
        await cluster.database["migrations"].delete_many({})

        again = await migrate(cluster.url, cluster.database, "--sharded")

        assert (again.exit_code, again.errors) == (0, "")
        assert again.output.splitlines()[0].endswith("1 migrations applied")
        assert entry is not None
        assert await outbox.find_one(planned) == entry


class TestAUser:
    async def test_lives_through_everything_and_leaves_nothing_behind(self, cluster: Cluster) -> None:
        app = await cluster.start_service()
        client = await cluster.sign_in(app, "whole-life@example.com")

        user_id = await live(client)
        assert (await kept_of(user_id, cluster.database)).keys() >= {"users", "sessions", "tasks", "lists"}
        synced = expect(await client.get(f"{API}/sync?since=0"))
        assert len(synced["tasks"]) > 5

        await erase(client, user_id, cluster.database)
        assert await cluster.database["identities"].count_documents({"user_id": user_id}) == 0


class TestFirstSignInsThatRace:
    async def test_make_one_user(self, cluster: Cluster) -> None:
        apps = [await cluster.start_service(), await cluster.start_service()]

        clients = await asyncio.gather(
            *(cluster.sign_in(apps[number % 2], "racer@example.com") for number in range(RACERS))
        )
        users = [UUID(expect(await client.get(f"{API}/me"))["id"]) for client in clients]

        assert len(Counter(users)) == 1
        assert await cluster.database["users"].count_documents({"email": "racer@example.com"}) == 1
        assert await cluster.database["identities"].count_documents({"user_id": users[0]}) == 2

    async def test_would_be_seen_as_two_if_they_were(self, cluster: Cluster) -> None:
        """What is counted is what another user would change."""
        app = await cluster.start_service()
        await cluster.sign_in(app, "one@example.com")
        await cluster.sign_in(app, "two@example.com")

        emails = {"$in": ["one@example.com", "two@example.com"]}
        assert await cluster.database["users"].count_documents({"email": emails}) == 2
