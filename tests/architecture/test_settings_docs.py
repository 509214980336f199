"""`docs/settings.md` names every setting with its default."""

from typing import Any, cast

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from app.core.settings import Settings, SettingsGroup
from tests.architecture.documents import read_document, table_rows

NO_DEFAULT = "(none)"


def settings_of_the_code() -> dict[str, str]:
    groups = [cast("type[SettingsGroup]", field.annotation) for field in Settings.model_fields.values()]
    defaults = {
        str(field.validation_alias): describe_default(field.default)
        for group in groups
        for field in group.model_fields.values()
    }
    return {name: defaults.get(name, NO_DEFAULT) for group in groups for name in group.variables()}


def describe_default(value: Any) -> str:
    """Return a default as the document writes it: as one would write it into the environment."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, frozenset | tuple):
        value = ",".join(sorted(value))
    return NO_DEFAULT if value in {None, "", PydanticUndefined} else f"`{value}`"


class TestTheListOfSettings:
    rows = tuple(table_rows(read_document("docs/settings.md")))

    def test_names_every_setting_with_its_default_and_no_other(self) -> None:
        documented = {name.strip("`"): default for name, default, _ in self.rows}

        assert documented == settings_of_the_code()

    def test_says_what_each_one_means_and_names_none_twice(self) -> None:
        names = [name for name, _, meaning in self.rows if meaning]

        assert len(names) == len(set(names)) == len(self.rows)
