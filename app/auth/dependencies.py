"""What the routes of this feature are given."""

from typing import Annotated

from fastapi import Depends, Header, Request

from app.auth.module import AuthModule


async def _get_module(request: Request) -> AuthModule:
    module: AuthModule = request.app.state.auth
    return module


AuthPart = Annotated[AuthModule, Depends(_get_module)]


async def _get_user_agent(user_agent: Annotated[str, Header(include_in_schema=False)] = "") -> str:
    return user_agent


UserAgent = Annotated[str, Depends(_get_user_agent)]
