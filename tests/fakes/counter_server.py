"""A server that keeps counters as Redis does, and fails in each of the ways in which a real one does."""

from collections.abc import Callable
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError


class FakeCounterServer:
    """Keeps numbers by key; `is_away` refuses connections, `is_deaf` carries commands out and does not answer.

    A frozen one carries out what it was sent when it is thawed.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.lifetimes: dict[str, int] = {}
        self.is_away = False
        self.is_deaf = False
        self.is_frozen = False
        self.broken_keys: set[str] = set()
        self.calls = 0
        self._sent_while_frozen: list[Callable[[], Any]] = []

    def pipeline(self, transaction: bool) -> "FakePipeline":
        """Begin a pipeline, which must be none of a transaction."""
        assert not transaction
        return FakePipeline(self)

    def thaw(self) -> None:
        """Go on with what has arrived meanwhile."""
        self.is_frozen = False
        for command in self._sent_while_frozen:
            command()
        self._sent_while_frozen.clear()

    def lose_everything(self) -> None:
        """Restart, as a cache does that keeps nothing."""
        self.counts.clear()
        self.lifetimes.clear()

    def receive(self, commands: list[Callable[[], Any]]) -> list[Any]:
        """Carry the commands of a pipeline out."""
        self.calls += 1
        if self.is_away:
            raise RedisConnectionError
        if self.is_frozen:
            self._sent_while_frozen += commands
            raise RedisTimeoutError
        replies = [command() for command in commands]
        if self.is_deaf:
            raise RedisTimeoutError
        return replies


class FakePipeline:
    """The commands that the exchange uses."""

    def __init__(self, server: FakeCounterServer) -> None:
        self._server = server
        self._commands: list[Callable[[], Any]] = []

    def execute_command(self, name: str, *arguments: Any) -> None:
        getattr(self, f"_{name.lower()}")(*arguments)

    def _add(self, key: str, command: Callable[[], Any]) -> None:
        self._commands.append(lambda: ResponseError() if key in self._server.broken_keys else command())

    def _incrby(self, name: str, amount: int) -> None:
        def add() -> int:
            self._server.counts[name] = self._server.counts.get(name, 0) + amount
            return self._server.counts[name]

        self._add(name, add)

    def _pexpire(self, name: str, time: int) -> None:
        def expire() -> int:
            self._server.lifetimes[name] = time
            return 1

        self._add(name, expire)

    def _get(self, name: str) -> None:
        def read() -> bytes | None:
            count = self._server.counts.get(name)
            return None if count is None else str(count).encode()

        self._add(name, read)

    def _eval(self, script: str, numkeys: int, key: str, least: int, lifetime: int) -> None:
        assert (numkeys, "'SET'" in script) == (1, True)

        def bring_back() -> int:
            if self._server.counts.get(key, 0) < least:
                self._server.counts[key] = least
                self._server.lifetimes[key] = lifetime
            return 1

        self._add(key, bring_back)

    async def execute(self, raise_on_error: bool) -> list[Any]:
        assert not raise_on_error
        return self._server.receive(self._commands)
