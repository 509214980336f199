"""What API Gateway imports: valid OpenAPI 3.0, every route of the API on its way, and nothing that it cannot do."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.api.aws_gateway import (
    INTERNAL_PATHS,
    LONG_OPERATIONS,
    LONGEST_MILLISECONDS,
    NO_PATH,
    TIMEOUT_MILLISECONDS,
    LoadBalancer,
    make_gateway_document,
)
from tests.architecture.test_openapi import DOCUMENT
from tests.deploy.programs import NODE_CHECKS, require_node_check

LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/api/1/2"
ANY = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"

# Developer guide, "Quotas for configuring and running an HTTP API in API Gateway".
MOST_ROUTES = 300
LONGEST_TIMEOUT = 30_000
# Words of OpenAPI 3.1 that 3.0 does not have, or that an HTTP API does not read and remarks upon.
UNREAD = frozenset({"$defs", "anyOf", "const", "content", "examples", "headers", "nullable", "oneOf", "requestBody"})


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return make_gateway_document(DOCUMENT, LoadBalancer("vpc-1", LISTENER, "api.internal"))


def validate(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the schema of OpenAPI says of a document."""
    finished = subprocess.run(
        [require_node_check("@seriousme/openapi-schema-validator"), NODE_CHECKS / "openapi.js"],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    verdict: dict[str, Any] = json.loads(finished.stdout)
    return verdict


def routes_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of each route; parameters have no names, as routes are told apart without."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, re.sub(r"\{\w+\}[^/]*", "{}", path), operation


def words_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part
        for each in part.values():
            yield from words_in(each)
    elif isinstance(part, list):
        for each in part:
            yield from words_in(each)


def missing_routes(document: dict[str, Any]) -> set[tuple[str, str]]:
    """The routes of the API that lead nowhere."""
    integrations = document["components"]["x-amazon-apigateway-integrations"]
    led = {
        (method, path)
        for method, path, operation in routes_of(document)
        if operation[INTEGRATION]["$ref"].rpartition("/")[2] in integrations
    }
    wanted = {
        (method, path) for method, path, operation in routes_of(DOCUMENT) if operation["tags"] != ["operations"]
    }
    return wanted - led


class TestTheDocument:
    def test_is_valid_openapi_3_0(self, made: dict[str, Any]) -> None:
        assert validate(made) == {"valid": True, "version": "3.0", "errors": []}

    def test_has_every_route_of_the_api(self, made: dict[str, Any]) -> None:
        assert missing_routes(made) == set()

    def test_has_only_what_is_read(self, made: dict[str, Any]) -> None:
        assert UNREAD & set(words_in(made["paths"])) == set()
        assert UNREAD & set(words_in(DOCUMENT)) != set()

    def test_has_parameters_that_are_whole_parts_of_paths(self, made: dict[str, Any]) -> None:
        for path, item in made["paths"].items():
            assert re.fullmatch(r"(/[\w.$-]+|/\{\w+\})+", path), path
            for operation in item.values():
                named = [parameter["name"] for parameter in operation.get("parameters", ())]
                assert named == re.findall(r"\{(\w+)\}", path)

    def test_has_each_route_once_and_not_too_many(self, made: dict[str, Any]) -> None:
        routes = [(method, path) for method, path, _ in routes_of(made)]

        assert len(routes) == len(set(routes)) <= MOST_ROUTES

    def test_leaves_what_has_no_route_to_the_service(self, made: dict[str, Any]) -> None:
        route = made["paths"]["/$default"][ANY]

        assert route["isDefaultRoute"] is True
        assert route[INTEGRATION]["$ref"].endswith("/service")


class TestTheWayToTheLoadBalancer:
    def test_is_private_and_verified(self, made: dict[str, Any]) -> None:
        for integration in made["components"]["x-amazon-apigateway-integrations"].values():
            assert integration["type"] == "http_proxy"
            assert integration["payloadFormatVersion"] == "1.0"  # the only one of http_proxy
            assert (integration["connectionType"], integration["connectionId"]) == ("VPC_LINK", "vpc-1")
            assert integration["uri"] == LISTENER
            assert integration["tlsConfig"] == {"serverNameToVerify": "api.internal"}

    def test_is_plain_where_the_listener_has_no_certificate(self) -> None:
        made = make_gateway_document(DOCUMENT, LoadBalancer("vpc-1", LISTENER))

        assert "tlsConfig" not in set(words_in(made))

    def test_waits_longer_than_the_service_takes(self) -> None:
        # The service itself gives up after 10 s at most (docs/settings.md).
        assert 10_000 < TIMEOUT_MILLISECONDS < LONGEST_MILLISECONDS <= LONGEST_TIMEOUT

    def test_waits_longest_for_what_takes_long(self, made: dict[str, Any]) -> None:
        long = {
            operation["operationId"]
            for _, _, operation in routes_of(made)
            if operation[INTEGRATION]["$ref"].endswith("/long")
        }

        assert long == LONG_OPERATIONS


class TestThePathsOfOrchestrators:
    def test_are_those_of_the_api(self) -> None:
        internal = {
            path
            for path, item in DOCUMENT["paths"].items()
            if [operation["tags"] for operation in item.values()] == [["operations"]]
        }

        assert internal == INTERNAL_PATHS

    def test_lead_to_a_path_that_is_none(self, made: dict[str, Any]) -> None:
        for path in INTERNAL_PATHS:
            assert made["paths"][path].keys() == {ANY}
            assert made["paths"][path][ANY][INTEGRATION]["$ref"].endswith("/refused")
        refused = made["components"]["x-amazon-apigateway-integrations"]["refused"]
        assert refused["requestParameters"] == {"overwrite:path": NO_PATH}

    async def test_get_the_answer_of_unknown_paths_there(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(NO_PATH)

        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


class TestADocumentThatIsWrong:
    def test_is_found_by_the_schema(self, made: dict[str, Any]) -> None:
        path = {"get": {**made["paths"]["/api/v1/tasks"]["get"]}}
        path["get"].pop("responses")

        assert validate({**made, "paths": {"/api/v1/tasks": path}})["valid"] is False

    def test_is_found_where_a_route_is_missing(self, made: dict[str, Any]) -> None:
        paths = {path: item for path, item in made["paths"].items() if path != "/api/v1/sync"}

        assert missing_routes({**made, "paths": paths}) == {("get", "/api/v1/sync")}
        assert missing_routes({**made, "components": {"x-amazon-apigateway-integrations": {}}})
