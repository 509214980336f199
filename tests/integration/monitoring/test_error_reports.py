"""What Sentry's SDK really sends of faults and requests, and what never leaves the process."""

import time

import pytest

from app import __version__
from tests.integration.local_stack.processes import wait_until
from tests.integration.monitoring.conftest import RunService
from tests.integration.monitoring.receiver import frozen, receiving
from tests.integration.monitoring.watched_service import WITHOUT_CLEANING

TITLE = "Buy-a-ring-for-Zoe"
EMAIL = "zoe.secret@example.org"
TOKEN = "tf_0Zx8cVb4nM2lKjHgFdSa"
HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "X-Email": EMAIL,
    "X-Request-ID": "one",
    "Cookie": f"a={TOKEN}",
}
SECRETS = (TITLE, EMAIL, TOKEN)


class TestAFaultInARequest:
    def test_is_reported_with_its_place_and_without_what_it_knew(self, run_service: RunService) -> None:
        with (
            receiving() as receiver,
            run_service(
                TASKFLEET_SENTRY_DSN=receiver.dsn, TASKFLEET_ENVIRONMENT="staging", TASKFLEET_REVISION="0a1b2c"
            ) as service,
        ):
            answer = service.client.get(f"/fault/{TITLE}", params={"email": EMAIL}, headers=HEADERS)
            wait_until(lambda: bool(receiver.events("event")), "a report arrives")
            service.end()

            (report,) = receiver.events("event")
            sent = b"".join(receiver.bodies).decode()

        assert answer.status_code == 500
        assert report["transaction"] == "GET /fault/{title}"
        assert report["release"] == f"taskfleet@{__version__}+0a1b2c"
        assert report["environment"] == "staging"
        assert report["tags"]["request_id"] == "one"
        (exception,) = report["exception"]["values"]
        assert exception["type"] == "ValueError"
        assert exception["stacktrace"]["frames"][-1]["function"] == "fail"
        assert "raise ValueError(" in exception["stacktrace"]["frames"][-1]["context_line"]
        assert [secret for secret in SECRETS if secret in sent] == []

    def test_would_tell_everything_if_it_were_not_cleaned(self, run_service: RunService) -> None:
        """The control: these secrets are in reports, and the receiver would see them."""
        with (
            receiving() as receiver,
            run_service(TASKFLEET_SENTRY_DSN=receiver.dsn, **{WITHOUT_CLEANING: "yes"}) as service,
        ):
            service.client.get(f"/fault/{TITLE}", params={"email": EMAIL}, headers=HEADERS)
            wait_until(lambda: bool(receiver.events("event")), "a report arrives")

            sent = b"".join(receiver.bodies).decode()

        assert [secret for secret in SECRETS if secret in sent] == list(SECRETS)

    def test_is_not_reported_without_a_project(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service() as service:
            assert service.client.get(f"/fault/{TITLE}", headers=HEADERS).status_code == 500
            service.end()

            assert receiver.bodies == []

    def test_keeps_the_text_of_errors_that_tell_of_servers_without_passwords(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(TASKFLEET_SENTRY_DSN=receiver.dsn) as service:
            service.client.get("/lost")
            wait_until(lambda: bool(receiver.events("event")), "a report arrives")

            (exception,) = receiver.events("event")[0]["exception"]["values"]

        assert exception["value"] == "mongodb://[hidden]@mongo-1:27017 asked by [hidden]: refused"


class TestAFaultThatIsLogged:
    def test_is_reported_by_the_name_of_its_event(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(TASKFLEET_SENTRY_DSN=receiver.dsn) as service:
            answer = service.client.get(f"/logged/{TITLE}", headers=HEADERS)
            wait_until(lambda: bool(receiver.events("event")), "a report arrives")
            service.end()

            (report,) = receiver.events("event")
            sent = b"".join(receiver.bodies).decode()

        assert answer.status_code == 200
        assert report["exception"]["values"][0]["type"] == "RuntimeError"
        assert (report["tags"]["event"], report["tags"]["logger"]) == ("keeping_failed", "app.watched")
        assert report["tags"]["request_id"] == "one"
        assert [secret for secret in SECRETS if secret in sent] == []


class TestTheCourseOfARequest:
    def test_tells_route_status_and_commands_alone(self, run_service: RunService) -> None:
        with (
            receiving() as receiver,
            run_service(TASKFLEET_SENTRY_DSN=receiver.dsn, TASKFLEET_SENTRY_TRACES_SAMPLE_RATE="1") as service,
        ):
            me = service.sign_in(EMAIL)
            service.client.post("/api/v1/tasks", json={"title": TITLE}, headers=me).raise_for_status()
            service.client.get("/api/v1/tasks", params={"q": TITLE}, headers=me).raise_for_status()
            service.end()

            courses = {course["transaction"]: course for course in receiver.events("transaction")}
            sent = b"".join(receiver.bodies).decode()

        course = courses["POST /api/v1/tasks"]
        assert course["contexts"]["trace"]["status"] == "ok"
        descriptions = [span["description"] for span in course["spans"]]
        assert {"insert tasks", "commitTransaction"} <= set(descriptions)
        assert all(span["op"] == "db" for span in course["spans"])
        assert courses.keys() == {"POST /api/v1/auth/dev/login", "POST /api/v1/tasks", "GET /api/v1/tasks"}
        secrets = (TITLE, EMAIL, me["Authorization"].removeprefix("Bearer "))
        assert [secret for secret in secrets if secret in sent] == []

    def test_is_not_told_by_default(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(TASKFLEET_SENTRY_DSN=receiver.dsn) as service:
            service.sign_in()
            service.client.get("/lost")
            wait_until(lambda: bool(receiver.events("event")), "a report arrives")
            service.end()

            assert receiver.events("transaction") == []


class TestAReceiverThatIsNotThere:
    @pytest.mark.parametrize("kind", ["away", "frozen"])
    def test_keeps_nobody_waiting(self, kind: str, run_service: RunService) -> None:
        with frozen() as url:
            dsn = f"{url.replace('://', '://key@')}/1" if kind == "frozen" else "http://key@127.0.0.1:9/1"
            variables = {"TASKFLEET_SENTRY_DSN": dsn, "TASKFLEET_SENTRY_TRACES_SAMPLE_RATE": "1"}
            with run_service(**variables) as service:
                begin = time.monotonic()
                # More than its queue holds.
                for _ in range(150):
                    assert service.client.get("/lost").status_code == 500
                seconds = time.monotonic() - begin
                begin = time.monotonic()
                service.end()
                seconds_to_end = time.monotonic() - begin

        # One that waits for the receiver takes 30 s for each report, the SDK's own time limit.
        assert seconds < 15
        assert seconds_to_end < 8
