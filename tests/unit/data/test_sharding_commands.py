"""The commands of a sharding have the forms that the MongoDB manual gives, and the fake keeps MongoDB's rules."""

from typing import Any

import pytest
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey

from app.bootstrap import COLLECTIONS
from app.data.sharding import Sharder
from tests.fakes.cluster import FakeCluster, FakeShardedDatabase, RefusedError
from tests.unit.data.documented_commands import find_fault

USERS, TASKS = "taskfleet.users", "taskfleet.tasks"


class SpyingDatabase(FakeShardedDatabase):
    """Keeps every command, those that only ask included."""

    def __init__(self, cluster: FakeCluster) -> None:
        super().__init__(cluster)
        self.sent: list[tuple[dict[str, Any], bool]] = []

    async def command(self, command: dict[str, Any], *, is_admin: bool = False) -> dict[str, Any]:
        self.sent.append((command, is_admin))
        return await super().command(command, is_admin=is_admin)


def zone_range(lower: Any, upper: Any, zone: str | None) -> dict[str, Any]:
    return {"updateZoneKeyRange": TASKS, "min": {"user_id": lower}, "max": {"user_id": upper}, "zone": zone}


class TestACommand:
    async def test_has_its_documented_form_and_goes_to_the_right_database(self) -> None:
        cluster = FakeCluster({"a": set(), "b": set()})
        database = SpyingDatabase(cluster)
        sharder = Sharder(database, COLLECTIONS)
        await sharder.require_router()
        await sharder.run()
        cluster.shards["c"] = set()
        await sharder.run(may_rezone=True)

        assert {next(iter(command)) for command, is_admin in database.sent if is_admin} == {
            "addShardToZone",
            "balancerCollectionStatus",
            "hello",
            "listShards",
            "shardCollection",
            "updateZoneKeyRange",
        }
        assert {next(iter(command)) for command, is_admin in database.sent if not is_admin} == {"createIndexes"}
        assert any(command.get("zone", "") is None for command, _ in database.sent)
        assert [fault for fault in (find_fault(command) for command, _ in database.sent) if fault] == []

    @pytest.mark.parametrize(
        ("command", "fault"),
        [
            ({"enableSharding": "taskfleet"}, "not documented"),
            ({"shardCollection": "tasks", "key": {"user_id": "hashed"}}, "no such shardCollection"),
            ({"shardCollection": TASKS, "key": {"user_id": 1}}, "no such key"),
            ({"shardCollection": TASKS, "key": {"user_id": "hashed"}, "unique": True}, "no such unique"),
            (
                {"shardCollection": TASKS, "key": {"user_id": "hashed"}, "presplitHashedZones": True},
                "has no presplit",
            ),
            ({"addShardToZone": "a", "tag": "x"}, "lacks zone"),
            (zone_range(0, MaxKey(), "x"), "no such min"),
        ],
    )
    def test_is_told_from_one_in_another_form(self, command: dict[str, Any], fault: str) -> None:
        assert fault in str(find_fault(command))


class TestTheFakeCluster:
    """Keeps the rules without which the tests above would prove little."""

    @pytest.mark.parametrize(
        ("command", "reason"),
        [
            ({"addShardToZone": "z", "zone": "x"}, "ShardNotFound"),
            (zone_range(MinKey(), 0, "x"), "ZoneNotFound"),
            (zone_range(Int64(5), MaxKey(), "t"), "Overlap"),
            (zone_range(Int64(5), Int64(6), None), "no such range"),
            ({"shardCollection": USERS, "key": {"_id": "hashed"}}, "index"),
            ({"shardCollection": TASKS, "key": {"_id": "hashed"}}, "bounds"),
            ({"shardCollection": TASKS, "key": {"user_id": "hashed"}, "presplitHashedZones": True}, "presplit"),
        ],
    )
    def test_refuses_what_mongodb_refuses(self, command: dict[str, Any], reason: str) -> None:
        cluster = FakeCluster({"a": {"t"}}, filled={USERS})
        for lower, upper in ((MinKey(), Int64(3)), (Int64(3), Int64(9))):
            cluster.answer("admin", zone_range(lower, upper, "t"))

        with pytest.raises(RefusedError, match=reason):
            cluster.answer("admin", command)

    def test_sees_documents_that_a_late_zone_moves(self) -> None:
        cluster = FakeCluster({"a": {"t"}})
        cluster.answer("admin", {"shardCollection": TASKS, "key": {"user_id": "hashed"}})
        cluster.answer("admin", zone_range(MinKey(), Int64(3), "t"))

        answer = cluster.answer("admin", {"balancerCollectionStatus": TASKS})
        assert answer == {"balancerCompliant": False, "firstComplianceViolation": "zoneViolation", "ok": 1.0}
