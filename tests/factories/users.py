"""Users as the database holds them, for tests that need an account and no sign-in."""

from typing import Any
from uuid import UUID

from pymongo.asynchronous.database import AsyncDatabase

from app.core.ids import new_id
from tests.fakes.clock import START


async def insert_user(database: AsyncDatabase[dict[str, Any]], **fields: Any) -> UUID:
    """Store a user who has changed nothing yet, and return the id."""
    user_id = new_id(START)
    document = {
        "_id": user_id,
        "name": "Ann",
        "role": "user",
        "timezone": "UTC",
        "locale": "en",
        "settings": "{}",
        "is_disabled": False,
        "identity_ids": [],
        "revision": 0,
        "revision_marks": [],
        "created_at": START,
        "updated_at": START,
    }
    await database["users"].insert_one(document | fields)
    return user_id
