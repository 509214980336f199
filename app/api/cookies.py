"""The browser's cookies: their names, attributes and lifetimes."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Response

from app.core.access_tokens import ACCESS_TOKEN_LIFETIME

# The sliding lifetime of a session (docs/api.md, auth).
REFRESH_COOKIE_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SessionCookies:
    """Sets and clears the two cookies of a session.

    Over https they bear the `__Host-` prefix, which makes browsers insist on Secure and Path=/ and refuse
    them from sister domains. The local profile over http cannot have that.
    """

    is_secure: bool

    @property
    def access_name(self) -> str:
        """The name of the cookie that holds the access token."""
        return self.full_name("access")

    @property
    def refresh_name(self) -> str:
        """The name of the cookie that holds the refresh token."""
        return self.full_name("refresh")

    def full_name(self, name: str) -> str:
        """Return the name with the prefix that this installation uses."""
        return f"__Host-{name}" if self.is_secure else name

    def set_tokens(self, response: Response, access_token: str, refresh_token: str) -> None:
        """Give the browser a session."""
        self.set(response, "access", access_token, ACCESS_TOKEN_LIFETIME)
        self.set(response, "refresh", refresh_token, REFRESH_COOKIE_LIFETIME)

    def clear_tokens(self, response: Response) -> None:
        """Take the session from the browser."""
        self.clear(response, "access")
        self.clear(response, "refresh")

    def set(self, response: Response, name: str, value: str, lifetime: timedelta) -> None:
        """Set one cookie of ours."""
        response.set_cookie(
            self.full_name(name),
            value,
            max_age=int(lifetime.total_seconds()),
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response, name: str) -> None:
        """Remove one cookie of ours."""
        response.delete_cookie(self.full_name(name), path="/", secure=self.is_secure, httponly=True, samesite="lax")
