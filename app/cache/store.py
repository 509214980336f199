"""The port of the per-user cache: the steps of its protocol, whichever server keeps the answers."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

# Longer than a transaction with its commit may take (`TRANSACTION_TIMEOUT_SECONDS`, 7 s); what a dead writer leaves
# behind stands in the way for no longer.
FENCE_LIFETIME_SECONDS = 10
# What a client keeps of one user at a time: some dozens of pages.
MAX_USER_BYTES = 2_097_152


class KnownAnswer(bytes):
    """An answer that stays in this process, with room for what its reader makes of it each time."""

    parsed: Any = None


class CacheBypassError(Exception):
    """Nothing that the cache says may be used now: it is away, or cannot be believed yet."""


@dataclass(frozen=True, slots=True, eq=False)
class CachedSession:
    """A session of a user, and what the cache calls the two.

    It is worked out once and handed on: to look anything up by the ids, for each request, takes longer.
    """

    user_id: UUID
    session_id: UUID
    user_key: bytes
    field: bytes


@dataclass(slots=True)
class Reading:
    """What one round trip told of a user; others may hold the same one, so nobody changes it.

    `generation` is None when there is none yet or none that can be believed; `seen` is what was found in its
    place. `revision`, `session` and `answer` belong to the generation and are None where it does not hold them.
    """

    generation: bytes | None
    seen: bytes | None = None
    is_fenced: bool = False
    revision: int | None = None
    session: bytes | None = None
    answer: bytes | None = None


@dataclass(frozen=True, slots=True)
class FenceRelease:
    """How a change ended: under which revision, if it has one, and whether what is known of sessions still holds."""

    revision: int | None
    keeps_sessions: bool


AskAgain = Callable[[Callable[[Reading | None], None]], None]


class CacheStore(Protocol):
    """Keeps one generation of answers a user. Each method is atomic; docs/architecture.md tells how they combine."""

    async def read(self, session: CachedSession, answer_name: bytes | None) -> Reading:
        """Return what there is. Raises `CacheBypassError`."""
        ...

    def recall(self, session: CachedSession, answer_name: bytes) -> AskAgain | None:
        """Return how to ask whether an answer still holds that this process knows, if it does.

        What is asked gets the reading, or None if that is to be found out by `read`.
        """
        ...

    async def open_generation(self, user_id: UUID, seen: bytes | None) -> Reading:
        """Begin a generation in place of `seen`, unless somebody else just did. Raises `CacheBypassError`."""
        ...

    async def fill(self, user_id: UUID, generation: bytes, revision: int, fields: Mapping[bytes, bytes]) -> None:
        """Add fields to the generation if it is still the present one; a failure is none of the caller's concern."""
        ...

    async def raise_fence(self, user_id: UUID, token: str, *, keeps_sessions: bool) -> None:
        """End the generation; while the fence stands, nothing is filled or answered. Never raises."""
        ...

    async def lower_fence(self, user_id: UUID, token: str, release: FenceRelease) -> None:
        """End the generation again, publish the revision and take this fence away. Never raises."""
        ...


@functools.lru_cache(maxsize=10_000)
def cached_session(user_id: UUID, session_id: UUID) -> CachedSession:
    """Return the session by these ids, mostly the same object."""
    return CachedSession(user_id, session_id, user_key(user_id), session_field(session_id))


def user_key(user_id: UUID) -> bytes:
    """The key of all that a cache server keeps of a user; the braces keep it in one slot of a cluster."""
    return f"taskfleet:user:{{{user_id}}}".encode()


def session_field(session_id: UUID) -> bytes:
    """The field that says what the account of a living session is."""
    return b"s:" + session_id.hex.encode()


def answer_field(answer_name: bytes) -> bytes:
    """The field of an answer; its number is that of the form in which answers are kept."""
    return b"a2:" + answer_name
