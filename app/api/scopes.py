"""What a personal token may do: each route asks for one scope, or for a signed-in session."""

from app.core.errors import ForbiddenError
from app.core.identity import Caller, TokenScope


class InsufficientScopeError(ForbiddenError):
    """The personal token does not have the scope that the route asks for."""

    slug = "insufficient-scope"
    title = "Insufficient scope"

    def __init__(self, scope: TokenScope) -> None:
        super().__init__(
            f"This needs a personal token with the scope {scope}.",
            extensions={"scope": scope},
            # RFC 6750, section 3.1.
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )


class SessionRequiredError(ForbiddenError):
    """No personal token may do this, whatever its scopes."""

    slug = "session-required"
    title = "Signed-in session required"

    def __init__(self) -> None:
        super().__init__("A personal token may not do this, whatever its scopes; it needs a signed-in session.")


def require_session(caller: Caller) -> Caller:
    """Return the caller. Raises `SessionRequiredError` for a personal token."""
    if caller.grant is not None:
        raise SessionRequiredError
    return caller


def require_scope(caller: Caller, scope: TokenScope) -> Caller:
    """Return the caller. Raises `InsufficientScopeError` for a personal token without the scope."""
    if caller.grant is not None and scope not in caller.grant.scopes:
        raise InsufficientScopeError(scope)
    return caller
