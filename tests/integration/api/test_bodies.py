"""Strictness: every body that is malformed, too large or of the wrong kind is refused with a 4xx problem, at once."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.integration.api.conftest import JSON, Endpoint
from tests.integration.api.problem_shape import assert_problem

MEBIBYTE = 1_048_576
# The longest that a refusal may keep the processor from everybody else; a healthy one takes some 10 ms.
PATIENCE_SECONDS = 2.0

MALFORMED: dict[str, bytes] = {
    "half an object": b'{"title": "Buy',
    "no JSON": b"title=Buy milk",
    "single quotes": b"{'title': 'Buy milk'}",
    "trailing comma": b'{"title": "Buy milk",}',
    "two documents": b'{"title": "Buy milk"} {}',
    "comment": b'{"title": "Buy milk"} // bread too',
    "blank": b" \n",
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"title": Infinity}',
    "minus Infinity": b'{"title": -Infinity}',
    "leading zero": b'{"priority": 01}',
    "number of 5,000 digits": b'{"priority": ' + b"9" * 5_000 + b"}",
    "number of a million digits": b'{"priority": ' + b"9" * 1_000_000 + b"}",
    "lone surrogate in a value": b'{"title": "\\ud800"}',
    "lone surrogate in a key": b'{"\\udfff": 1}',
    "surrogates in the wrong order": b'{"title": "\\udc00\\ud800"}',
    "surrogate in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "Latin-1": b'{"title": "caf\xe9"}',
    "overlong UTF-8": b'{"title": "\xc0\xaf"}',
    "UTF-16": '{"title": "Buy milk"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "raw line break in a string": b'{"title": "Buy\nmilk"}',
    "raw NUL in a string": b'{"title": "Buy\x00milk"}',
    "raw NUL": b"\x00",
    "bad escape": b'{"title": "\\x41"}',
    "arrays 33 deep": b"[" * 33 + b"]" * 33,
    "objects 33 deep": b'{"a":' * 33 + b"1" + b"}" * 33,
    "arrays 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "arrays 100,000 deep and never closed": b"[" * 100_000,
    "objects 100,000 deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "half a million escaped quotes": b"[" * 33 + b'"' + b'\\"' * 500_000,
    "half a million quotes": b"[" * 33 + b'"' * 900_000,
    "brackets hidden behind a string": b'["' + b"[" * 50 + b'",' + b"[" * 40,
}

NO_OBJECT: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "true": b"true",
    "number": b"42",
    "text": b'"title"',
    "array": b"[]",
    "array of objects": b'[{"title": "Buy milk"}]',
    "array of 200,000 numbers": b"[" + b"0," * 199_999 + b"0]",
    "array 32 deep": b"[" * 32 + b"]" * 32,
}

WRONG_MEMBERS: dict[str, dict[str, Any]] = {
    "unknown member": {"colour_of_the_sky": "blue"},
    "prototype": {"__proto__": {"admin": True}},
    "operator": {"$set": {"role": "admin"}},
    "member with a dot": {"due.date": "2026-12-01"},
    "empty name": {"": 1},
    "owner": {"user_id": "0198c7a2-6f00-7000-8000-000000000000"},
    "revision": {"revision": 7},
    "member with NUL": {"title\x00": "x"},
    "10,000 members": {f"member{number}": number for number in range(10_000)},
}


async def refuse(
    client: httpx.AsyncClient, endpoint: Endpoint, content: Any, *statuses: int, **headers: str
) -> dict[str, Any]:
    """Send a body and check that it is refused soon."""
    started = time.process_time()
    answer = await client.request(endpoint.method, endpoint.path, content=content, headers=headers or JSON)
    assert time.process_time() - started < PATIENCE_SECONDS
    return assert_problem(answer, *statuses)


class TestABodyThatIsNoJson:
    @pytest.mark.parametrize("name", MALFORMED)
    async def test_is_refused_with_400(
        self, name: str, ann: httpx.AsyncClient, endpoints: list[Endpoint], public_endpoints: list[Endpoint]
    ) -> None:
        for endpoint in [*endpoints, *public_endpoints]:
            problem = await refuse(ann, endpoint, MALFORMED[name], 400)
            assert problem["type"] == "/problems/malformed-body"

        assert (await ann.get("/api/v1/me")).json()["revision"] == 2  # what the fixtures did


class TestABodyThatIsNoObject:
    @pytest.mark.parametrize("name", NO_OBJECT)
    async def test_is_refused_with_422(self, name: str, ann: httpx.AsyncClient, endpoints: list[Endpoint]) -> None:
        for endpoint in endpoints:
            await refuse(ann, endpoint, NO_OBJECT[name], 422)

    @pytest.mark.parametrize("name", [name for name in NO_OBJECT if name not in {"nothing", "null"}])
    async def test_is_refused_where_the_body_may_be_left_out(
        self, name: str, client: httpx.AsyncClient, public_endpoints: list[Endpoint]
    ) -> None:
        for endpoint in public_endpoints:
            await refuse(client, endpoint, NO_OBJECT[name], 422)


class TestABodyWithWrongMembers:
    @pytest.mark.parametrize("name", WRONG_MEMBERS)
    async def test_is_refused_with_422(
        self, name: str, ann: httpx.AsyncClient, endpoints: list[Endpoint], public_endpoints: list[Endpoint]
    ) -> None:
        for endpoint in [*endpoints, *public_endpoints]:
            await refuse(ann, endpoint, json.dumps(endpoint.body | WRONG_MEMBERS[name]).encode(), 422)

    @pytest.mark.parametrize("value", [1, 1.5, True, [], {}, "x\x00y"], ids=repr)
    async def test_is_refused_when_text_is_something_else(
        self, value: object, ann: httpx.AsyncClient, endpoints: list[Endpoint], public_endpoints: list[Endpoint]
    ) -> None:
        for endpoint in [*endpoints, *public_endpoints]:
            for name, usual in endpoint.body.items():
                if isinstance(usual, str):
                    body = endpoint.body | {name: value}
                    problem = await refuse(ann, endpoint, json.dumps(body).encode(), 422)
                    assert problem["errors"][0]["pointer"] == f"/{name}"

    @pytest.mark.parametrize("value", ["2", 2.0, 2.5, True, None, [], 10**30, -1, 5], ids=repr)
    async def test_is_refused_when_a_whole_number_is_something_else(
        self, value: object, ann: httpx.AsyncClient
    ) -> None:
        body = json.dumps({"title": "Buy milk", "priority": value}).encode()

        problem = await refuse(ann, Endpoint("POST", "/api/v1/tasks", {}), body, 422)

        assert problem["errors"][0]["pointer"] == "/priority"

    async def test_is_told_where_each_fault_lies(self, ann: httpx.AsyncClient) -> None:
        body = {"title": "", "due": {"date": "tomorrow", "a/b~c": 1}, "labels": ["home", 7]}

        problem = await refuse(ann, Endpoint("POST", "/api/v1/tasks", {}), json.dumps(body).encode(), 422)

        pointers = {error["pointer"] for error in problem["errors"]}
        assert pointers == {"/title", "/due/date", "/due/a~1b~0c", "/labels/1"}

    @pytest.mark.parametrize(
        "body",
        [
            {"title": "Buy milk", "labels": [7] * 200_000},
            {"title": "Buy milk"} | WRONG_MEMBERS["10,000 members"],
            {"title": "Buy milk", "x" * 500_000: 1},
            {"title": "x" * 900_000},
            {"title": "Buy milk", "list_id": "x" * 900_000},
        ],
        ids=["labels", "members", "long member", "long title", "long id"],
    )
    async def test_is_refused_without_being_repeated(self, body: dict[str, Any], ann: httpx.AsyncClient) -> None:
        problem = await refuse(ann, Endpoint("POST", "/api/v1/tasks", {}), json.dumps(body).encode(), 422)

        assert len(json.dumps(problem)) < 20_000


class TestABodyAtTheLimits:
    async def test_is_taken_when_it_is_32_deep(self, ann: httpx.AsyncClient) -> None:
        nested: Any = 1
        for _ in range(31):
            nested = {"a": nested}

        assert (await ann.patch("/api/v1/me", json={"settings": nested})).status_code == 200

    async def test_is_refused_when_it_is_33_deep(self, ann: httpx.AsyncClient) -> None:
        nested: Any = 1
        for _ in range(32):
            nested = [nested]

        assert_problem(await ann.patch("/api/v1/me", json={"settings": nested}), 400)

    async def test_may_hold_brackets_in_its_texts(self, ann: httpx.AsyncClient) -> None:
        title = '[{"\\' * 60

        assert (await ann.post("/api/v1/tasks", json={"title": title})).json()["title"] == title

    async def test_may_hold_every_character_but_nul(self, ann: httpx.AsyncClient) -> None:
        notes = "".join(map(chr, [*range(1, 32), 0x7F, 0x85, 0xA0, 0x2028, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF]))

        task = (await ann.post("/api/v1/tasks", json={"title": "x", "notes": notes})).json()

        assert task["notes"] == notes
        assert (await ann.get(f"/api/v1/tasks/{task['id']}")).json() == task

    async def test_takes_the_last_of_members_with_one_name(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.post("/api/v1/tasks", content=b'{"title": "first", "title": "last"}', headers=JSON)

        assert answer.json()["title"] == "last"


class TestABodyOfAnotherType:
    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "",
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
            "application/json-patch+json",
            "application/jsonp",
            "json",
            ";",
            "application/json, text/plain",
        ],
    )
    async def test_is_refused_with_415(
        self,
        content_type: str | None,
        ann: httpx.AsyncClient,
        endpoints: list[Endpoint],
        public_endpoints: list[Endpoint],
    ) -> None:
        headers = {} if content_type is None else {"Content-Type": content_type}
        for endpoint in [*endpoints, *public_endpoints]:
            content = json.dumps(endpoint.body).encode()
            answer = await ann.request(endpoint.method, endpoint.path, content=content, headers=headers)
            assert_problem(answer, 415)

    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"],
    )
    async def test_is_taken_when_it_is_json_by_another_name(
        self, content_type: str, ann: httpx.AsyncClient, task_path: str
    ) -> None:
        answer = await ann.patch(task_path, content=b'{"title": "x"}', headers={"Content-Type": content_type})

        assert answer.status_code == 200

    async def test_does_not_matter_when_it_is_empty(self, ann: httpx.AsyncClient, task_path: str) -> None:
        answer = await ann.post(f"{task_path}/complete", headers={"Content-Type": "text/plain"})

        assert answer.status_code == 200


async def in_chunks(size: int) -> AsyncIterator[bytes]:
    """So many bytes of JSON, whose number nobody tells in advance."""
    yield b'{"title": "'
    sent = len(b'{"title": ""}')
    while sent < size:
        part = min(65_536, size - sent)
        yield b"x" * part
        sent += part
    yield b'"}'


class TestABodyThatIsTooLong:
    @pytest.mark.parametrize("is_announced", [True, False])
    async def test_is_refused_with_413(
        self,
        is_announced: bool,
        ann: httpx.AsyncClient,
        endpoints: list[Endpoint],
        public_endpoints: list[Endpoint],
    ) -> None:
        for endpoint in [*endpoints, *public_endpoints]:
            size = MEBIBYTE + 1
            content = b"".join([part async for part in in_chunks(size)]) if is_announced else in_chunks(size)
            problem = await refuse(ann, endpoint, content, 413)
            assert problem["type"] == "/problems/payload-too-large"

    @pytest.mark.parametrize("is_announced", [True, False])
    async def test_is_read_up_to_one_mebibyte(self, is_announced: bool, ann: httpx.AsyncClient) -> None:
        content = b"".join([part async for part in in_chunks(MEBIBYTE)]) if is_announced else in_chunks(MEBIBYTE)

        await refuse(ann, Endpoint("POST", "/api/v1/tasks", {}), content, 422)

    @pytest.mark.parametrize("length", ["1048577", "9" * 19, "9" * 5_000])
    async def test_is_refused_before_it_is_sent(self, length: str, ann: httpx.AsyncClient) -> None:
        headers = {**JSON, "Content-Length": length}

        assert_problem(await ann.post("/api/v1/tasks", content=b"{}", headers=headers), 413)

    async def test_is_refused_without_being_read_to_its_end(self, ann: httpx.AsyncClient) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 65_536
                yield b" " * 65_536

        assert_problem(await ann.post("/api/v1/tasks", content=endless(), headers=JSON), 413)
        assert sent <= MEBIBYTE + 2 * 65_536
