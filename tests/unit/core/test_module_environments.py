"""What a process of one module is given of the settings."""

from typing import cast

from app.core.module_environments import ENABLED_MODULES, KEY_SET_URL, OWN_SETTINGS, environment_of
from app.core.secret_files import file_variables
from app.core.settings import MODULES, Settings, SettingsGroup

URL = "http://127.0.0.1:9/.well-known/jwks.json"

# The servers that all modules share, and those who are told of faults.
SHARED_SECRETS = {"TASKFLEET_MONGO_URL", "TASKFLEET_REDIS_URL", "TASKFLEET_SENTRY_DSN", "TASKFLEET_OTLP_HEADERS"}


def groups() -> list[type[SettingsGroup]]:
    return [cast("type[SettingsGroup]", field.annotation) for field in Settings.model_fields.values()]


def everything() -> dict[str, str]:
    """Every setting that there is, and something that is none."""
    names = {name for group in groups() for name in group.variables()}
    return {name: name.lower() for name in names} | {"TASKFLEET_ENV_FILE": "settings", "PATH": "/usr/bin"}


class TestTheEnvironmentOfAModule:
    def test_has_its_own_settings_and_not_those_of_others(self) -> None:
        for module in MODULES:
            given = environment_of(module, everything(), URL)
            for owner, own in OWN_SETTINGS.items():
                assert given.keys() & own == (own if owner == module else set())

    def test_has_what_is_nobodys_own(self) -> None:
        own = set().union(*OWN_SETTINGS.values())
        shared = {name: value for name, value in everything().items() if name not in own}
        for module in MODULES:
            given = environment_of(module, everything(), URL)
            assert {name for name in shared if given.get(name) != shared[name]} == {
                *(ENABLED_MODULES, KEY_SET_URL, "TASKFLEET_ENV_FILE")
            }
            assert given[ENABLED_MODULES] == module

    def test_tells_where_keys_are_to_those_alone_that_have_none(self) -> None:
        assert KEY_SET_URL not in environment_of("auth", everything(), URL)
        assert environment_of("tasks", everything(), URL)[KEY_SET_URL] == URL
        assert environment_of("notifications", {}, URL)[KEY_SET_URL] == URL


class TestTheTableOfOwnSettings:
    def test_has_every_secret_that_is_not_shared(self) -> None:
        """A new secret is somebody's own, or on the list above."""
        groups = [field.annotation for field in Settings.model_fields.values()]
        files = {
            name for group in groups if group is not None for name in file_variables(group.model_fields.values())
        }
        secrets = {name.removesuffix("_FILE") for name in files}
        assert secrets > SHARED_SECRETS

        assert secrets - SHARED_SECRETS - set().union(*OWN_SETTINGS.values()) == set()

    def test_has_no_setting_twice(self) -> None:
        assert sum(map(len, OWN_SETTINGS.values())) == len(set().union(*OWN_SETTINGS.values()))
