"""How tokens are handed over: to browsers in cookies that no script can read, to others in the body."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from pydantic_core import to_json

from app.api.cookies import SessionCookies
from app.api.problems import respond_with_problem
from app.api.security import is_browser
from app.api.strict_json import StrictJsonRoute
from app.auth.module import AuthModule
from app.auth.schemas import TokenAnswer
from app.auth.sessions import IssuedTokens
from app.core.access_tokens import ACCESS_TOKEN_LIFETIME
from app.core.errors import UnauthenticatedError


def answer_with_tokens(request: Request, cookies: SessionCookies, tokens: IssuedTokens) -> Response:
    """Return the answer to a sign-in or a refresh."""
    has_cookies = is_browser(request)
    answer = TokenAnswer(
        access_token=tokens.access_token,
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        refresh_token=None if has_cookies else tokens.refresh_token,
    )
    content = to_json(answer.model_dump(exclude_none=True))
    response = Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})
    if has_cookies:
        cookies.set_tokens(response, tokens.access_token, tokens.refresh_token)
    return response


class SessionRoute(StrictJsonRoute):
    """A route that takes the cookies from a browser whose session turns out to have ended."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's handler."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except UnauthenticatedError as error:
                response = respond_with_problem(request, error)
                if is_browser(request):
                    module: AuthModule = request.app.state.auth
                    module.cookies.clear_tokens(response)
                return response

        return handle
