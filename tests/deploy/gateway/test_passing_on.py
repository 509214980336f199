"""What the service learns of a request, what the client learns of the answer, and what the log keeps."""

import json
import re

import httpx
import pytest

from app.embedded.nginx import TEMPLATES
from tests.deploy.gateway.stage import HOST, TRUSTED_PROXY, Gateway

SECRET = "c2VjcmV0LW9mLWEtZmVlZA"


class TestTheAddressOfAClient:
    @pytest.mark.parametrize("forged", ["203.0.113.9", "203.0.113.9, 10.0.0.1", "127.0.0.1", "nonsense"])
    def test_is_not_what_a_stranger_says(self, forged: str, gateway: Gateway, client: httpx.Client) -> None:
        client.get("/api/v1/tasks", headers={"X-Forwarded-For": forged, "X-Real-IP": forged, "Forwarded": forged})
        headers = gateway.tasks.arrivals[0].headers
        assert headers["X-Forwarded-For"] == "127.0.0.1"
        assert forged == "127.0.0.1" or forged not in headers.values()

    def test_is_what_a_trusted_proxy_says(self, gateway: Gateway) -> None:
        with gateway.proxy_client() as proxy:
            proxy.get("/api/v1/tasks", headers={"X-Forwarded-For": "203.0.113.9"})
        assert gateway.tasks.arrivals[0].headers["X-Forwarded-For"] == "203.0.113.9"

    def test_is_the_last_one_that_is_no_trusted_proxy(self, gateway: Gateway) -> None:
        with gateway.proxy_client() as proxy:
            forged = f"198.51.100.1, 203.0.113.9, {TRUSTED_PROXY}"
            proxy.get("/api/v1/tasks", headers={"X-Forwarded-For": forged})
        assert gateway.tasks.arrivals[0].headers["X-Forwarded-For"] == "203.0.113.9"


