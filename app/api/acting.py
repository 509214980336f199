"""Who an administrator's act is put down to."""

from fastapi import Request

from app.api.problems import describe_occasion
from app.core.identity import Caller
from app.data.audit import Actor


def acting_user(request: Request, caller: Caller) -> Actor:
    """Return the caller as the audit knows one."""
    return Actor("user", user_id=caller.user_id, request_id=describe_occasion(request)["request_id"])
