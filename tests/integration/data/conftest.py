"""A user to try changes on."""

from typing import Any
from uuid import UUID

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from tests.factories.users import insert_user


@pytest.fixture
async def user_id(store: Any, raw_database: AsyncDatabase[dict[str, Any]]) -> UUID:
    """A user who has changed nothing yet."""
    return await insert_user(raw_database)
