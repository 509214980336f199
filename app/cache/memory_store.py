"""The per-user cache in the process itself, for the one process that serves without a cache server."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from app.cache.store import (
    FENCE_LIFETIME_SECONDS,
    MAX_USER_BYTES,
    CachedSession,
    FenceRelease,
    Reading,
    answer_field,
)
from app.core.ids import new_name
from app.core.metrics import CacheMetrics, FillOutcome

# A process of a service has some hundred MB; this is for the answers of the users of the last seconds.
MAX_TOTAL_BYTES = 33_554_432
# What a generation takes beside its fields.
_GENERATION_BYTES = 500


@dataclass(slots=True)
class _Generation:
    nonce: bytes
    expires_at: float
    # Until when what is known of sessions may be kept from one generation to the next.
    sessions_until: float
    # By token, with the instant at which each expires.
    fences: dict[str, float] = field(default_factory=dict)
    revision: int | None = None
    fields: dict[bytes, bytes] = field(default_factory=dict)
    size_bytes: int = _GENERATION_BYTES


class MemoryStore:
    """Implements `CacheStore` with what holds for one process: no call fails."""

    def __init__(
        self,
        ttl_seconds: float,
        metrics: CacheMetrics,
        publish: Callable[[UUID, int], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ttl_seconds = ttl_seconds
        self._metrics = metrics
        self._publish = publish
        self._monotonic = monotonic
        self._generations: OrderedDict[UUID, _Generation] = OrderedDict()
        self._total_bytes = 0

    async def read(self, session: CachedSession, answer_name: bytes | None) -> Reading:
        """Return what there is."""
        generation = self._find(session.user_id)
        if generation is None:
            return Reading(generation=None)
        return Reading(
            generation=generation.nonce,
            seen=generation.nonce,
            is_fenced=bool(generation.fences),
            revision=generation.revision,
            session=generation.fields.get(session.field),
            answer=None if answer_name is None else generation.fields.get(answer_field(answer_name)),
        )

    def recall(self, session: CachedSession, answer_name: bytes) -> None:
        """Return None: there is nobody to ask."""

    async def open_generation(self, user_id: UUID, seen: bytes | None) -> Reading:
        """Begin a generation, unless there is one."""
        generation = self._find(user_id) or self._renew(user_id, {}, None)
        return Reading(generation=generation.nonce, seen=generation.nonce, is_fenced=bool(generation.fences))

    async def fill(self, user_id: UUID, generation: bytes, revision: int, fields: Mapping[bytes, bytes]) -> None:
        """Add fields to the generation if it is still the present one."""
        present = self._find(user_id)
        size_bytes = sum(len(name) + len(value) for name, value in fields.items())
        if present is None or present.nonce != generation:
            outcome: FillOutcome = "outdated"
        elif present.size_bytes + size_bytes > MAX_USER_BYTES:
            outcome = "too_large"
        else:
            outcome = "stored"
            present.revision = max(present.revision or 0, revision)
            present.fields |= fields
            present.size_bytes += size_bytes
            self._total_bytes += size_bytes
            self._make_room()
        self._metrics.fills[outcome].inc()

    async def raise_fence(self, user_id: UUID, token: str, *, keeps_sessions: bool) -> None:
        """End the generation; while the fence stands, nothing is filled or answered."""
        before = self._find(user_id)
        standing = self._standing(before)
        fences = {**standing, token: self._monotonic() + FENCE_LIFETIME_SECONDS}
        renewed = self._renew(user_id, fences, before if keeps_sessions else None)
        if before is not None and len(standing) == len(before.fences):
            renewed.revision = before.revision

    async def lower_fence(self, user_id: UUID, token: str, release: FenceRelease) -> None:
        """End the generation again, publish the revision and take this fence away."""
        before = self._find(user_id)
        standing = self._standing(before)
        stood = standing.pop(token, None) is not None
        renewed = self._renew(user_id, standing, before if release.keeps_sessions and stood else None)
        if before is not None and stood and len(standing) + 1 == len(before.fences):
            known = [revision for revision in (before.revision, release.revision) if revision is not None]
            renewed.revision = max(known, default=None)
        if release.revision is not None:
            self._publish(user_id, release.revision)

    def _standing(self, generation: _Generation | None) -> dict[str, float]:
        """The fences that have not expired; of one that has, nobody knows which revision it wrote."""
        now = self._monotonic()
        return {} if generation is None else {token: at for token, at in generation.fences.items() if at > now}

    def _find(self, user_id: UUID) -> _Generation | None:
        generation = self._generations.get(user_id)
        if generation is None:
            return None
        if generation.expires_at <= self._monotonic():
            self._remove(user_id)
            return None
        self._generations.move_to_end(user_id)
        return generation

    def _renew(self, user_id: UUID, fences: dict[str, float], kept: _Generation | None) -> _Generation:
        """Begin a generation, with the sessions of `kept`, whose lifetime that does not lengthen."""
        self._remove(user_id)
        now = self._monotonic()
        if kept is not None and kept.sessions_until > now:
            sessions_until = kept.sessions_until
            fields = {name: value for name, value in kept.fields.items() if name.startswith(b"s:")}
        else:
            sessions_until, fields = now + self._ttl_seconds, {}
        size_bytes = _GENERATION_BYTES + sum(len(name) + len(value) for name, value in fields.items())
        renewed = _Generation(
            nonce=new_name().encode(),
            expires_at=max(fences.values(), default=sessions_until),
            sessions_until=sessions_until,
            fences=fences,
            fields=fields,
            size_bytes=size_bytes,
        )
        self._generations[user_id] = renewed
        self._total_bytes += size_bytes
        self._make_room()
        return renewed

    def _remove(self, user_id: UUID) -> None:
        generation = self._generations.pop(user_id, None)
        if generation is not None:
            self._total_bytes -= generation.size_bytes

    def _make_room(self) -> None:
        """Forget the users who were here longest ago; one with a change under way keeps its fence."""
        while self._total_bytes > MAX_TOTAL_BYTES:
            oldest = next((user_id for user_id, kept in self._generations.items() if not kept.fences), None)
            if oldest is None:
                return
            self._remove(oldest)
