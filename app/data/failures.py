"""What driver errors mean to a caller: the one place that tells "away" from "wrong"."""

from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    PyMongoError,
    WaitQueueTimeoutError,
    WTimeoutError,
)

DatabaseError = PyMongoError

_AWAY = (ConnectionFailure, NetworkTimeout, ExecutionTimeout, WaitQueueTimeoutError, WTimeoutError)
_RETRYABLE_LABELS = ("TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError")


def is_database_away(error: DatabaseError) -> bool:
    """Whether a later attempt may succeed: no server, no primary, no answer in time, or too much contention."""
    return (
        isinstance(error, _AWAY) or error.timeout or any(error.has_error_label(label) for label in _RETRYABLE_LABELS)
    )
