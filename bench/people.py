"""Who sends the requests: users of the development sign-in, their tokens kept fresh."""

import time
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from bench.errors import BenchError

LOGIN_PATH = "/api/v1/auth/dev/login"
ME_PATH = "/api/v1/me"

# An access token lives ten minutes; half of that is left for the measurement that it is used in.
TOKEN_AGE_LIMIT_SECONDS = 300.0


@dataclass(slots=True)
class User:
    """Somebody with tasks; `task_ids` names one of them by contender, as each gives ids of its own."""

    email: str
    user_id: UUID
    token: str = ""
    task_ids: dict[str, str] = field(default_factory=dict)


class People:
    """A group of users."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.users: list[User] = []
        self._url = url
        self._client = client
        self._signed_in_at = 0.0

    async def add(self, name: str, count: int) -> None:
        """Sign up `name-0`, `name-1` and so on."""
        self._signed_in_at = time.monotonic()
        for index in range(count):
            email = f"{name}-{index}@example.com"
            token = await self._sign_in(email)
            answer = await self._client.get(self._url + ME_PATH, headers={"Authorization": f"Bearer {token}"})
            self.users.append(User(email, UUID(answer.raise_for_status().json()["id"]), token))

    async def refresh(self) -> None:
        """Sign everybody in again if the tokens might expire during a measurement."""
        if time.monotonic() - self._signed_in_at < TOKEN_AGE_LIMIT_SECONDS:
            return
        self._signed_in_at = time.monotonic()
        for user in self.users:
            user.token = await self._sign_in(user.email)

    async def _sign_in(self, email: str) -> str:
        answer = await self._client.post(self._url + LOGIN_PATH, json={"email": email, "name": "Bench"})
        if not answer.is_success:
            raise BenchError(f"sign-in answered {answer.status_code}: {answer.text[:200]}")
        token: str = answer.json()["access_token"]
        return token
