"""Accounts of the development sign-in."""

import uuid

from bench.gateway.connection import Connection


async def sign_in(connection: Connection) -> dict[str, str]:
    """Make an account; return the headers of its requests."""
    body = {"email": f"{uuid.uuid4().hex}@example.org"}
    answer = await connection.ask("POST", "/api/v1/auth/dev/login", None, body)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
