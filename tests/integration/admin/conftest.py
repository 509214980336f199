"""An administrator, somebody to be administered, and what the tests of administration look at."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.api.paths import API_PREFIX
from tests.conftest import SignIn

RawDatabase = AsyncDatabase[dict[str, Any]]
SignInAsAdmin = Callable[[str], Awaitable[httpx.AsyncClient]]

ADMIN = f"{API_PREFIX}/admin"
USERS = f"{ADMIN}/users"
NOBODY = "0198c7a2-6f00-7000-8000-000000000000"


async def id_of(client: httpx.AsyncClient) -> str:
    """The id of whoever a client is signed in as."""
    answer = await client.get(f"{API_PREFIX}/me")
    user_id: str = answer.json()["id"]
    return user_id


async def audit_of(client: httpx.AsyncClient, **parameters: Any) -> list[dict[str, Any]]:
    """The entries that an administrator finds, the newest first."""
    answer = await client.get(f"{ADMIN}/audit", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.fixture
def sign_in_as_admin(sign_in: SignIn, raw_database: RawDatabase) -> SignInAsAdmin:
    """Signs an administrator in, who is one by no act that the audit would tell of."""

    async def sign_in_as(email: str) -> httpx.AsyncClient:
        user_id = await id_of(await sign_in(email))
        await raw_database["users"].update_one({"_id": UUID(user_id)}, {"$set": {"role": "admin"}})
        return await sign_in(email)

    return sign_in_as


@pytest.fixture
async def root(sign_in_as_admin: SignInAsAdmin) -> httpx.AsyncClient:
    """An administrator, and the only one."""
    return await sign_in_as_admin("root@example.com")


@pytest.fixture
async def ann_id(ann: httpx.AsyncClient) -> str:
    """Whom the administrator has to do with."""
    return await id_of(ann)
