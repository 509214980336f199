"""What `taskfleet admin` does: the same acts as over HTTP, put down to whoever typed the command."""

import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass

from app.api.pagination import MAX_PAGE_SIZE
from app.api.preconditions import IfMatch
from app.auth.admin_repository import ManagedUser
from app.auth.user_search import UserSearch
from app.bootstrap import open_administration
from app.core.clock import format_instant
from app.core.identity import Role
from app.core.settings import Settings
from app.data.audit import Actor

_ROLE_TITLES: dict[Role, str] = {"admin": "an administrator", "user": "an ordinary user"}


@dataclass(frozen=True, slots=True)
class UserListing:
    """Users that were found, and whether there are more."""

    users: Sequence[ManagedUser]
    has_more: bool


async def set_role(settings: Settings, address: str, role: Role) -> str:
    """Give the user of an address a role, and return a line that says so.

    Raises `UserNotFoundError`, or `LastAdminError`.
    """
    return await _change(settings, address, "role", role, _ROLE_TITLES[role])


async def set_disabled(settings: Settings, address: str, *, is_disabled: bool) -> str:
    """Shut the user of an address out or let them in again, and return a line that says so; raises as `set_role`."""
    return await _change(settings, address, "is_disabled", is_disabled, "disabled" if is_disabled else "enabled")


async def find_users(settings: Settings, query: str, limit: int) -> UserListing:
    """Return up to `limit` users: all, the newest first, or those whom `query` finds as it does over HTTP."""
    search, users, place = UserSearch.parse(query), list[ManagedUser](), None
    async with open_administration(settings) as administration:
        while True:
            page, place = await administration.get_page(search, place, min(limit - len(users), MAX_PAGE_SIZE))
            users += page
            if place is None or len(users) == limit:
                return UserListing(users, has_more=place is not None)


def format_table(users: Sequence[ManagedUser]) -> str:
    """Return lines for people, with columns as wide as they need; nothing in a name can steer the terminal."""
    rows = [("E-MAIL", "ROLE", "STATE", "CREATED", "ID", "NAME")]
    rows += [
        (
            _printable(user.email or "-"),
            user.role,
            "disabled" if user.is_disabled else "enabled",
            format_instant(user.created_at),
            str(user.user_id),
            _printable(user.name),
        )
        for user in users
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


async def _change(settings: Settings, address: str, field: str, value: object, title: str) -> str:
    async with open_administration(settings) as administration:
        user = await administration.find_by_address(address)
        await administration.change(_operator(), user.user_id, {field: value}, IfMatch(None))
    when = "already" if getattr(user, field) == value else "now"
    return f"{user.email} is {title} {when}"


def _operator() -> Actor:
    user_number = os.getuid()
    try:
        name = pwd.getpwuid(user_number).pw_name
    except KeyError:  # as in a container that runs under any number
        name = f"user {user_number}"
    return Actor("cli", name=name)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
