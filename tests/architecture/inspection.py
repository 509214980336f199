"""The command listener of all tests: what breaks the rules of the data layer fails the test in which it happened."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import MongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from app.data.collections import UNTARGETED_OPERATIONS, CollectionSpec, UntargetedOperation
from app.data.sharding import is_user_owned
from tests.architecture.commands import HARMLESS, Operation, UnknownCommandError, operations_of
from tests.architecture.ownership import transactions_of_several_users
from tests.architecture.plans import Plans
from tests.architecture.targeting import Targeting

# Which operations may sort what they found in memory, and why.
SORTED_IN_MEMORY: Mapping[tuple[str, str], str] = {}


class BrokenDataRuleError(AssertionError):
    """A command was untargeted, no index served it, or a transaction went beyond one user."""


class Inspection(CommandListener):
    """Collects the commands to one database and judges them when the test is over."""

    def __init__(
        self,
        database: str,
        url: str,
        specs: Sequence[CollectionSpec],
        untargeted: Mapping[str, UntargetedOperation] = UNTARGETED_OPERATIONS,
    ) -> None:
        shard_keys = {spec.name: spec.shard_key for spec in specs}
        self._database = database
        self._targeting = Targeting(shard_keys, untargeted)
        self._owner_keys = {spec.name: str(spec.shard_key) for spec in specs if is_user_owned(spec)}
        self._client: MongoClient[dict[str, Any]] = MongoClient(url, uuidRepresentation="standard", tz_aware=True)
        self._plans = Plans(self._client[database], shard_keys, SORTED_IN_MEMORY)
        self._operations: list[Operation] = []
        self._faults: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Take note of a command; called by the driver, from whatever thread."""
        if event.database_name != self._database:
            if event.command_name not in HARMLESS:
                self._faults.append(f"{event.command_name} on the database {event.database_name}")
            return
        try:
            self._operations += operations_of(event.command)
        except UnknownCommandError as error:
            self._faults.append(f"unknown command {error}")

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """What became of a command is of no interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """What became of a command is of no interest."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What was done since the last verdict, in order."""
        return tuple(self._operations)

    def forget(self) -> None:
        """Begin anew."""
        self._operations.clear()
        self._faults.clear()

    def verify(self) -> None:
        """Judge what was done since the last verdict. Raises `BrokenDataRuleError`."""
        operations, faults = self.operations, list(self._faults)
        self.forget()
        for operation in operations:
            fault = self._targeting.find_fault(operation)
            if fault is None:
                is_targeted = not self._targeting.is_allowed(operation)
                fault = self._plans.find_fault(operation, is_targeted=is_targeted)
            if fault is not None:
                faults.append(fault)
        faults += transactions_of_several_users(operations, self._owner_keys)
        if faults:
            raise BrokenDataRuleError("; ".join(dict.fromkeys(faults)))

    def close(self) -> None:
        """Close the connection by which plans are asked for."""
        self._client.close()
