"""Who counts as a browser, and which of its requests count as our own."""

from typing import Any

import pytest
from fastapi import Request

from app.api.cookies import SessionCookies
from app.api.security import CrossSiteRequestError, Security, is_browser


def make_request(method: str = "POST", scheme: str = "http", **headers: str) -> Request:
    pairs = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {"type": "http", "method": method, "scheme": scheme, "path": "/", "query_string": b"", "headers": pairs}
    )


def make_security(public_url: str = "https://tasks.example", *, is_local: bool = False) -> Security:
    unused: Any = None
    return Security(unused, unused, unused, unused, SessionCookies(is_secure=True), public_url, is_local)


class TestARequestWithCookies:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://tasks.example"},
            {"Sec_Fetch_Site": "same-origin"},
            {"Origin": "https://tasks.example", "Sec_Fetch_Site": "cross-site"},
        ],
    )
    def test_passes_when_it_began_on_our_pages(self, headers: dict[str, str]) -> None:
        make_security().refuse_cross_site(make_request(**headers))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "null"},
            {"Origin": ""},
            {"Origin": "http://tasks.example"},
            {"Origin": "https://tasks.example:8443"},
            {"Origin": "https://tasks.example.evil.example"},
            {"Origin": "https://evil.example", "Sec_Fetch_Site": "same-origin"},
            {"Origin": "https://TASKS.example/"},
            {"Sec_Fetch_Site": "same-site"},
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "none"},
            {"Referer": "https://tasks.example/page"},
            {"Origin": "http://127.0.0.1:8000", "Host": "127.0.0.1:8000"},
        ],
    )
    def test_is_refused_when_it_does_not_say_so(self, headers: dict[str, str]) -> None:
        with pytest.raises(CrossSiteRequestError):
            make_security().refuse_cross_site(make_request(**headers))

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    def test_passes_when_it_changes_nothing(self, method: str) -> None:
        make_security().refuse_cross_site(make_request(method, Origin="https://evil.example"))

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
    def test_is_checked_for_every_other_method(self, method: str) -> None:
        with pytest.raises(CrossSiteRequestError):
            make_security().refuse_cross_site(make_request(method, Origin="https://evil.example"))


class TestALocalInstallation:
    def test_may_be_reached_by_any_of_its_names(self) -> None:
        security = make_security("http://127.0.0.1:8000", is_local=True)

        security.refuse_cross_site(make_request(Origin="http://localhost:8000", Host="localhost:8000"))
        security.refuse_cross_site(make_request(Origin="http://127.0.0.1:8000", Host="localhost:8000"))

    def test_is_not_reached_from_other_sites(self) -> None:
        security = make_security("http://127.0.0.1:8000", is_local=True)

        for origin in ("http://localhost:9000", "https://localhost:8000", "null"):
            with pytest.raises(CrossSiteRequestError):
                security.refuse_cross_site(make_request(Origin=origin, Host="localhost:8000"))


class TestABrowser:
    @pytest.mark.parametrize("name", ["Origin", "Sec_Fetch_Site", "Sec_Fetch_Mode", "Sec_Fetch_Dest"])
    def test_is_known_by_what_it_sends(self, name: str) -> None:
        assert is_browser(make_request(**{name: "x"}))

    def test_is_nobody_else(self) -> None:
        assert not is_browser(make_request(User_Agent="Mozilla/5.0", Cookie="access=x", Referer="https://x.example"))

    def test_is_refused_from_another_site_where_others_pass(self) -> None:
        make_security().refuse_foreign_browser(make_request())
        with pytest.raises(CrossSiteRequestError):
            make_security().refuse_foreign_browser(make_request(Origin="https://evil.example"))


class TestTheCookies:
    def test_bear_the_prefix_that_binds_them_to_our_host_over_https(self) -> None:
        cookies = SessionCookies(is_secure=True)
        assert (cookies.access_name, cookies.refresh_name) == ("__Host-access", "__Host-refresh")

    def test_cannot_have_it_over_http(self) -> None:
        cookies = SessionCookies(is_secure=False)
        assert (cookies.access_name, cookies.refresh_name) == ("access", "refresh")
