"""What a personal token may do, and what it is told when it may not."""

from uuid import UUID

import pytest

from app.api.problems import describe_problem
from app.api.scopes import InsufficientScopeError, SessionRequiredError, require_scope, require_session
from app.core.identity import Caller, TokenGrant, TokenScope


def caller_with(*scopes: TokenScope) -> Caller:
    return Caller(UUID(int=1), UUID(int=2), "user", 0, "UTC", TokenGrant(frozenset(scopes), float("inf")))


SESSION = Caller(UUID(int=1), UUID(int=2), "user", 0, "UTC")


class TestASession:
    @pytest.mark.parametrize("scope", ["tasks:read", "tasks:write", "admin"])
    def test_needs_no_scope(self, scope: TokenScope) -> None:
        assert require_scope(SESSION, scope) is SESSION
        assert require_session(SESSION) is SESSION


class TestAPersonalToken:
    @pytest.mark.parametrize("scope", ["tasks:read", "tasks:write", "admin"])
    def test_may_do_what_its_scope_allows(self, scope: TokenScope) -> None:
        caller = caller_with(scope)

        assert require_scope(caller, scope) is caller

    @pytest.mark.parametrize(
        ("scope", "others"),
        [
            ("tasks:read", ("tasks:write", "admin")),
            ("tasks:write", ("tasks:read", "admin")),
            ("admin", ("tasks:read", "tasks:write")),
        ],
    )
    def test_is_told_which_scope_it_lacks(self, scope: TokenScope, others: tuple[TokenScope, ...]) -> None:
        """No scope includes another one."""
        with pytest.raises(InsufficientScopeError) as refusal:
            require_scope(caller_with(*others), scope)

        problem = describe_problem(refusal.value)
        assert (problem["status"], problem["type"]) == (403, "/problems/insufficient-scope")
        assert problem["scope"] == scope
        assert scope in problem["detail"]
        assert refusal.value.headers == {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}

    def test_never_stands_for_a_session(self) -> None:
        with pytest.raises(SessionRequiredError) as refusal:
            require_session(caller_with("tasks:read", "tasks:write", "admin"))

        assert describe_problem(refusal.value)["type"] == "/problems/session-required"
