"""The cases: what happens to the cache server or to the service while the hammer falls, and the negative controls."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import redis.asyncio

from app.embedded.cache import EmbeddedCache
from tests.faults.promise.hammer import Tally, percentile_ms
from tests.faults.promise.stage import Stage

# The promise speaks of the time from a second after a fault; it is looked at for another second.
SETTLING_SECONDS = 1.0
OBSERVED_SECONDS = 1.0


@dataclass(slots=True)
class Story:
    """When something happened (`time.monotonic`), and how much time is taken between two events."""

    stage: Stage
    pace: float = 1.0
    events: list[float] = field(default_factory=list)

    def note(self) -> None:
        """Something has just happened."""
        self.events.append(time.monotonic())

    async def wait(self, shortest: float, longest: float) -> None:
        """Let a random time pass until the next thing happens."""
        await asyncio.sleep(random.uniform(shortest, longest) * self.pace)

    def settled_durations(self, tally: Tally) -> list[float]:
        """The durations of the reads that began in the second after the first second after an event."""
        durations, number = [], 0
        bounds = [*self.events, float("inf")]
        for began, duration in sorted(tally.durations):
            while began >= bounds[number + 1]:
                number += 1
            if SETTLING_SECONDS <= began - bounds[number] < SETTLING_SECONDS + OBSERVED_SECONDS:
                durations.append(duration)
        return durations

    def settled_p99_ms(self, tally: Tally) -> float:
        """The 99th percentile of the above, in milliseconds."""
        return percentile_ms(self.settled_durations(tally), 0.99)


Play = Callable[[Story], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """A case; `cycles` is how often its fault has to happen at least."""

    name: str
    play: Play
    is_proxied: bool = False
    sabotages: tuple[str, ...] = ()
    is_control: bool = False
    cycles: int = 3
    # A process of the service is itself the victim; its callers are cut off and wait for its successor.
    hurts_service: bool = False
    # Whether a short run of it belongs to every run of the tests; the others take long until something happens.
    is_in_suite: bool = True


async def stay_calm(story: Story) -> None:
    story.note()
    await asyncio.Event().wait()


async def kill(story: Story) -> None:
    await story.wait(1, 1.5)
    await story.stage.cache.kill()
    for _ in range(3):  # it stays away
        story.note()
        await story.wait(2, 2.2)
    await asyncio.Event().wait()


async def restart_empty(story: Story) -> None:
    while True:
        await story.wait(0.3, 2.5)
        await story.stage.cache.kill()
        story.note()
        await story.wait(0, 1.5)
        await story.stage.cache.start()
        story.note()


async def freeze(story: Story) -> None:
    while True:
        await story.wait(0.3, 2.2)
        story.stage.cache.freeze()
        story.note()
        await story.wait(0.05, 2.2)
        story.stage.cache.thaw()
        story.note()


async def freeze_service(story: Story) -> None:
    while True:
        await story.wait(0.3, 2)
        process = random.choice(story.stage.processes)
        process.freeze()
        await story.wait(0.05, 1.5)
        process.thaw()
        story.note()


@contextlib.asynccontextmanager
async def _talk(story: Story) -> AsyncIterator[redis.asyncio.Redis]:
    server = story.stage.cache.server
    assert isinstance(server, EmbeddedCache)
    # With a deadline redis-py writes under `asyncio.wait_for`, which until Python 3.12 loses a cancellation that
    # comes in the instant in which it ends: the story would then never be over.
    async with redis.asyncio.Redis.from_url(server.url, socket_timeout=None) as client:
        yield client


async def flush(story: Story) -> None:
    async with _talk(story) as client:
        while True:
            await client.execute_command("FLUSHALL")
            story.note()
            await story.wait(0.01, 0.3) if random.random() < 0.9 else await story.wait(2, 2.5)


async def fill_memory(story: Story) -> None:
    async with _talk(story) as client:
        while True:
            await story.wait(0.5, 1.5)
            await client.execute_command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            await client.execute_command("CONFIG", "SET", "maxmemory", "1mb")
            story.note()
            await story.wait(1.5, 2.5)
            await client.execute_command("CONFIG", "SET", "maxmemory", "64mb")
            story.note()


async def demote(story: Story) -> None:
    """Make the server a replica of nobody reachable: it answers reads and refuses writes."""
    async with _talk(story) as client:
        while True:
            await story.wait(0.5, 2)
            await client.execute_command("REPLICAOF", "127.0.0.1", "1")
            story.note()
            await story.wait(1, 2.5)
            await client.execute_command("REPLICAOF", "NO", "ONE")
            story.note()


def slow_down(seconds: float) -> Play:
    async def play(story: Story) -> None:
        while True:
            await story.wait(0.5, 1.5)
            story.stage.proxy.reply_delay_seconds = seconds
            story.note()
            await story.wait(1, 2.5)
            story.stage.proxy.reply_delay_seconds = 0
            story.note()

    return play


async def cut_connections(story: Story) -> None:
    story.note()
    while True:
        await story.wait(0, 0.15)
        story.stage.proxy.cut(random.random())
        if random.random() < 0.02:
            story.note()


async def swallow(story: Story) -> None:
    while True:
        await story.wait(0.3, 2)
        story.stage.proxy.swallow()
        story.note()
        await story.wait(0.05, 2.2)
        story.stage.proxy.recover()
        story.note()


async def revive_the_dead(story: Story) -> None:
    story.note()
    victim = story.stage.processes[0]

    async def watch() -> None:
        while True:
            await asyncio.shield(victim.child.exited)
            story.note()
            await asyncio.sleep(1)

    await asyncio.gather(victim.run_again_and_again(), watch())


CASES = (
    Case("calm", stay_calm, cycles=1),
    Case("fills late", stay_calm, sabotages=("fill_late",), cycles=1),
    Case("killed", kill, cycles=2),
    Case("restarted empty", restart_empty, cycles=6),
    Case("frozen", freeze, cycles=6),
    Case("flushed", flush, cycles=6),
    Case("out of memory", fill_memory, cycles=2),
    Case("made a replica", demote, cycles=4, is_in_suite=False),
    Case("slow by 100 ms", slow_down(0.1), is_proxied=True, cycles=4),
    Case("slow by 60 ms", slow_down(0.06), is_proxied=True, cycles=4, is_in_suite=False),
    Case("connections cut", cut_connections, is_proxied=True, cycles=1, is_in_suite=False),
    Case("unreachable", swallow, is_proxied=True, cycles=6, is_in_suite=False),
    Case(
        "unreachable, suspects forgotten",
        swallow,
        is_proxied=True,
        sabotages=("forget_suspects",),
        cycles=6,
        is_in_suite=False,
    ),
    # Each change leaves its fence for 10 s, so that a short run sees no hit at all.
    Case("lowers lost", stay_calm, sabotages=("lose_lowers",), cycles=1, is_in_suite=False),
    Case("service frozen", freeze_service, cycles=4, hurts_service=True, is_in_suite=False),
    Case("service killed before lowering", revive_the_dead, sabotages=("die_before_lowering",), hurts_service=True),
)
CONTROLS = (
    Case("no compare-and-set", stay_calm, sabotages=("fill_without_comparing",), is_control=True, cycles=1),
    Case("no fence", stay_calm, sabotages=("raise_no_fence",), is_control=True, cycles=1),
    Case(
        "no rule of trust",
        swallow,
        is_proxied=True,
        sabotages=("trust_whatever_comes",),
        is_control=True,
        cycles=6,
        is_in_suite=False,
    ),
)
