"""When tokens were used: noted without a wait, written in the background, lost to a crash alone."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from pymongo.errors import AutoReconnect, OperationFailure
from structlog.testing import capture_logs

from app.api import token_uses as token_uses_module
from app.api.token_uses import TokenUses
from app.data.api_tokens import TokenUse
from tests.waiting import until

ANN = UUID(int=1)
NOON = 1_795_435_200.0


class Tokens:
    """Writes down what it is to write, in batches; fails as often as it is told."""

    def __init__(self) -> None:
        self.batches: list[list[TokenUse]] = []
        self.failures: list[Exception] = []

    async def record_uses(self, uses: Sequence[TokenUse]) -> None:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop()
        self.batches.append(list(uses))

    @property
    def written(self) -> dict[int, float]:
        """When each token was used, by its number."""
        return {use.token_id.int: use.at.timestamp() for batch in self.batches for use in batch}


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def uses(tokens: Tokens) -> TokenUses:
    unused: Any = tokens
    return TokenUses(unused)


class TestAUse:
    async def test_is_written_once_however_often_the_token_was_used(self, uses: TokenUses, tokens: Tokens) -> None:
        for second in range(5):
            uses.note(ANN, UUID(int=7), NOON + second)
        await uses.flush()
        await uses.flush()

        assert tokens.batches == [[TokenUse(ANN, UUID(int=7), tokens.batches[0][0].at)]]
        assert tokens.written == {7: NOON + 4}

    async def test_is_written_in_batches_when_there_are_many(
        self, uses: TokenUses, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(token_uses_module, "_BATCH", 3)
        for number in range(7):
            uses.note(ANN, UUID(int=number), NOON)
        await uses.flush()

        assert [len(batch) for batch in tokens.batches] == [3, 3, 1]
        assert tokens.written.keys() == set(range(7))

    async def test_that_could_not_be_written_is_written_the_next_time(
        self, uses: TokenUses, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(token_uses_module, "_BATCH", 2)
        for number in range(5):
            uses.note(ANN, UUID(int=number), NOON)
        tokens.failures = [AutoReconnect("away")]
        with pytest.raises(AutoReconnect):
            await uses.flush()
        await uses.flush()

        assert tokens.written == dict.fromkeys(range(5), NOON)

    async def test_during_a_failed_writing_is_not_undone_by_it(self, uses: TokenUses, tokens: Tokens) -> None:
        uses.note(ANN, UUID(int=7), NOON)
        tokens.failures = [AutoReconnect("away")]
        flushing = asyncio.create_task(uses.flush())
        await asyncio.sleep(0)
        uses.note(ANN, UUID(int=7), NOON + 30)
        with pytest.raises(AutoReconnect):
            await flushing
        await uses.flush()

        assert tokens.written == {7: NOON + 30}

    async def test_of_one_token_too_many_waits(
        self, uses: TokenUses, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(token_uses_module, "_MAX_NOTED", 3)
        for number in range(5):
            uses.note(ANN, UUID(int=number), NOON)
        uses.note(ANN, UUID(int=1), NOON + 1)
        await uses.flush()

        assert tokens.written == {0: NOON, 1: NOON + 1, 2: NOON}


class TestTheWriter:
    async def test_writes_from_time_to_time(
        self, uses: TokenUses, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(token_uses_module, "PERIOD_SECONDS", 0.01)
        async with uses.run():
            for number in range(2):
                uses.note(ANN, UUID(int=number), NOON)
                await until(lambda number=number: number in tokens.written)

    async def test_writes_what_is_left_at_the_end(self, uses: TokenUses, tokens: Tokens) -> None:
        async with uses.run():
            uses.note(ANN, UUID(int=7), NOON)
            assert not tokens.batches

        assert tokens.written == {7: NOON}

    async def test_writes_at_once_when_there_is_no_room_left(
        self, uses: TokenUses, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(token_uses_module, "_MAX_NOTED", 3)
        async with uses.run():
            for number in range(3):
                uses.note(ANN, UUID(int=number), NOON)
            await until(lambda: len(tokens.written) == 3)

    async def test_does_not_try_without_a_pause_when_there_is_no_room_and_nothing_can_be_written(
        self, uses: TokenUses, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(token_uses_module, "_MAX_NOTED", 3)
        tokens.failures = [AutoReconnect("away") for _ in range(50)]
        async with uses.run():
            for number in range(3):
                uses.note(ANN, UUID(int=number), NOON)
            await until(lambda: len(tokens.failures) < 50)
            for turn in range(100):
                uses.note(ANN, UUID(int=turn % 5), NOON + turn)
                await asyncio.sleep(0)
            assert len(tokens.failures) == 49
            tokens.failures.clear()

        assert tokens.written.keys() == {0, 1, 2}

    @pytest.mark.parametrize("failure", [AutoReconnect("away"), OperationFailure("no"), ValueError("a fault")])
    async def test_goes_on_after_a_failure_and_tells_of_it(
        self, failure: Exception, uses: TokenUses, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(token_uses_module, "PERIOD_SECONDS", 0.01)
        tokens.failures = [failure]
        with capture_logs() as logs:
            async with uses.run():
                uses.note(ANN, UUID(int=7), NOON)
                await until(lambda: bool(tokens.written))

        # Others of this process may have something to say as well.
        assert [entry["event"] for entry in logs].count("token_uses_not_written") == 1
