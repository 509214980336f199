"""What is asked of the contenders."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bench.load import CONNECTIONS
from bench.people import User
from bench.requests import UNIQUE, Request
from bench.seeding import NEW_TASK, TASKS_PATH
from bench.servers import EXPRESS, LIMIT, TASKFLEET

USERS = 50
TASKS_PER_USER = 100
PAGE = 50
BATCH = 100

LIST_PATH = f"{TASKS_PATH}?limit={PAGE}"
COMMON_TASKS_PATH = "/api/v1/common-tasks"
# Every task is due later than any instant that the load puts here: the same 50 tasks, under a new URL each time.
UNIQUE_LIST_PATH = f"{LIST_PATH}&due_after={UNIQUE}"

Builder = Callable[[User, str], Request]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table; `build` makes a user's request to a contender."""

    name: str
    title: str
    build: Builder
    status: int = 200
    users: int = USERS
    people: Literal["readers", "writers"] = "readers"
    connections: int = CONNECTIONS
    # Asks with the ETag of the answer before.
    is_conditional: bool = False
    # What has to be in `items` of the answer.
    items: int | None = None
    contenders: tuple[str, ...] = (LIMIT, TASKFLEET, EXPRESS)
    # Whether the chart shows the limit too, which dwarfs everything that a database has a part in.
    shows_limit: bool = False


def _list(user: User, _contender: str) -> Request:
    return Request("GET", LIST_PATH, user.token)


def _unique_list(user: User, _contender: str) -> Request:
    return Request("GET", UNIQUE_LIST_PATH, user.token)


def _single(user: User, contender: str) -> Request:
    return Request("GET", f"{TASKS_PATH}/{user.task_ids[contender]}", user.token)


def _common_tasks(user: User, _contender: str) -> Request:
    return Request("GET", COMMON_TASKS_PATH, user.token)


def _create(user: User, _contender: str) -> Request:
    return Request("POST", TASKS_PATH, user.token, NEW_TASK)


def _patch(user: User, contender: str) -> Request:
    # Another title each time: Taskfleet leaves a task alone that is what the patch makes it.
    return Request("PATCH", f"{TASKS_PATH}/{user.task_ids[contender]}", user.token, {"title": f"Report of {UNIQUE}"})


def _batch(user: User, _contender: str) -> Request:
    operations = [{"op": "create", **NEW_TASK} for _ in range(BATCH)]
    return Request("POST", f"{TASKS_PATH}/batch", user.token, {"operations": operations})


SCENARIOS = (
    Scenario("cached-list", f"cached list of {PAGE}, {USERS} users", _list, items=PAGE, shows_limit=True),
    Scenario(
        "cached-list-one-user", f"cached list of {PAGE}, one user", _list, users=1, items=PAGE, shows_limit=True
    ),
    Scenario(
        "not-modified", f"304 for the list, {USERS} users", _list, status=304, is_conditional=True, shows_limit=True
    ),
    # As long as the cached list; Express has nothing of the kind.
    Scenario(
        "common-tasks",
        f"{PAGE} common tasks, {USERS} users",
        _common_tasks,
        items=PAGE,
        contenders=(LIMIT, TASKFLEET),
    ),
    Scenario("single", "single task", _single),
    Scenario("uncached-list", f"uncached list of {PAGE}", _unique_list, items=PAGE),
    Scenario("create", "create", _create, status=201, people="writers"),
    Scenario("patch", "patch", _patch, people="writers"),
    Scenario(
        "batch",
        f"batch of {BATCH} creates",
        _batch,
        people="writers",
        # Each takes some hundred times as long as one creation: with more at once, few would end within a run.
        connections=4,
        contenders=(TASKFLEET,),
    ),
)


def find_scenario(name: str) -> Scenario:
    """Return the scenario of that name."""
    return next(scenario for scenario in SCENARIOS if scenario.name == name)
