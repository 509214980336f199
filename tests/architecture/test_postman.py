"""The Postman collection is that of the OpenAPI document, whole, and hides no secret."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.api.postman import make_collection
from app.api.postman_special import BY_HAND, special_operations
from tests.architecture.test_openapi import DOCUMENT, OPERATION_IDS

COLLECTION = Path(__file__).parents[2] / "docs" / "postman_collection.json"


def requests_of(collection: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for folder in collection["item"]:
        yield from folder["item"]


class TestThePostmanCollection:
    def test_is_the_one_in_the_docs(self) -> None:
        assert make_collection(DOCUMENT) == json.loads(COLLECTION.read_text(encoding="utf-8")), "run `make openapi`"

    def test_has_every_operation_once(self) -> None:
        made = list(requests_of(make_collection(DOCUMENT)))

        assert sorted(request["name"] for request in made) == sorted(
            operation["summary"] for methods in DOCUMENT["paths"].values() for operation in methods.values()
        )
        assert len(made) == len(OPERATION_IDS)

    def test_names_only_operations_that_there_are(self) -> None:
        assert special_operations() <= OPERATION_IDS

    def test_leaves_to_people_what_no_program_can_do(self) -> None:
        folders = {folder["name"]: folder["item"] for folder in make_collection(DOCUMENT)["item"]}

        assert len(folders["By hand"]) == len(BY_HAND)

    def test_takes_every_path_parameter_from_a_variable(self) -> None:
        collection = make_collection(DOCUMENT)
        variables = {variable["key"] for variable in collection["variable"]}

        for request in requests_of(collection):
            used = set(re.findall(r"\{\{(\w+)\}\}", "/".join(request["request"]["url"]["path"])))
            assert used <= variables

    def test_says_nothing_of_anybody(self) -> None:
        variables = {variable["key"]: variable["value"] for variable in make_collection(DOCUMENT)["variable"]}

        assert variables["access_token"] == variables["refresh_token"] == ""


class TestARequest:
    def test_has_the_example_of_the_description_as_its_body(self) -> None:
        made = {request["name"]: request for request in requests_of(make_collection(DOCUMENT))}

        assert json.loads(made["Add a task"]["request"]["body"]["raw"]) == {"title": "Buy milk"}
        assert json.loads(made["Move a task"]["request"]["body"]["raw"]) == {"after_id": None}

    def test_keeps_the_id_of_what_it_made(self) -> None:
        made = {request["name"]: request for request in requests_of(make_collection(DOCUMENT))}

        (script,) = [event["script"]["exec"] for event in made["Add a task"]["event"] if event["listen"] == "test"]
        assert any('set("task_id", pm.response.json().id)' in line for line in script)
