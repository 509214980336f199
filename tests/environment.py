"""What the environment may say to the tests: which driver and shape, where the server programs are, and a cluster."""

import os

from app.core.settings import PREFIX

_DRIVER_VARIABLE = f"{PREFIX}TEST_MONGO_DRIVER"
# Without the prefix, so that programs that tests start do not take it for a setting; xdist's workers inherit it.
_DRIVER_HANDED_ON = "MONGO_DRIVER_UNDER_TEST"
# A sharded cluster and a cache server that somebody else runs, for tests/sharded.
_SHARDED_VARIABLE, _REDIS_VARIABLE = f"{PREFIX}TEST_SHARDED_URL", f"{PREFIX}TEST_REDIS_URL"
_SHARDED_HANDED_ON, _REDIS_HANDED_ON = "SHARDED_URL_UNDER_TEST", "REDIS_URL_UNDER_TEST"
_KEPT = frozenset({f"{PREFIX}MONGOD_BINARY", f"{PREFIX}CACHE_BINARY"})
_DRIVERS = ("motor", "pymongo")
# Whether clients talk to one app or to three (tests/split_apps.py).
_SHAPE_VARIABLE, _SHAPE_HANDED_ON = f"{PREFIX}TEST_SHAPE", "SHAPE_UNDER_TEST"
_SHAPES = ("whole", "split")


def isolate() -> None:
    """Take every setting of the machine out of the environment, so that each test sees the same defaults."""
    driver = os.environ.get(_DRIVER_VARIABLE) or os.environ.get(_DRIVER_HANDED_ON) or _DRIVERS[0]
    if driver not in _DRIVERS:
        raise SystemExit(f"{_DRIVER_VARIABLE} must be one of {', '.join(_DRIVERS)}")
    os.environ[_DRIVER_HANDED_ON] = driver
    shape = os.environ.get(_SHAPE_VARIABLE) or os.environ.get(_SHAPE_HANDED_ON) or _SHAPES[0]
    if shape not in _SHAPES:
        raise SystemExit(f"{_SHAPE_VARIABLE} must be one of {', '.join(_SHAPES)}")
    os.environ[_SHAPE_HANDED_ON] = shape
    for name, handed_on in ((_SHARDED_VARIABLE, _SHARDED_HANDED_ON), (_REDIS_VARIABLE, _REDIS_HANDED_ON)):
        if url := os.environ.get(name):
            os.environ[handed_on] = url
    for name in [name for name in os.environ if name.startswith(PREFIX) and name not in _KEPT]:
        del os.environ[name]


def mongo_driver() -> str:
    """Return the driver that this run of the tests uses."""
    return os.environ[_DRIVER_HANDED_ON]


def is_split() -> bool:
    """Whether clients of this run talk to auth, tasks and notifications apart."""
    return os.environ[_SHAPE_HANDED_ON] == "split"


def sharded_url() -> str | None:
    """Return where the mongos of a real sharded cluster is, if there is one."""
    return os.environ.get(_SHARDED_HANDED_ON)


def redis_url() -> str | None:
    """Return where the cache server for those tests is, if it is not the embedded one."""
    return os.environ.get(_REDIS_HANDED_ON)
