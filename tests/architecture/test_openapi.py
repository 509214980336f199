"""The OpenAPI document is complete, and it changes only on purpose."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.core.settings import MODULES
from app.main import create_app
from tests.architecture.test_routes import PUBLIC, make_settings

SNAPSHOT = Path(__file__).parents[2] / "docs" / "openapi.json"

DOCUMENT: dict[str, Any] = json.loads(json.dumps(create_app(make_settings("local", frozenset(MODULES))).openapi()))

# What clients generated code from; a name that vanished or changed breaks them.
OPERATION_IDS = {
    "addCommonTask",
    "batchTasks",
    "beginLogin",
    "completeTask",
    "createCommonTask",
    "createList",
    "createTask",
    "deleteCommonTask",
    "deleteList",
    "deleteTask",
    "devLogin",
    "endSession",
    "endSessionsOfUser",
    "eraseAccount",
    "exportAccount",
    "finishLogin",
    "getAdminStats",
    "getCalendarFeed",
    "getCommonTask",
    "getImport",
    "getList",
    "getLiveness",
    "getMetrics",
    "getNotificationSettings",
    "getProfile",
    "getPublicKeys",
    "getReadiness",
    "getTask",
    "getTaskStats",
    "getUser",
    "importFile",
    "listAudit",
    "listCommonTasks",
    "listLabels",
    "listLists",
    "listNotifications",
    "listOccurrences",
    "listOutbox",
    "listProviders",
    "listSessions",
    "listTasks",
    "listTokens",
    "listUsers",
    "logOut",
    "logOutEverywhere",
    "makeToken",
    "moveTask",
    "quickAddTask",
    "readCalendar",
    "readNotifications",
    "refreshSession",
    "renewCalendarFeed",
    "reopenTask",
    "restoreTask",
    "retryOutboxEntry",
    "revokeCalendarFeed",
    "revokeToken",
    "streamEvents",
    "sync",
    "updateCommonTask",
    "updateList",
    "updateNotificationSettings",
    "updateProfile",
    "updateTask",
    "updateUser",
}

# What succeeds in more than one way, and why.
SEVERAL_SUCCESSES = {
    "POST /api/v1/tasks/quick": {"200", "201"},  # a preview, or a task
    "POST /api/v1/me/import": {"200", "202"},  # done, or begun
}


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


OPERATIONS = dict(operations())
SECURED = {name: operation for name, operation in OPERATIONS.items() if name not in PUBLIC}
WITH_BODY = {name: operation for name, operation in OPERATIONS.items() if "requestBody" in operation}

IMPORT = "POST /api/v1/me/import"
FILES = Path(__file__).parents[1] / "integration" / "portability" / "fixtures"


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return schema if reference is None else DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]


def has_example(schema: dict[str, Any]) -> bool:
    """Whether a schema or each of its required members shows what a value looks like."""
    schema = resolve(schema)
    if "examples" in schema or "example" in schema or "const" in schema or "enum" in schema or "default" in schema:
        return True
    if "properties" in schema:
        names = schema.get("required") or schema["properties"]
        return all(has_example(schema["properties"][name]) for name in names)
    if "items" in schema:
        return has_example(schema["items"])
    return any(has_example(part) for part in schema.get("anyOf", schema.get("oneOf", ())))


def body_of(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = WITH_BODY[name]["requestBody"]["content"]["application/json"]["schema"]
    return schema


def defaults_in(schema: dict[str, Any]) -> Iterator[str]:
    """The members of a schema, and of those that it refers to, which have a default other than null."""
    schema = resolve(schema)
    for name, member in schema.get("properties", {}).items():
        if member.get("default") is not None:
            yield name
        yield from defaults_in(member)
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from defaults_in(part)
    yield from defaults_in(schema["items"]) if "items" in schema else ()


class TestEveryOperation:
    @pytest.mark.parametrize("name", OPERATIONS)
    def test_explains_itself(self, name: str) -> None:
        operation = OPERATIONS[name]

        assert operation["summary"]
        assert len(operation["summary"]) <= 60
        assert not operation["summary"].endswith(".")
        assert operation["description"]
        assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
        assert len(operation["tags"]) == 1

    def test_has_a_name_of_its_own_that_stays(self) -> None:
        names = [operation["operationId"] for operation in OPERATIONS.values()]

        assert len(names) == len(set(names))
        assert set(names) == OPERATION_IDS
        assert all(re.fullmatch(r"[a-z][A-Za-z]+", name) for name in names)

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_documents_what_succeeds(self, name: str) -> None:
        successes = {status for status in OPERATIONS[name]["responses"] if status < "400" and status != "304"}

        assert len(successes) == 1 or successes == SEVERAL_SUCCESSES.get(name)
        assert all(OPERATIONS[name]["responses"][status]["description"] for status in successes)

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_describes_every_error_as_a_problem(self, name: str) -> None:
        for status, answer in OPERATIONS[name]["responses"].items():
            if status >= "400":
                assert answer["content"].keys() == {"application/problem+json"}, status
                assert resolve(answer["content"]["application/problem+json"]["schema"])["required"]

    @pytest.mark.parametrize("name", SECURED)
    def test_says_how_to_sign_in_and_what_happens_without(self, name: str) -> None:
        assert {"bearer"} in [scheme.keys() for scheme in SECURED[name]["security"]]
        assert SECURED[name]["responses"].keys() >= {"401", "503"}

    @pytest.mark.parametrize("name", WITH_BODY)
    def test_shows_an_example_of_its_body(self, name: str) -> None:
        content = WITH_BODY[name]["requestBody"]["content"]["application/json"]

        assert "examples" in content or "example" in content or has_example(content["schema"])
        assert WITH_BODY[name]["responses"].keys() >= {"400", "413", "415", "422", "503"}

    @pytest.mark.parametrize("name", [name for name, operation in OPERATIONS.items() if operation.get("parameters")])
    def test_documents_the_refusal_of_bad_parameters(self, name: str) -> None:
        assert "422" in OPERATIONS[name]["responses"]

    @pytest.mark.parametrize("name", [name for name in SECURED if name.startswith(("PATCH", "DELETE", "POST"))])
    def test_that_changes_something_documents_refused_forgeries(self, name: str) -> None:
        assert "403" in SECURED[name]["responses"]

    @pytest.mark.parametrize("name", [name for name in OPERATIONS if re.search(r"\{\w+_id\}", name)])
    def test_on_one_thing_documents_that_it_may_be_missing(self, name: str) -> None:
        assert "404" in OPERATIONS[name]["responses"]


class TestTheSchemaOfAProblem:
    def test_has_the_members_that_the_contract_promises(self) -> None:
        problem = DOCUMENT["components"]["schemas"]["Problem"]

        assert set(problem["required"]) == {"type", "title", "status", "detail", "instance", "request_id"}
        assert "errors" in problem["properties"]


class TestTheSchemasOfRequests:
    @pytest.mark.parametrize("name", [name for name in WITH_BODY if name != IMPORT])
    def test_refuse_unknown_members(self, name: str) -> None:
        schema = WITH_BODY[name]["requestBody"]["content"]["application/json"]["schema"]
        alternatives = [part for part in schema.get("anyOf", [schema]) if part != {"type": "null"}]

        assert all(resolve(part).get("additionalProperties") is False for part in alternatives)


def fits(schema: dict[str, Any], value: object) -> bool:
    """Tell whether a value is what a schema of an imported file describes, by the words that are used there."""
    if schema["type"] == "array":
        return isinstance(value, list) and all(fits(schema["items"], item) for item in value)
    return (
        isinstance(value, dict)
        and value.keys() >= {*schema.get("required", [])}
        and (schema.get("additionalProperties", True) or value.keys() <= schema["properties"].keys())
        and all(
            value[name] == part["const"] for name, part in schema.get("properties", {}).items() if "const" in part
        )
        and all(fits(part, value[name]) for name, part in schema.get("properties", {}).items() if "type" in part)
    )


class TestTheSchemaOfAnImport:
    SCHEMAS: ClassVar = {part["title"]: part for part in body_of(IMPORT)["anyOf"]}

    @pytest.mark.parametrize(
        ("name", "title"),
        [
            ("taskfleet-1", "TaskfleetFile"),
            ("google-tasks", "GoogleTasksFile"),
            ("microsoft-todo", "MicrosoftTodoFile"),
            ("vikunja", "VikunjaFile"),
        ],
    )
    def test_is_that_of_the_file_of_each_format(self, name: str, title: str) -> None:
        file = json.loads((FILES / f"{name}.json").read_text())

        assert [known for known, schema in self.SCHEMAS.items() if fits(schema, file)] == [title]

    def test_refuses_unknown_members_of_our_own_file(self) -> None:
        file = json.loads((FILES / "taskfleet-1.json").read_text())

        assert not fits(self.SCHEMAS["TaskfleetFile"], {**file, "other": 1})


class TestTheSchemasOfPatches:
    @pytest.mark.parametrize("name", [name for name in WITH_BODY if name.startswith("PATCH")])
    def test_have_no_defaults(self, name: str) -> None:
        """What is absent stays as it is (RFC 7396), which a client that fills defaults in would not know."""
        assert list(defaults_in(body_of(name))) == []


class TestTheSearchForDefaults:
    def test_finds_those_of_a_draft_and_those_behind_references(self) -> None:
        draft = body_of("POST /api/v1/tasks")

        assert {*defaults_in(draft)} >= {"notes", "status", "priority"}
        assert {*defaults_in({"properties": {"task": {"anyOf": [draft, {"type": "null"}]}}})} == {*defaults_in(draft)}
        assert list(defaults_in({"properties": {"note": {"default": None}}})) == []  # what null means is the patch's


class TestTheDocument:
    def test_is_the_one_in_the_repository(self) -> None:
        kept = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.exists() else None

        assert kept == DOCUMENT, "the API has changed: look at the difference, then run `make openapi` and commit it"

    def test_is_of_version_3_1(self) -> None:
        assert DOCUMENT["openapi"].startswith("3.1.")

    def test_refers_to_nothing_that_is_missing(self) -> None:
        references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))

        assert references <= DOCUMENT["components"]["schemas"].keys()
