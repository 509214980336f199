"""The state of an account, as every request reads it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.data.accounts import Accounts
from app.data.store import Store
from tests.factories.users import insert_user
from tests.fakes.clock import START

Raw = AsyncDatabase[dict[str, Any]]


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return Accounts(store.database)


@pytest.fixture
async def session_id(raw_database: Raw, user_id: UUID) -> UUID:
    session_id = uuid4()
    await raw_database["sessions"].insert_one({"_id": session_id, "user_id": user_id, "expires_at": START})
    return session_id


class TestAnAccount:
    async def test_is_found_by_its_id(self, accounts: Accounts, raw_database: Raw) -> None:
        user_id = await insert_user(raw_database, role="admin", revision=7, timezone="Asia/Tokyo", is_disabled=True)

        account = await accounts.find(user_id)

        assert account is not None
        assert (account.user_id, account.role, account.revision) == (user_id, "admin", 7)
        assert (account.timezone, account.is_disabled) == ("Asia/Tokyo", True)

    async def test_is_found_with_a_session_of_its_own(
        self, accounts: Accounts, user_id: UUID, session_id: UUID
    ) -> None:
        assert await accounts.find_with_session(user_id, session_id) == await accounts.find(user_id)

    async def test_is_found_with_a_personal_token_of_its_own(
        self, accounts: Accounts, raw_database: Raw, user_id: UUID, session_id: UUID
    ) -> None:
        token_id = uuid4()
        await raw_database["api_tokens"].insert_one({"_id": token_id, "user_id": user_id})

        assert await accounts.find_with_session(user_id, token_id, is_token=True) == await accounts.find(user_id)
        assert await accounts.find_with_session(user_id, token_id) is None
        assert await accounts.find_with_session(user_id, session_id, is_token=True) is None

    async def test_is_not_found_when_the_session_has_ended(
        self, accounts: Accounts, raw_database: Raw, user_id: UUID, session_id: UUID
    ) -> None:
        await raw_database["sessions"].delete_one({"_id": session_id})

        assert await accounts.find_with_session(user_id, session_id) is None

    async def test_is_not_found_with_the_session_of_somebody_else(
        self, accounts: Accounts, raw_database: Raw, session_id: UUID
    ) -> None:
        assert await accounts.find_with_session(await insert_user(raw_database), session_id) is None

    async def test_is_not_found_while_it_is_being_erased(
        self, accounts: Accounts, raw_database: Raw, user_id: UUID, session_id: UUID
    ) -> None:
        await raw_database["users"].update_one({"_id": user_id}, {"$set": {"deleted_at": START}})

        assert await accounts.find(user_id) is None
        assert await accounts.find_with_session(user_id, session_id) is None
