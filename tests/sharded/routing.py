"""What a real router says of where it sends commands, and how it commits.

The forms are those of the manual of MongoDB ("Explain Results", "serverStatus: transactions.commitTypes").
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bson.codec_options import DatetimeConversion
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from app.bootstrap import COLLECTIONS
from app.data.collections import UNTARGETED_OPERATIONS
from tests.architecture.commands import Operation, operations_of
from tests.architecture.plans import shape_of
from tests.architecture.targeting import Targeting

Document = Mapping[str, Any]
Database = AsyncDatabase[dict[str, Any]]

SHARD_KEYS = {spec.name: spec.shard_key for spec in COLLECTIONS}


class Recorder(CommandListener):
    """Takes note of the operations on one database."""

    def __init__(self, database: str) -> None:
        self._database = database
        self.operations: list[Operation] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Take note of a command; called by the driver, from whatever thread."""
        if event.database_name == self._database:
            self.operations += operations_of(event.command)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """What became of a command is of no interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """What became of a command is of no interest."""


def shards_of(explained: Any) -> set[str]:
    """The shards that an explanation names: none is named by a mongod, which is one itself."""
    return set(_shards_in(explained))


def _shards_in(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        shards = part.get("shards")
        if isinstance(shards, Mapping):  # an aggregation
            yield from shards
        elif isinstance(shards, list):  # everything else
            yield from (shard["shardName"] for shard in shards)
        for each in part.values():
            yield from _shards_in(each)
    elif isinstance(part, list):
        for each in part:
            yield from _shards_in(each)


def targeted_shapes(operations: Iterable[Operation]) -> dict[str, Operation]:
    """One operation of each shape on a sharded collection, without the listed ones that may go to every shard.

    What inserts has no plan to be explained; where it goes is seen by what is found afterwards.
    """
    targeting = Targeting(SHARD_KEYS, UNTARGETED_OPERATIONS)
    return {
        f"{operation.name} {operation.collection} {shape_of(operation)}": operation
        for operation in operations
        if SHARD_KEYS.get(operation.collection) and operation.plan and not targeting.is_allowed(operation)
    }


async def explain(database: Database, plan: Document, verbosity: str = "queryPlanner") -> dict[str, Any]:
    """Ask how a command would be carried out."""
    # The bounds of a plan may end with the last instant that BSON knows, which Python's `datetime` does not.
    options = database.codec_options.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
    explained: dict[str, Any] = await database.command(
        {"explain": dict(plan), "verbosity": verbosity}, codec_options=options
    )
    return explained


async def find_untargeted(database: Database, operations: Iterable[Operation]) -> list[str]:
    """Say which operations a router would not send to exactly one shard."""
    faults = []
    for shape, operation in targeted_shapes(operations).items():
        assert operation.plan is not None
        shards = shards_of(await explain(database, operation.plan))
        if len(shards) != 1:
            faults.append(f"{sorted(shards) or 'no shard'}: {shape}")
    return faults


def commits_of(status: Document) -> dict[str, int]:
    """How many transactions a router has committed in each way, by its `serverStatus`."""
    kinds = status["transactions"]["commitTypes"]
    return {name: int(kind["successful"]) for name, kind in kinds.items()}


def difference(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What was added to counts, without what was not."""
    return {name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)}
