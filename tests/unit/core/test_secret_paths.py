"""Secrets are taken out of paths, and nothing else is."""

import pytest

from app.core.secret_paths import hide_secrets


class TestAPathWithASecret:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("/calendar/5ecret.ics", "/calendar/hidden"),
            ("/calendar/5ecret", "/calendar/hidden"),
            ("/calendar/ 5ecret.ics", "/calendar/hidden"),
            ("/calendar/a/b\n/5ecret", "/calendar/hidden"),
            ("/api/v1/calendar/5ecret.ics", "/api/v1/calendar/hidden"),
            ("//calendar/5ecret.ics", "//calendar/hidden"),
            ("https://tasks.example/calendar/5ecret.ics?a=b", "https://tasks.example/calendar/hidden"),
        ],
    )
    def test_is_told_without_it(self, text: str, shown: str) -> None:
        assert hide_secrets(text) == shown


class TestAnyOtherPath:
    @pytest.mark.parametrize(
        "path",
        ["", "/", "/calendar", "/calendar/", "/calendar-feed/x", "/api/v1/me/calendar-feed", "/tasks/calendar"],
    )
    def test_is_told_as_it_is(self, path: str) -> None:
        assert hide_secrets(path) == path
