"""What every line says that is logged within a request."""

from tests.integration.monitoring.conftest import RunService

TITLE = "Buy-a-ring-for-Zoe"
EMAIL = "zoe.secret@example.org"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
NAMES = {"X-Request-ID": "one", "traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}


class TestALineOfARequest:
    def test_names_request_trace_and_user(self, run_service: RunService) -> None:
        with run_service() as service:
            me = service.sign_in(EMAIL)
            user_id = service.client.get("/api/v1/me", headers=me).json()["id"]
            service.client.get(f"/greeted/{TITLE}", params={"q": TITLE}, headers=me | NAMES).raise_for_status()
            service.end()
            (greeted,) = service.events("greeted")
            (request,) = [line for line in service.events("request") if line["request_id"] == "one"]

        for line in (greeted, request):
            assert (line["request_id"], line["trace_id"], line["user_id"]) == ("one", TRACE_ID, user_id)

    def test_names_no_user_where_nobody_is_known(self, run_service: RunService) -> None:
        with run_service() as service:
            service.client.get(f"/logged/{TITLE}", headers={"X-Email": "-"} | NAMES)
            service.end()
            (line,) = service.events("keeping_failed")

        assert "user_id" not in line
        assert line["request_id"] == "one"

    def test_of_a_fault_names_them_too(self, run_service: RunService) -> None:
        with run_service() as service:
            service.client.get("/lost", headers=NAMES)
            service.end()
            (line,) = service.events("request_failed")

        assert (line["request_id"], line["trace_id"]) == ("one", TRACE_ID)

    def test_holds_no_token_no_address_and_no_text(self, run_service: RunService) -> None:
        with run_service() as service:
            me = service.sign_in(EMAIL)
            task = {"title": TITLE, "notes": f"ask {EMAIL}"}
            service.client.post("/api/v1/tasks", json=task, headers=me).raise_for_status()
            service.client.get("/api/v1/tasks", params={"q": TITLE}, headers=me).raise_for_status()
            service.client.get(f"/greeted/{TITLE}", headers=me).raise_for_status()
            service.end()
            log = service.log

        assert log.count('"event":"request"') >= 4
        for secret in (TITLE, EMAIL, me["Authorization"].removeprefix("Bearer ")):
            assert secret not in log

    def test_holds_none_of_them_when_a_fault_quotes_them(self, run_service: RunService) -> None:
        token = "tf_0Zx8cVb4nM2lKjHgFdSa"
        with run_service() as service:
            headers = {"Authorization": f"Bearer {token}", "X-Email": EMAIL}
            service.client.get(f"/fault/{TITLE}", params={"q": TITLE}, headers=headers)
            service.end()
            (line,) = service.events("request_failed")
            told = "\n".join(one for one in service.log.splitlines() if '"app.watched"' not in one)

        assert line["exception"][0]["exc_type"] == "ValueError"
        assert line["exception"][0]["frames"][-1]["name"] == "fail"
        assert TITLE in service.log  # what the route itself logs: the control
        assert [secret for secret in (TITLE, EMAIL, token) if secret in told] == []
