"""Which parts of a report leave the process."""

from typing import Any

import pytest

from app.core.report_cleaning import HIDDEN, clean_event, clean_text

SECRET = "Buy-a-ring"


def event_with(**fields: Any) -> dict[str, Any]:
    return {"event_id": "1", "level": "error", **fields}


class TestACleanedEvent:
    @pytest.mark.parametrize(
        "fields",
        [
            {"request": {"url": f"https://tasks.example/{SECRET}", "query_string": f"q={SECRET}"}},
            {"request": {"headers": {"Authorization": SECRET, "Cookie": SECRET}, "cookies": {"a": SECRET}}},
            {"request": {"data": {"title": SECRET}, "env": {"REMOTE_ADDR": SECRET}}},
            {"user": {"email": SECRET, "ip_address": SECRET}},
            {"extra": {"sys.argv": ["taskfleet", SECRET]}},
            {"contexts": {"trace": {"data": {"http.query": SECRET}}, "response": {"body": SECRET}}},
            {"logentry": {"message": SECRET, "params": [SECRET]}},
            {"tags": {"url": SECRET}},
            {"breadcrumbs": {"values": [{"category": "http", "data": {"url": SECRET}}]}},
            {"spans": [{"op": "http.client", "description": SECRET, "data": {"url": SECRET}}]},
            {"spans": [{"op": "db", "description": "find tasks", "data": {"db.statement": SECRET}}]},
            {"exception": {"values": [{"type": "ValueError", "value": f"no place for {SECRET}"}]}},
            {"exception": {"values": [{"type": "ValueError", "mechanism": {"data": {"title": SECRET}}}]}},
            {
                "exception": {
                    "values": [{"type": "KeyError", "stacktrace": {"frames": [{"vars": {"title": SECRET}}]}}]
                }
            },
        ],
        ids="-".join,
    )
    def test_lacks_what_may_hold_a_text(self, fields: dict[str, Any]) -> None:
        event = event_with(**fields)

        assert SECRET in repr(event)
        assert SECRET not in repr(clean_event(event))

    def test_keeps_what_tells_of_the_fault(self) -> None:
        frame = {"function": "move", "lineno": 7, "context_line": "raise ValueError(title)", "in_app": True}
        exception = {"type": "ValueError", "module": "builtins", "value": "x", "stacktrace": {"frames": [frame]}}
        event = event_with(exception={"values": [exception]}, transaction="GET /api/v1/tasks", release="taskfleet@1")

        cleaned = clean_event(event)

        assert cleaned["transaction"] == "GET /api/v1/tasks"
        assert cleaned["release"] == "taskfleet@1"
        assert cleaned["exception"]["values"][0]["type"] == "ValueError"
        assert cleaned["exception"]["values"][0]["value"] == HIDDEN
        assert cleaned["exception"]["values"][0]["stacktrace"]["frames"] == [frame]

    def test_keeps_what_a_group_is_put_together_by(self) -> None:
        mechanism = {"type": "chained", "exception_id": 1, "parent_id": 0, "source": "exceptions[0]"}
        value = {"type": "KeyError", "value": SECRET, "mechanism": {**mechanism, "data": {"title": SECRET}}}

        (cleaned,) = clean_event(event_with(exception={"values": [value]}))["exception"]["values"]

        assert cleaned["mechanism"] == mechanism

    def test_keeps_the_text_of_an_exception_that_tells_of_servers(self) -> None:
        value = {"type": "ServerSelectionTimeoutError", "value": "mongo-1:27017: connection refused"}

        (cleaned,) = clean_event(event_with(exception={"values": [value]}))["exception"]["values"]

        assert cleaned["value"] == "mongo-1:27017: connection refused"


class TestCleanedText:
    @pytest.mark.parametrize(
        ("text", "cleaned"),
        [
            ("by ann.b+c@mail.example.org, twice", "by [hidden], twice"),
            ("Authorization: Bearer abc.def", "Authorization: [hidden]"),
            ("the token eyJhbGciOiJFUzI1NiJ9.eyJzdWIi.c2ln is old", "the token [hidden] is old"),
            ("tf_0Zx8cVb4nM2l", "[hidden]"),
            ("redis://user:password@cache:6379/0", "redis://[hidden]@cache:6379/0"),
            ("GET /calendar/AZjHom8A.ics", "GET /calendar/hidden"),
            ("mongo-1:27017: timed out", "mongo-1:27017: timed out"),
        ],
    )
    def test_lacks_what_looks_like_a_secret(self, text: str, cleaned: str) -> None:
        assert clean_text(text) == cleaned
