"""Who may cache in its own memory when there is no cache server."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from app.bootstrap import choose_cache
from app.core.settings import CacheSettings, HttpSettings, JwtSettings, MongoSettings, RuntimeSettings, Settings

PRODUCTION = {
    "http": HttpSettings(public_url="https://tasks.example"),
    "mongo": MongoSettings(url="mongodb://db"),  # type: ignore[arg-type]
    "jwt": JwtSettings(private_key_file="key.pem"),  # type: ignore[arg-type]
}


def make_settings(profile: str, **cache: Any) -> Settings:
    runtime = RuntimeSettings(profile=profile)  # type: ignore[arg-type]
    return Settings(runtime=runtime, cache=CacheSettings(**cache), **PRODUCTION)  # type: ignore[arg-type]


class TestAProcessWithoutACacheServer:
    def test_takes_itself_for_the_only_one_on_a_laptop(self) -> None:
        assert choose_cache(make_settings("local")).is_only_process

    def test_does_not_in_production_and_says_so(self) -> None:
        with capture_logs() as logs:
            assert not choose_cache(make_settings("production")).is_only_process
        assert [(line["event"], line["log_level"]) for line in logs] == [("nothing_is_cached", "warning")]

    @pytest.mark.parametrize(("workers", "is_only_process"), [(1, True), (2, False)])
    def test_believes_what_the_operator_says(self, workers: int, is_only_process: bool) -> None:
        with capture_logs() as logs:
            settings = make_settings("production", workers=workers)
            assert choose_cache(settings).is_only_process is is_only_process
        assert logs == []


class TestAProcessWithACacheServer:
    def test_has_nothing_to_say(self) -> None:
        with capture_logs() as logs:
            choose_cache(make_settings("production", url="redis://cache"))
        assert logs == []
