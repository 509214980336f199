"""Whether a transaction stays with one user, whose documents lie on one shard, so that it commits in one phase."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.architecture.commands import Operation, TransactionId
from tests.architecture.targeting import key_values


def transactions_of_several_users(operations: Iterable[Operation], owner_keys: Mapping[str, str]) -> Iterator[str]:
    """Describe each transaction that names several users. `owner_keys` holds the collections that users own."""
    owners: dict[TransactionId, set[Any]] = {}
    collections: dict[TransactionId, set[str]] = {}
    for operation in operations:
        shard_key = owner_keys.get(operation.collection)
        if operation.transaction is None or shard_key is None:
            continue
        values = [value for value in key_values(operation, shard_key) if value is not None]
        owners.setdefault(operation.transaction, set()).update(values)
        collections.setdefault(operation.transaction, set()).add(operation.collection)
    for transaction, users in owners.items():
        if len(users) > 1:
            yield f"a transaction on {sorted(collections[transaction])} touches documents of {len(users)} users"
