"""Requests to push services (RFC 8030, section 5), bounded in time and in what is read of an answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx

from app.core.clock import Clock
from app.notifications.channel import PermanentDeliveryError, TemporaryDeliveryError
from app.notifications.push.transport import RefusedAddressError, UnknownHostError

# Half of what a channel has (`Channel.deliver`), and many times what a push service takes.
TIMEOUT_SECONDS = 10.0
# Their answers are empty, or a line that says what is wrong.
MAX_ANSWER_BYTES = 4_096

Urgency = Literal["normal", "high"]


@dataclass(frozen=True, slots=True)
class Push:
    """What goes to a push service beside the encrypted body.

    `topic` (RFC 8030, section 5.4) lets it replace the same push that has not been fetched yet.
    """

    body: bytes
    authorisation: str
    topic: str
    urgency: Urgency
    ttl_seconds: int

    def to_headers(self) -> Mapping[str, str]:
        """Return the headers of the request."""
        return {
            "Authorization": self.authorisation,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self.ttl_seconds),
            "Topic": self.topic,
            "Urgency": self.urgency,
            # Nothing of what comes back is unpacked.
            "Accept-Encoding": "identity",
        }


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """The status of a push service's answer, and after how many seconds it wants to be asked again."""

    status: int
    retry_after_seconds: float | None


class PushSender:
    """Sends pushes by a client of `app.notifications.push.transport`."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._client = client
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    async def send(self, endpoint: str, push: Push) -> PushAnswer:
        """Return what the push service answers. Raises `TemporaryDeliveryError` or `PermanentDeliveryError`."""
        try:
            # The client's own limit is on each read: a server that drips would never reach it.
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._client.stream("POST", endpoint, content=push.body, headers=push.to_headers()) as response,
            ):
                await _skim(response)
        except (TimeoutError, httpx.TransportError) as error:
            raise TemporaryDeliveryError(f"the push service gave no answer ({type(error).__name__})") from None
        except UnknownHostError:
            raise TemporaryDeliveryError("the push service cannot be found") from None
        except RefusedAddressError:
            raise PermanentDeliveryError("the push service is at no public address") from None
        except httpx.InvalidURL:
            raise PermanentDeliveryError("the endpoint is no address") from None
        retry_after = read_retry_after(response.headers.get("Retry-After", ""), self._clock.now())
        return PushAnswer(response.status_code, retry_after)


async def _skim(response: httpx.Response) -> None:
    """Read a short answer, after which the connection can be used again; a long one ends with it."""
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            return


def read_retry_after(text: str, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` asks for (RFC 9110, section 10.2.3), or None for none or nonsense."""
    if text.isascii() and text.isdigit():
        return float(text[:9])  # thirty years; nobody waits longer
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter of a year or a zone that fits into no integer of C
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max((at - now).total_seconds(), 0.0)
