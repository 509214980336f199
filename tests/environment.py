"""What the machine's environment may say to the tests: which driver, and where the server programs are."""

import os

from app.core.settings import PREFIX

_DRIVER_VARIABLE = f"{PREFIX}TEST_MONGO_DRIVER"
# Without the prefix, so that programs that tests start do not take it for a setting; xdist's workers inherit it.
_DRIVER_HANDED_ON = "MONGO_DRIVER_UNDER_TEST"
_KEPT = frozenset({f"{PREFIX}MONGOD_BINARY", f"{PREFIX}CACHE_BINARY"})
_DRIVERS = ("motor", "pymongo")


def isolate() -> None:
    """Take every setting of the machine out of the environment, so that each test sees the same defaults."""
    driver = os.environ.get(_DRIVER_VARIABLE) or os.environ.get(_DRIVER_HANDED_ON) or _DRIVERS[0]
    if driver not in _DRIVERS:
        raise SystemExit(f"{_DRIVER_VARIABLE} must be one of {', '.join(_DRIVERS)}")
    os.environ[_DRIVER_HANDED_ON] = driver
    for name in [name for name in os.environ if name.startswith(PREFIX) and name not in _KEPT]:
        del os.environ[name]


def mongo_driver() -> str:
    """Return the driver that this run of the tests uses."""
    return os.environ[_DRIVER_HANDED_ON]
