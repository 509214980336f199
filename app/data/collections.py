"""How a collection is declared: its name, shard key and indexes, beside the repository that needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from pymongo import IndexModel

IndexDirection = Literal[1, -1, "text"]


@dataclass(frozen=True, slots=True)
class Index:
    """One index; `expires_after` makes it a TTL index, `partial_filter` leaves documents out of it."""

    name: str
    keys: Sequence[tuple[str, IndexDirection]]
    partial_filter: Mapping[str, Any] | None = None
    expires_after: timedelta | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def to_model(self) -> IndexModel:
        """Return the driver's form of this index."""
        options: dict[str, Any] = {"name": self.name, **self.options}
        if self.partial_filter is not None:
            options["partialFilterExpression"] = dict(self.partial_filter)
        if self.expires_after is not None:
            options["expireAfterSeconds"] = int(self.expires_after.total_seconds())
        return IndexModel(list(self.keys), **options)


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """One collection. `shard_key` is the hashed field that every query names, or None when it is not sharded.

    An index that is changed gets another name, because MongoDB refuses two definitions for one. The old name goes to
    `retired_indexes`, which a migration drops when it has made the others. Processes of a version that still names it
    in its queries fail then: retire an index one version after the last that uses it.
    """

    name: str
    shard_key: Literal["_id", "user_id"] | None
    indexes: tuple[Index, ...] = ()
    retired_indexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UntargetedOperation:
    """Which command on which collection may leave out the shard key, and go to every shard, and why."""

    command: str
    collection: str
    reason: str


# By the comment that they carry on the wire. A command listener in the tests fails on any other. They only read:
# a router takes no write to a single document without its shard key (updateOne, findAndModify).
UNTARGETED_OPERATIONS: Mapping[str, UntargetedOperation] = {
    "find-erased-accounts": UntargetedOperation(
        command="find",
        collection="users",
        reason="the janitor looks for accounts whose erasure was interrupted; rare, index-served and bounded",
    ),
    "list-accounts": UntargetedOperation(
        command="find",
        collection="users",
        reason="a migration goes through all users; once, a page of the index of ids at a time",
    ),
    "list-newest-users": UntargetedOperation(
        command="find",
        collection="users",
        reason="an administrator leafs through all users; rare, a page of the index of ids at a time",
    ),
    "find-users-by-email": UntargetedOperation(
        command="find",
        collection="users",
        reason="an administrator types the beginning of an address; rare, a page of the index of addresses at a time",
    ),
    "find-another-admin": UntargetedOperation(
        command="find",
        collection="users",
        reason="before an administrator is taken away; rare, one entry of an index that holds administrators alone",
    ),
    "count-users": UntargetedOperation(
        command="aggregate",
        collection="users",
        reason="an administrator's statistics count users from an index; once a minute at most (SharedCache)",
    ),
    "count-all-users": UntargetedOperation(
        command="count",
        collection="users",
        reason="an administrator's statistics ask each shard for its own count, which it does not have to make",
    ),
    "count-all-sessions": UntargetedOperation(
        command="count",
        collection="sessions",
        reason="an administrator's statistics ask each shard for its own count, which it does not have to make",
    ),
    "count-all-tasks": UntargetedOperation(
        command="count",
        collection="tasks",
        reason="an administrator's statistics ask each shard for its own count, which it does not have to make",
    ),
    "find-due-work": UntargetedOperation(
        command="find",
        collection="outbox",
        reason="workers look for what is due, whosever it is; twice a second, some entries of an index at a time",
    ),
    "read-claimed-work": UntargetedOperation(
        command="find",
        collection="outbox",
        reason="a worker reads all that it has just claimed, of many users, in one command; bounded, by their ids",
    ),
    "count-overdue-work": UntargetedOperation(
        command="aggregate",
        collection="outbox",
        reason="workers count what nobody has taken up, for an alert; four times a minute each, up to a limit",
    ),
    "find-unserved-work": UntargetedOperation(
        command="find",
        collection="outbox",
        reason="workers look for what waits for a channel that nobody has; four times a minute each, up to a limit",
    ),
    "list-dead-work": UntargetedOperation(
        command="find",
        collection="outbox",
        reason="an administrator leafs through what could not be done; rare, a page of an index of that alone",
    ),
    "find-dead-work": UntargetedOperation(
        command="find",
        collection="outbox",
        reason="an administrator has an entry tried again and names it by its id alone; rare, one entry of an index",
    ),
}
