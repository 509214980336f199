"""The environment of a process that runs one module: without the settings that are for other modules alone."""

from collections.abc import Mapping

from app.core.settings import (
    ENV_FILE_VARIABLE,
    PREFIX,
    Module,
    NotificationSettings,
    SignInSettings,
    TaskSettings,
)

ENABLED_MODULES = f"{PREFIX}ENABLED_MODULES"
KEY_SET_URL = f"{PREFIX}JWKS_URL"
PRIVATE_KEYS = frozenset({f"{PREFIX}JWT_PRIVATE_KEY_FILE", f"{PREFIX}JWT_FURTHER_KEY_FILES"})

# The settings that one module alone reads; all others are for each of them. What is secret among those is no module's
# own: the addresses of the servers that all share, and of those who are told of faults.
OWN_SETTINGS: Mapping[Module, frozenset[str]] = {
    "auth": PRIVATE_KEYS | SignInSettings.variables(),
    "tasks": TaskSettings.variables(),
    "notifications": NotificationSettings.variables(),
}


def environment_of(module: Module, variables: Mapping[str, str], key_set_url: str) -> dict[str, str]:
    """Return what of these variables a process of the module is given.

    `key_set_url` is where those that sign no tokens find what verifies them. The file of settings is not handed on,
    because it has everybody's: `variables` must have what is in it.
    """
    others = (own for owner, own in OWN_SETTINGS.items() if owner != module)
    withheld = frozenset({ENV_FILE_VARIABLE, KEY_SET_URL}).union(*others)
    given = {name: value for name, value in variables.items() if name not in withheld}
    keys = {} if module == "auth" else {KEY_SET_URL: key_set_url}
    return given | keys | {ENABLED_MODULES: module}
