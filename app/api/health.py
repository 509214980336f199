"""Operations: liveness and readiness, for orchestrators rather than the public."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.api.draining import Draining, ShuttingDownError
from app.api.limited_routes import exempt_from_limits
from app.api.openapi import problems
from app.cache.client import CacheClient
from app.core.access_tokens import KeySource
from app.core.errors import ServiceUnavailableError
from app.data.store import Store

# Kubernetes' probes give up after a second, unless they are told otherwise; the answer must be there before.
READINESS_TIMEOUT_SECONDS = 0.8

router = APIRouter(tags=["operations"])


class Liveness(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """The process can serve; without its cache it does so more slowly."""

    status: Literal["ready", "degraded"]
    mongodb: Literal["ok"] = "ok"
    redis: Literal["ok", "degraded", "off"]


@router.get("/livez", operation_id="getLiveness", summary="Is the process alive?")
@exempt_from_limits("asked by orchestrators, whose probes must not fail for being frequent")
async def get_liveness() -> Liveness:
    """Answers as long as the event loop turns; asks no other server."""
    return Liveness()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Can the process serve?",
    responses=problems(503),
)
@exempt_from_limits("asked by orchestrators, whose probes must not fail for being frequent")
async def get_readiness(request: Request) -> Readiness:
    """Needs a MongoDB primary; a missing Redis is told as `degraded` and is no reason to be taken out."""
    draining: Draining = request.app.state.draining
    if draining.has_begun:
        raise ShuttingDownError
    keys: KeySource = request.app.state.key_source
    # Once they were there, they stay for a day: only processes that have just started wait for the one that signs.
    if not keys.are_known:
        raise ServiceUnavailableError("The keys of access tokens could not be fetched.")
    store: Store = request.app.state.store
    cache: CacheClient = request.app.state.cache
    # Side by side, so that a cache server that is away adds nothing.
    is_ready, is_cached = await asyncio.gather(store.is_ready_within(READINESS_TIMEOUT_SECONDS), cache.ping())
    if not is_ready:
        raise ServiceUnavailableError("No MongoDB primary answers.")
    if not cache.is_configured:
        return Readiness(status="ready", redis="off")
    if is_cached:
        return Readiness(status="ready", redis="ok")
    return Readiness(status="degraded", redis="degraded")
