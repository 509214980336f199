"""What is sent to an OTLP endpoint: the courses of requests, and nothing that anybody wrote."""

import time
from collections.abc import Sequence

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from app import __version__
from app.core.tracing import ATTRIBUTES
from tests.integration.monitoring.conftest import RunService
from tests.integration.monitoring.receiver import Receiver, attributes_of, frozen, receiving
from tests.integration.monitoring.watched_service import WITHOUT_CLEANING

TITLE = "Buy-a-ring-for-Zoe"
EMAIL = "zoe.secret@example.org"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CALLER_SPAN_ID = "b7ad6b7169203331"
SAMPLED = f"00-{TRACE_ID}-{CALLER_SPAN_ID}-01"
UNSAMPLED = f"00-{TRACE_ID}-{CALLER_SPAN_ID}-00"


def of_all(receiver: Receiver) -> dict[str, str]:
    """Settings with which every request is traced."""
    return {"TASKFLEET_OTLP_ENDPOINT": receiver.url, "TASKFLEET_TRACE_SAMPLE_RATIO": "1"}


def servers(spans: Sequence[Span]) -> list[Span]:
    """Those of whole requests."""
    return [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]


class TestATracedRequest:
    def test_is_one_span_with_its_commands_below_it(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(**of_all(receiver)) as service:
            me = service.sign_in(EMAIL)
            service.client.post("/api/v1/tasks", json={"title": TITLE}, headers=me).raise_for_status()
            service.end()
            spans = receiver.spans()

        (change,) = [span for span in servers(spans) if span.name == "POST /api/v1/tasks"]
        assert attributes_of(change) == {
            "http.request.method": "POST",
            "http.route": "/api/v1/tasks",
            "http.response.status_code": 201,
            "url.scheme": "http",
            "network.protocol.version": "1.1",
        }
        commands = [span for span in spans if span.parent_span_id == change.span_id]
        assert {"insert tasks", "commitTransaction"} <= {span.name for span in commands}
        assert all(span.trace_id == change.trace_id for span in commands)
        assert all(
            change.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano for span in commands
        )
        (insert,) = [span for span in commands if span.name == "insert tasks"]
        assert attributes_of(insert) == {
            "db.system.name": "mongodb",
            "db.operation.name": "insert",
            "db.collection.name": "tasks",
        }

    def test_tells_who_sends_it(self, run_service: RunService) -> None:
        with (
            receiving() as receiver,
            run_service(
                **of_all(receiver),
                TASKFLEET_ENVIRONMENT="staging",
                TASKFLEET_REVISION="0a1b2c",
                TASKFLEET_OTLP_HEADERS="api-key=of-a-vendor, dd-protocol=otlp",
                OTEL_RESOURCE_ATTRIBUTES="service.instance.id=one",
            ) as service,
        ):
            service.sign_in()
            service.end()

            resource, headers = receiver.resource(), receiver.headers[0]

        assert resource["service.name"] == resource["service.namespace"] == "taskfleet"
        assert resource["service.version"] == __version__
        assert resource["deployment.environment.name"] == "staging"
        assert resource["vcs.ref.head.revision"] == "0a1b2c"
        assert resource["service.instance.id"] == "one"
        assert (headers["api-key"], headers["dd-protocol"]) == ("of-a-vendor", "otlp")

    def test_bears_the_headers_of_opentelemetrys_own_variable(self, run_service: RunService) -> None:
        with (
            receiving() as receiver,
            run_service(**of_all(receiver), OTEL_EXPORTER_OTLP_HEADERS="api-key=of-a-vendor") as service,
        ):
            service.client.get("/lost")
            service.end()

            assert receiver.headers[0]["api-key"] == "of-a-vendor"

    def test_holds_nothing_that_a_caller_wrote(self, run_service: RunService) -> None:
        token = "tf_0Zx8cVb4nM2lKjHgFdSa"
        with receiving() as receiver, run_service(**of_all(receiver)) as service:
            me = service.sign_in(EMAIL)
            service.client.get("/api/v1/tasks", params={"q": TITLE}, headers=me).raise_for_status()
            service.client.get(f"/{TITLE}/nowhere", headers={"Authorization": f"Bearer {token}", "Host": EMAIL})
            service.client.get(f"/calendar/{token}.ics")
            service.client.get(f"/fault/{TITLE}", headers={"Authorization": token, "X-Email": EMAIL})
            of_a_caller = {"traceparent": SAMPLED, "tracestate": f"of={TITLE}", "baggage": f"title={TITLE}"}
            service.client.get("/lost", headers=of_a_caller)
            service.end()
            spans, sent = receiver.spans(), b"".join(receiver.bodies).decode("utf-8", "replace")

        assert len(servers(spans)) == 6
        assert {name for span in spans for name in attributes_of(span)} <= ATTRIBUTES
        access_token = me["Authorization"].removeprefix("Bearer ")
        for secret in (TITLE, EMAIL, token, access_token):
            assert secret not in sent

    def test_would_hold_it_if_it_were_not_cleaned(self, run_service: RunService) -> None:
        """The control: the framework puts path and query into its spans."""
        token = "tf_0Zx8cVb4nM2lKjHgFdSa"
        with receiving() as receiver, run_service(**of_all(receiver), **{WITHOUT_CLEANING: "yes"}) as service:
            service.client.get(f"/{TITLE}/nowhere", params={"q": token})
            service.end()
            sent = b"".join(receiver.bodies).decode("utf-8", "replace")

        assert TITLE in sent
        assert token in sent

    def test_that_failed_is_marked(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(**of_all(receiver)) as service:
            service.client.get("/lost")
            service.end()
            (span,) = receiver.spans()

        assert span.status.code == Status.STATUS_CODE_ERROR
        assert attributes_of(span)["error.type"] == "ConnectionRefusedError"
        assert span.status.message == ""
        assert len(span.events) == 0

    def test_that_the_cache_answered_has_its_route_too(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(**of_all(receiver)) as service:
            me = service.sign_in()
            answers = [service.client.get("/api/v1/tasks", headers=me) for _ in range(3)]
            service.end()
            spans = receiver.spans()

        assert {answer.status_code for answer in answers} == {200}
        lists = [span for span in servers(spans) if span.name == "GET /api/v1/tasks"]
        assert [attributes_of(span)["http.response.status_code"] for span in lists] == [200] * 3
        assert {span.status.code for span in lists} == {Status.STATUS_CODE_UNSET}
        cached = [span for span in lists if not any(other.parent_span_id == span.span_id for other in spans)]
        assert cached, "no answer came from the cache"


class TestTheTraceOfACaller:
    def test_goes_on(self, run_service: RunService) -> None:
        with (
            receiving() as receiver,
            run_service(TASKFLEET_OTLP_ENDPOINT=receiver.url, TASKFLEET_TRACE_SAMPLE_RATIO="0") as service,
        ):
            answer = service.client.get("/lost", headers={"traceparent": SAMPLED})
            service.end()
            (span,) = receiver.spans()
            (entry,) = service.events("request_failed")

        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE_ID, CALLER_SPAN_ID)
        assert answer.headers["traceparent"] == SAMPLED
        assert entry["trace_id"] == TRACE_ID

    def test_is_left_alone_when_the_caller_does_not_keep_it(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(**of_all(receiver)) as service:
            service.client.get("/lost", headers={"traceparent": UNSAMPLED})
            service.end()

            assert receiver.bodies == []


class TestATraceThatBeginsHere:
    def test_is_in_the_answer_and_in_every_line_of_the_log(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(**of_all(receiver)) as service:
            answer = service.client.get(f"/logged/{TITLE}", headers={"X-Email": EMAIL})
            service.end()
            (span,) = receiver.spans()
            lines = [*service.events("keeping_failed"), *service.events("request")]

        trace_id = span.trace_id.hex()
        _, *ids, flags = answer.headers["traceparent"].split("-")
        assert ids == [trace_id, span.span_id.hex()]
        assert int(flags, 16) & 1
        assert [line["trace_id"] for line in lines if line.get("route") != "/livez"] == [trace_id] * 2

    def test_is_begun_for_the_configured_share(self, run_service: RunService) -> None:
        with (
            receiving() as receiver,
            run_service(TASKFLEET_OTLP_ENDPOINT=receiver.url, TASKFLEET_TRACE_SAMPLE_RATIO="0") as service,
        ):
            answer = service.client.get("/lost")
            service.end()

            assert receiver.bodies == []
            assert "traceparent" not in answer.headers

    def test_is_not_begun_for_probes(self, run_service: RunService) -> None:
        with receiving() as receiver, run_service(**of_all(receiver)) as service:
            for path in ("/livez", "/readyz", "/metrics"):
                service.client.get(path).raise_for_status()
            service.end()

            assert receiver.bodies == []


class TestAnEndpointThatIsNotThere:
    @pytest.mark.parametrize("kind", ["away", "frozen"])
    def test_keeps_nobody_waiting(self, kind: str, run_service: RunService) -> None:
        with frozen() as url:
            endpoint = url if kind == "frozen" else "http://127.0.0.1:9"
            with run_service(TASKFLEET_OTLP_ENDPOINT=endpoint, TASKFLEET_TRACE_SAMPLE_RATIO="1") as service:
                begin = time.monotonic()
                # More than fill the queue of 2,048 spans, so that some are dropped.
                for _ in range(2_500):
                    service.client.get("/nothing/here")
                seconds = time.monotonic() - begin
                begin = time.monotonic()
                service.end()
                seconds_to_end = time.monotonic() - begin

        # One that waited for the endpoint would take its time limit of 5 s for each batch of 512.
        assert seconds < 25
        assert seconds_to_end < 8
