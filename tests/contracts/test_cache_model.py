"""The promise against a model of the database: any interleaving of writers, readers, losses, crashes and time."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import booleans, sampled_from

from app.cache.memory_store import MemoryStore
from app.cache.store import FENCE_LIFETIME_SECONDS, CacheBypassError, CacheStore
from app.data.transactions import TRANSACTION_TIMEOUT_SECONDS
from app.embedded.cache import EmbeddedCache
from tests.contracts.cache_stores import Kit, MemoryKit, Person, RedisKit, open_redis_kit

# While a fence stands nothing can go wrong; with more changes at once one would always stand.
MOST_CHANGES = 2
ANSWER_SECONDS = 30.0

Result = TypeVar("Result")


@dataclass
class Change:
    """A change under way: since when, and which value it has committed."""

    token: str
    store: CacheStore
    began: float
    committed: int | None = None


@dataclass
class Load:
    """A miss under way: the generation that it saw, and what the database held when it was asked."""

    generation: bytes
    store: CacheStore
    loaded: int | None = None


class Promise(RuleBasedStateMachine):
    """One user's value, which every change raises by one."""

    loop: ClassVar[asyncio.AbstractEventLoop]

    changes = Bundle("changes")
    loads = Bundle("loads")

    def __init__(self) -> None:
        super().__init__()
        self.kit = self.make_kit()
        self.person = Person(self.kit)
        self.tokens = count()
        self.now = 0.0
        self.value = 0
        self.under_way = 0
        self.acknowledged = 0

    def make_kit(self) -> Kit:
        return MemoryKit()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(ANSWER_SECONDS)

    def choose(self, is_first: bool) -> CacheStore:
        return self.kit.store if is_first else self.kit.other

    @initialize()
    def begin_with_a_cached_answer(self) -> None:
        self.fill(self.read_and_ask_the_database(is_first=True))

    @precondition(lambda self: self.under_way < MOST_CHANGES)
    @rule(target=changes, is_first=booleans(), keeps_sessions=booleans())
    def begin_change(self, is_first: bool, keeps_sessions: bool) -> Change:
        self.under_way += 1
        change = Change(f"token{next(self.tokens)}", self.choose(is_first), self.now)
        self.run(self.person.begin_change(change.token, keeps_sessions=keeps_sessions, store=change.store))
        return change

    @rule(change=changes)
    def commit(self, change: Change) -> None:
        if change.committed is None and self.now - change.began < TRANSACTION_TIMEOUT_SECONDS:
            self.value += 1
            change.committed = self.value

    @rule(change=consumes(changes))
    def acknowledge(self, change: Change) -> None:
        """Or tell that nothing has changed, when it was not committed."""
        self.under_way -= 1
        self.run(self.person.end_change(change.token, change.committed, store=change.store))
        self.acknowledged = max(self.acknowledged, change.committed or 0)

    @rule(change=consumes(changes))
    def crash(self, change: Change) -> None:
        """The writer dies, and what it may have committed is acknowledged by nobody; its fence goes in time."""
        self.under_way -= 1
        self.pass_time(FENCE_LIFETIME_SECONDS)

    @rule(is_first=booleans())
    def change_at_once(self, is_first: bool) -> None:
        change = self.begin_change(is_first, keeps_sessions=True)
        self.commit(change)
        self.acknowledge(change)

    @rule(target=loads, is_first=booleans())
    def read_and_ask_the_database(self, is_first: bool) -> Load:
        load = self.read(is_first)
        self.ask_the_database(load)
        return load

    @rule(target=loads, is_first=booleans())
    def read(self, is_first: bool) -> Load:
        store = self.choose(is_first)
        try:
            reading = self.run(self.person.read(store))
            if reading.generation is None and not reading.is_fenced:
                reading = self.run(store.open_generation(self.person.user_id, reading.seen))
        except CacheBypassError:  # a probe was late
            return Load(b"none", store)
        if reading.is_fenced or reading.generation is None:
            return Load(b"none", store)
        assert reading.answer is None or int(reading.answer) >= self.acknowledged
        assert reading.revision is None or reading.revision >= self.acknowledged
        return Load(reading.generation, store)

    @rule(load=loads)
    def ask_the_database(self, load: Load) -> None:
        load.loaded = self.value

    @rule(load=consumes(loads))
    def fill(self, load: Load) -> None:
        if load.loaded is not None:
            answer = str(load.loaded).encode()
            self.run(self.person.fill(load.generation, load.loaded, answer, load.store))

    @rule()
    def lose_everything(self) -> None:
        self.run(self.kit.lose(self.person.user_id))

    @rule(seconds=sampled_from([0.5, 2, 6]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.run(self.kit.elapse(self.person.user_id, seconds))


class CarelessStore(MemoryStore):
    """The control: it fills whatever generation there is."""

    async def fill(self, user_id: Any, generation: bytes, revision: int, fields: Any) -> None:
        present = self._find(user_id)
        await super().fill(user_id, present.nonce if present else generation, revision, fields)


class CarelessPromise(Promise):
    """The control's machine."""

    def make_kit(self) -> Kit:
        kit = MemoryKit()
        kit.store.__class__ = CarelessStore
        return kit


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop in a thread, where the server is probed while the machine, which is no coroutine, thinks."""
    loop = Promise.loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def plan(examples: int, *phases: Phase) -> settings:
    return settings(
        max_examples=examples,
        phases=phases or tuple(Phase),
        stateful_step_count=40,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class TestEveryInterleaving:
    def test_keeps_the_promise_in_the_process(self, loop: asyncio.AbstractEventLoop) -> None:
        run_state_machine_as_test(Promise, settings=plan(200))

    def test_keeps_the_promise_on_the_server(
        self, loop: asyncio.AbstractEventLoop, cache_server: EmbeddedCache
    ) -> None:
        opening = open_redis_kit(cache_server.url)

        class PromiseOnServer(Promise):
            def make_kit(self) -> Kit:
                return kit

        kit: RedisKit = asyncio.run_coroutine_threadsafe(opening.__aenter__(), loop).result(ANSWER_SECONDS)
        try:
            run_state_machine_as_test(PromiseOnServer, settings=plan(40))
        finally:
            asyncio.run_coroutine_threadsafe(opening.__aexit__(None, None, None), loop).result(ANSWER_SECONDS)

    def test_breaks_it_when_fills_are_not_compared(self, loop: asyncio.AbstractEventLoop) -> None:
        """The control."""
        with pytest.raises(AssertionError):
            run_state_machine_as_test(CarelessPromise, settings=plan(1_000, Phase.generate))
