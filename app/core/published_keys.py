"""The public keys of access tokens in a process that signs none: fetched from the one that does, and kept current."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import structlog

from app.core.access_tokens import PublicJwk, PublicKeys, UnknownKeyError
from app.core.json_http import JsonHttp, NoAnswerError, UnusableAnswerError
from app.core.key_sets import InvalidKeySetError, read_key_set
from app.core.metrics import KeySetMetrics
from app.core.shared_fetch import SharedFetch

# A request may wait for two fetches, and has 9 s; the document is made without asking anybody.
FETCH_TIMEOUT_SECONDS = 2.0
# A key has some 250 bytes, and there are at most `MAX_KEYS` of 16.
MAX_KEY_SET_BYTES = 16_384

# A key is published ten minutes before it signs (docs/operations.md); this leaves room for some failures.
REFRESH_SECONDS = 60.0
# As soon as a client is told to come again (`ServiceUnavailableError`).
RETRY_SECONDS = 5.0
# Give or take a quarter, so that processes that started together do not ask together.
_JITTER = 0.25
# Anybody can name a key that there is not. So many seconds lie between two fetches that requests cause, so that a
# hundred processes under such an attack ask twenty times a second for a document that is made in a millisecond.
SECONDS_BETWEEN_LOOKS = 5.0

# A key that was taken back, after a theft perhaps, goes on to verify where nobody can fetch. A day is longer than an
# outage that nobody sees to, and no access token of before lives by then.
MAX_AGE_SECONDS = 86_400.0

LoadKeys = Callable[[], Awaitable[PublicKeys]]

logger = structlog.get_logger(__name__)


class KeySetError(Exception):
    """The key set could not be fetched; the message says why."""


async def load_key_set(http: JsonHttp, url: str) -> PublicKeys:
    """Fetch a key set. Raises `KeySetError`."""
    try:
        answer = await http.ask("GET", url)
        if answer.status != 200:
            raise KeySetError(f"status {answer.status}")
        return read_key_set(answer.content)
    except NoAnswerError:
        raise KeySetError("no answer in time") from None
    except (UnusableAnswerError, InvalidKeySetError) as error:
        raise KeySetError(str(error)) from None


class PublishedKeys:
    """Finds keys by their ids in the set that was fetched last.

    The keys that are known verify while no other set is fetched, for `MAX_AGE_SECONDS` at most: whether a session
    goes on is another question, which MongoDB answers.
    """

    def __init__(
        self, load: LoadKeys, metrics: KeySetMetrics, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._metrics = metrics
        self._monotonic = monotonic
        self._keys: PublicKeys = {}
        self._fetched_at = monotonic()
        self._is_current = False
        self._is_away_told = False
        self._next_look = monotonic()
        self._forget: Callable[[], None] | None = None
        self._set = SharedFetch(self._fetch)

    @property
    def are_known(self) -> bool:
        """Whether there is a set: it was fetched, and not so long ago that nobody may rely on it."""
        return bool(self._keys)

    def find(self, key_id: str) -> PublicJwk:
        """Return the key of that id. Raises `UnknownKeyError`, which is not sure while no set can be fetched."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise UnknownKeyError(key_id, is_sure=self._is_current) from None

    async def look_for(self, key_id: str) -> None:
        """Fetch the set once more for the sake of a key that is not in it, unless that was done a moment ago.

        Requests that look at the same time share one fetch. A failure is not raised; `find` tells what came of it.
        """
        if self._set.is_under_way:
            await self._refresh()
        # What was under way may have been read there before the key was published.
        if key_id not in self._keys and (self._set.is_under_way or self._may_look()):
            await self._refresh()

    def tell_withdrawals(self, forget: Callable[[], None]) -> None:
        """Have `forget` called when a key was taken back: what was verified with it is to be verified again."""
        self._forget = forget

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Fetch now and from time to time for as long as the context lasts; nobody waits for the first set."""
        keeper = asyncio.create_task(self._keep_current())
        await asyncio.sleep(0)  # lets it begin, so that the first request finds a fetch under way
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.wait({keeper})
            await self._set.close()

    async def _keep_current(self) -> None:
        while True:
            await self._refresh()
            period = REFRESH_SECONDS if self._is_current else RETRY_SECONDS
            await asyncio.sleep(period * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - spreads load

    def _may_look(self) -> bool:
        now = self._monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + SECONDS_BETWEEN_LOOKS
        return True

    async def _refresh(self) -> None:
        try:
            await self._set.fetch()
        except KeySetError:
            pass  # told by the fetch itself, once for all who wait for it
        except Exception:
            self._is_current = False
            logger.exception("key_set_failed")

    async def _fetch(self) -> None:
        try:
            keys = await self._load()
        except KeySetError as error:
            self._metrics.fetches["failed"].inc()
            self._is_current = False
            if not self._is_away_told:
                logger.warning("key_set_away", error=str(error), known_keys=len(self._keys))
                self._is_away_told = True
            self._drop_outdated()
            raise
        self._metrics.fetches["ok"].inc()
        self._take(keys)
        self._is_current, self._fetched_at = True, self._monotonic()
        if self._is_away_told:
            logger.info("key_set_available")
            self._is_away_told = False

    def _drop_outdated(self) -> None:
        if self._keys and self._monotonic() - self._fetched_at > MAX_AGE_SECONDS:
            logger.error("key_set_outdated", key_ids=sorted(self._keys))
            self._take({})

    def _take(self, keys: PublicKeys) -> None:
        before, self._keys = self._keys, keys
        if before.keys() != keys.keys():
            logger.info("key_set_changed", key_ids=sorted(keys))
        if before.keys() - keys.keys() and self._forget is not None:
            self._forget()


@asynccontextmanager
async def run_published_keys(url: str, metrics: KeySetMetrics) -> AsyncIterator[PublishedKeys]:
    """Keep the keys of that address current for as long as the context lasts.

    No proxy is asked: whoever can answer in the server's place can forge tokens.
    """
    async with JsonHttp(FETCH_TIMEOUT_SECONDS, MAX_KEY_SET_BYTES, may_use_proxy=False) as http:
        keys = PublishedKeys(partial(load_key_set, http, url), metrics)
        async with keys.run():
            yield keys
