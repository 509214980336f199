"""The service with routes that meet faults; a program that `app.serving` runs in a process of its own."""

import os
from typing import Any

import structlog
from fastapi import FastAPI, Request

from app.api.security import CurrentCaller
from app.core import error_reports, tracing
from app.main import create_app_from_environment

FACTORY = f"{__name__}:create"
# Not a setting: the control, in which everything that is in a report leaves.
WITHOUT_CLEANING = "WITHOUT_CLEANING"

logger = structlog.get_logger("app.watched")


async def fail(request: Request, title: str) -> None:
    """Fail in the midst of what it knows of the caller and the task."""
    token = request.headers["Authorization"]
    email = request.headers["X-Email"]
    event = f"about to fail at {title} for {email}"
    logger.info(event, title=title)
    await request.app.state.store.database.collection("tasks").find_one({"user_id": 1, "title": title})
    raise ValueError(f"no place for {title} of {email} with {token}")


async def log_fault(request: Request, title: str) -> None:
    """Log a fault that the request survives, with all that it knows."""
    try:
        raise RuntimeError(f"cannot keep {title}")
    except RuntimeError:
        logger.exception("keeping_failed", title=title, email=request.headers["X-Email"])


async def greet(caller: CurrentCaller, title: str) -> None:
    """Log something about a caller who is known."""
    logger.info("greeted", length=len(title), locale=str(caller.timezone))


async def lose_connection() -> None:
    """Fail as a driver does."""
    raise ConnectionRefusedError("mongodb://root:hunter2@mongo-1:27017 asked by ann@example.org: refused")


def create() -> FastAPI:
    """Return the app that the environment describes, with the routes."""
    if os.environ.get(WITHOUT_CLEANING):
        unclean: Any = dict
        error_reports.clean_event = error_reports.clean_breadcrumb = unclean
        tracing.clean_span = lambda span: span
    app = create_app_from_environment()
    app.add_api_route("/fault/{title}", fail)
    app.add_api_route("/logged/{title}", log_fault)
    app.add_api_route("/greeted/{title}", greet)
    app.add_api_route("/lost", lose_connection)
    return app
