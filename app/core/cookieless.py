"""Clients without a memory: what a server wants to be told again is forgotten."""

from http.cookiejar import CookieJar, DefaultCookiePolicy


def make_cookie_refusal() -> CookieJar:
    """Return a jar for an HTTP client that takes no cookie of anybody.

    A client that serves many users would tell the servers which of its requests are of the same process, and its jar
    has no bound.
    """
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