class TestAHeaderThatIsNotForTheService:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            # Some servers take these for the same names with hyphens.
            ("X_Forwarded_For", "203.0.113.9"),
            ("X_Forwarded_Proto", "http"),
            ("X_Request_ID", "forged"),
            ("Upgrade", "h2c"),
            ("Connection", "Upgrade, X-Request-ID"),
            ("TE", "trailers"),
            ("Keep-Alive", "timeout=600"),
        ],
    )
    def test_does_not_get_there(self, name: str, value: str, gateway: Gateway, client: httpx.Client) -> None:
        assert client.get("/api/v1/tasks", headers={name: value}).status_code == 200
        (arrival,) = gateway.tasks.arrivals
        assert value not in arrival.headers.values()
        assert re.fullmatch("[0-9a-f]{32}", arrival.headers["X-Request-ID"])

    def test_is_the_host_that_a_stranger_claims_to_have_asked(self, gateway: Gateway, client: httpx.Client) -> None:
        headers = [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Host", "evil.example")]
        client.get("/api/v1/tasks", headers=headers)
        assert gateway.tasks.arrivals[0].headers["X-Forwarded-Host"] == HOST


class TestTheSchemeOfARequest:
    def test_is_the_one_of_the_connection(self, gateway: Gateway, client: httpx.Client) -> None:
        client.get("/api/v1/tasks", headers={"X-Forwarded-Proto": "http"})
        assert gateway.tasks.arrivals[0].headers["X-Forwarded-Proto"] == "https"


class TestTheNameOfARequest:
    def test_is_the_clients_where_it_is_safe(self, gateway: Gateway, client: httpx.Client) -> None:
        client.get("/api/v1/tasks", headers={"X-Request-ID": "a-name.1:2/3+4=_"})
        assert gateway.tasks.arrivals[0].headers["X-Request-ID"] == "a-name.1:2/3+4=_"
        assert gateway.log_of("a-name.1:2/3+4=_")["status"] == 200

    @pytest.mark.parametrize("unsafe", ["", "with space", 'quote"', "x" * 129])
    def test_is_made_where_it_is_not(self, unsafe: str, gateway: Gateway, client: httpx.Client) -> None:
        client.get("/api/v1/tasks", headers={"X-Request-ID": unsafe})
        assert re.fullmatch("[0-9a-f]{32}", gateway.tasks.arrivals[0].headers["X-Request-ID"])

    def test_goes_along_with_the_trace(self, gateway: Gateway, client: httpx.Client) -> None:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X-Request-ID": "traced"}
        client.get("/api/v1/tasks", headers=headers)
        assert gateway.tasks.arrivals[0].headers["traceparent"] == headers["traceparent"]
        assert gateway.log_of("traced")["trace_id"] == trace

    def test_is_one_that_the_service_would_take_as_well(self) -> None:
        ours = re.search(r'"~\^(\S+)\$" \$http_x_request_id;', (TEMPLATES / "log.conf.template").read_text())
        theirs = re.search(
            r'_SAFE_REQUEST_ID = re.compile\(rb"(\S+)"\)', (TEMPLATES.parent / "app/api/exchange.py").read_text()
        )
        assert ours is not None
        assert theirs is not None
        assert ours[1] == theirs[1]


class TestTheAccessLog:
    def test_tells_how_a_request_went(self, gateway: Gateway, client: httpx.Client) -> None:
        client.post("/api/v1/tasks", headers={"X-Request-ID": "logged", "User-Agent": 'an "agent"'}, content=b"{}")
        line = gateway.log_of("logged")
        assert line["method"] == "POST"
        assert line["path"] == "/api/v1/tasks"
        assert line["status"] == 200
        assert line["service"] == "tasks"
        assert line["upstream"] == gateway.tasks.address
        assert line["upstream_status"] == "200"
        assert float(line["upstream_seconds"]) <= line["seconds"] + 0.001
        assert line["client"] == "127.0.0.1"
        assert line["user_agent"] == 'an "agent"'

    def test_holds_no_secret(self, gateway: Gateway, client: httpx.Client) -> None:
        secret = {
            "Authorization": f"Bearer {SECRET}",
            "Cookie": f"access={SECRET}",
            "Referer": f"https://x/?{SECRET}",
        }
        paths = [
            f"/calendar/{SECRET}.ics",
            f"/c%61lendar/{SECRET}.ics",
            f"/calendar/{SECRET}/die",
            f"/api/v1/auth/google/callback?code={SECRET}",
            f"/api/v1/auth/google/die?code={SECRET}",
            f"/api/v1/tasks?q={SECRET}",
            f"/?{SECRET}",
        ]
        for number, path in enumerate(paths):
            client.get(path, headers=secret | {"X-Request-ID": f"secret-{number}"})
            assert gateway.log_of(f"secret-{number}")
        for log in (
            gateway.nginx.access_log,
            gateway.nginx.access_log.with_name("error.log"),
            gateway.nginx.log_file,
        ):
            assert SECRET not in log.read_text(encoding="utf-8")

    def test_is_json_whatever_a_client_sends(self, gateway: Gateway, client: httpx.Client) -> None:
        client.get("/api/v1/tasks", headers={"User-Agent": b'\xff"\\\x01', "X-Request-ID": "odd"})
        assert gateway.log_of("odd")
        for line in gateway.nginx.access_log.read_text(encoding="utf-8").splitlines():
            json.loads(line)


class TestAnAnswerOfTheService:
    def test_is_compressed_for_who_takes_that(self, client: httpx.Client) -> None:
        answer = client.get("/api/v1/tasks/long", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert len(answer.json()["items"]) == 500

    def test_is_not_for_others(self, client: httpx.Client) -> None:
        assert "Content-Encoding" not in client.get("/api/v1/tasks/long").headers

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/api/v1/tasks/0198c7a2-6f00-7000-8000-000000000000"),
            ("GET", "/api/v1/me"),
            ("POST", "/api/v1/tasks/long"),
            ("PATCH", "/api/v1/tasks/long"),
        ],
    )
    def test_keeps_the_strong_etag_of_a_single_resource(self, method: str, path: str, client: httpx.Client) -> None:
        answer = client.request(method, path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["ETag"] == '"7"'

    def test_says_that_https_is_to_be_used_from_now_on(self, client: httpx.Client) -> None:
        for method, path in (("GET", "/api/v1/tasks"), ("POST", "/api/v1/tasks"), ("GET", "/api/v1/tasks/problem")):
            assert client.request(method, path).headers.get_list("Strict-Transport-Security") == ["max-age=63072000"]
