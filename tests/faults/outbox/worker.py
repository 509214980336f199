"""One worker process, which kills itself as `kill -9` does when it comes to a given point for the so-manieth time."""

import asyncio
import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal, get_args

from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from app.core.clock import SystemClock
from app.core.metrics import OutboxMetrics
from app.core.settings import MongoSettings
from app.data.store import Store
from app.notifications.channel import Message, Recipient
from app.notifications.claim_repository import ClaimRepository
from app.notifications.claims import Claim
from app.notifications.courier import Courier
from app.notifications.kinds import ChannelName

Point = Literal[
    "before claim",
    "after claim",
    "before dispatch",
    "after dispatch",
    "before send",
    "after send",
    "before mark",
    "after mark",
]
POINTS: tuple[Point, ...] = get_args(Point)

# Longer than what a worker does here takes on a machine that is busy: else it repeats without being killed.
LEASE = timedelta(seconds=6)


@dataclass(frozen=True)
class Stage:
    """Where a worker works, and the file in which the receiver notes what it got."""

    mongo_url: str
    database: str
    driver: str
    received: Path
    sabotage: Literal["", "marks before it sends", "claims for good"] = ""


class Doom:
    """Ends the process at a point; `None` never does."""

    def __init__(self, point: Point | None, countdown: int) -> None:
        self._point = point
        self._countdown = countdown

    def come_to(self, point: Point) -> None:
        """Die here, if it is time."""
        if point == self._point:
            self._countdown -= 1
            if self._countdown < 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Points(CommandListener):
    """Knows by its commands what a worker is about to do, and has done."""

    def __init__(self, doom: Doom) -> None:
        self._doom = doom
        self._acts: dict[int, str] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Come to the point before an act."""
        if act := _act_of(event):
            self._acts[event.request_id] = act
            self._doom.come_to(f"before {act}")  # type: ignore[arg-type]

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Come to the point after an act."""
        if act := self._acts.pop(event.request_id, None):
            self._doom.come_to(f"after {act}")  # type: ignore[arg-type]

    def failed(self, event: CommandFailedEvent) -> None:
        """It was not done."""
        self._acts.pop(event.request_id, None)


def _act_of(event: CommandStartedEvent) -> str | None:
    match event.command_name:
        case "commitTransaction":
            return "dispatch"
        case "update" if event.command["update"] == "outbox" and "autocommit" not in event.command:
            return "claim" if "claim" in event.command["updates"][0]["u"].get("$set", {}) else None
        case "delete" if event.command["delete"] == "outbox":
            return "mark"
    return None


class Receiver:
    """A channel to a receiver who notes each message in one write, which no kill can tear apart."""

    name: ClassVar[ChannelName] = "push"

    def __init__(self, stage: Stage, doom: Doom) -> None:
        self._file = os.open(stage.received, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._doom = doom

    async def addresses_of(self, user_id: object, email: str | None) -> tuple[str, ...]:
        """Everybody has one."""
        return ("phone",)

    async def deliver(self, message: Message, recipient: Recipient) -> None:
        """Hand over."""
        self._doom.come_to("before send")
        self.note("sent", message.key)
        self._doom.come_to("after send")

    def note(self, what: str, key: object) -> None:
        """Write a line."""
        os.write(self._file, f"{os.getpid()} {what} {key}\n".encode())


class NotedClaims(ClaimRepository):
    """Claims of which the receiver's file tells when one is marked."""

    receiver: Receiver

    async def complete(self, claim: Claim) -> None:
        """Mark, and note it."""
        await super().complete(claim)
        self.receiver.note("marked", claim.entry_id)


def work(stage: Stage, point: Point | None, countdown: int) -> None:
    """Work until killed."""
    asyncio.run(_work(stage, Doom(point, countdown)))


async def _work(stage: Stage, doom: Doom) -> None:
    store, courier = open_courier(stage, doom)
    try:
        async with courier.run():
            await asyncio.Event().wait()
    finally:
        await store.close()


def open_courier(stage: Stage, doom: Doom) -> tuple[Store, Courier]:
    """Return a courier that is at one entry of a lane at a time, so that a kill meets one between send and mark."""
    settings = MongoSettings(url=SecretStr(stage.mongo_url), database=stage.database, driver=stage.driver)  # type: ignore[arg-type]
    store = Store.open(settings, SystemClock(), [Points(doom)])
    receiver = Receiver(stage, doom)
    lease = timedelta(days=1) if stage.sabotage == "claims for good" else LEASE
    courier = Courier(store, [receiver], OutboxMetrics(CollectorRegistry()), lease=lease, slots=1)
    claims = NotedClaims(store.database, store.clock, lease)
    claims.receiver = receiver
    courier._deliverer._claims = claims
    if stage.sabotage == "marks before it sends":
        _mark_first(courier, claims)
    return store, courier


def _mark_first(courier: Courier, claims: ClaimRepository) -> None:
    deliverer = courier._deliverer
    deliver = deliverer.deliver

    async def mark_and_deliver(claim: Claim) -> bool:
        await claims.complete(claim)
        return await deliver(claim)

    deliverer.deliver = mark_and_deliver  # type: ignore[method-assign]
