"""What a router says is read as the manual describes it; and a mongod's word is not taken for a router's."""

from tests.architecture.commands import Operation
from tests.sharded.conftest import Cluster
from tests.sharded.life import live
from tests.sharded.routing import commits_of, difference, find_untargeted, shards_of, targeted_shapes

# Shortened forms of the manual, "Explain Results", sharded collections.
FIND = {
    "queryPlanner": {
        "winningPlan": {
            "stage": "SHARD_MERGE",
            "shards": [
                {"shardName": "shard-0", "winningPlan": {"stage": "IXSCAN"}},
                {"shardName": "shard-1", "winningPlan": {"stage": "IXSCAN"}},
            ],
        }
    }
}
AGGREGATE = {"splitPipeline": None, "shards": {"shard-1": {"queryPlanner": {"winningPlan": {"stage": "IXSCAN"}}}}}
MONGOD = {"queryPlanner": {"winningPlan": {"stage": "FETCH", "inputStage": {"stage": "IXSCAN"}}}}


class TestAnExplanation:
    def test_names_the_shards_of_a_find(self) -> None:
        assert shards_of(FIND) == {"shard-0", "shard-1"}

    def test_names_the_shards_of_an_aggregation(self) -> None:
        assert shards_of(AGGREGATE) == {"shard-1"}

    def test_names_none_if_it_is_that_of_a_mongod(self) -> None:
        assert shards_of(MONGOD) == set()


class TestTheStatusOfARouter:
    def test_tells_how_it_committed(self) -> None:
        kinds = {
            "singleShard": {"initiated": 9, "successful": 8, "successfulDurationMicros": 70},
            "twoPhaseCommit": {"initiated": 2, "successful": 2, "successfulDurationMicros": 30},
        }

        before = commits_of({"transactions": {"commitTypes": kinds}})

        assert before == {"singleShard": 8, "twoPhaseCommit": 2}
        assert difference(before, {"singleShard": 11, "twoPhaseCommit": 2}) == {"singleShard": 3}


class TestTheRehearsal:
    async def test_explains_every_command_of_a_life_and_finds_no_router(self, rehearsal: Cluster) -> None:
        """All that the test on a real cluster asks can be asked; a mongod names no shard, which counts as a fault."""
        app = await rehearsal.start_service()
        client = await rehearsal.sign_in(app, "rehearsed@example.com")
        rehearsal.recorder.operations.clear()

        await live(client)

        operations = list(rehearsal.recorder.operations)
        shapes = targeted_shapes(operations)
        assert {operation.name for operation in shapes.values()} >= {"aggregate", "find", "findAndModify", "update"}
        faults = await find_untargeted(rehearsal.database, operations)
        assert len(faults) == len(shapes)
        assert all(fault.startswith("no shard: ") for fault in faults)

    def test_leaves_out_what_is_listed_and_what_is_not_sharded(self) -> None:
        listed = Operation("find", "users", comment="list-newest-users", query={}, plan={"find": "users"})
        shared = Operation("find", "leases", query={}, plan={"find": "leases"})
        insert = Operation("insert", "tasks", documents=({"user_id": 1},))
        targeted = Operation("find", "tasks", query={"user_id": 1}, plan={"find": "tasks"})

        assert list(targeted_shapes([listed, shared, insert, targeted]).values()) == [targeted]
