"""Which requests go to which module, and which go nowhere."""

import re
import socket
import ssl

import httpx
import pytest

from app.api.paths import API_BRANCHES, API_ROOTS
from app.core.settings import MODULES, HttpSettings, JwtSettings, RuntimeSettings, Settings
from app.embedded.nginx import TEMPLATES
from app.embedded.server import LOOPBACK
from app.main import create_app
from tests.architecture.routes import routes_of
from tests.deploy.gateway.stage import HOST, Gateway
from tests.integration.api.problem_shape import assert_problem

# Served to orchestrators by each process, never through the gateway.
OPERATIONS = {"/livez", "/readyz", "/metrics"}
# Served by every process for all modules that it runs: in the split shape the tasks module shows its own.
OF_ALL_MODULES = {"/", "/docs", "/docs/oauth2-redirect", "/openapi.json"}
AN_ID = "0198c7a2-6f00-7000-8000-000000000000"


def paths_of(module: str) -> set[str]:
    """Return the paths that a process with this module alone serves, with an id in the place of each parameter."""
    settings = Settings(
        runtime=RuntimeSettings(profile="local", enabled_modules=frozenset({module})),
        jwt=JwtSettings(jwks_url="http://127.0.0.1/jwks"),
        http=HttpSettings(),
    )
    paths = {route.path for route in routes_of(create_app(settings))} - OPERATIONS - OF_ALL_MODULES
    return {re.sub(r"\{[a-z_]+\}", AN_ID, path) for path in paths}


ROUTES = {module: paths_of(module) for module in MODULES}


def patterns_of(module: str) -> list[str]:
    """Return the patterns that `modules.conf` gives a module."""
    text = (TEMPLATES / "modules.conf.template").read_text(encoding="utf-8")
    return re.findall(rf"^    ~(\S+) {module};$", text, re.MULTILINE)


class TestASplitOfTheService:
    @pytest.mark.parametrize(
        ("module", "path"), [(module, path) for module, paths in ROUTES.items() for path in sorted(paths)]
    )
    def test_leads_each_path_to_its_module(
        self, module: str, path: str, gateway: Gateway, client: httpx.Client
    ) -> None:
        with client.stream("GET", path):
            pass
        upstreams = (gateway.auth, gateway.tasks, gateway.notifications)
        assert [upstream.name for upstream in upstreams if upstream.arrivals] == [module]

    # A module that has no routes yet has those of docs/api.md already.
    @pytest.mark.parametrize("module", [module for module in ("auth", "notifications") if ROUTES[module]])
    def test_has_no_pattern_without_a_route(self, module: str) -> None:
        unused = [
            pattern for pattern in patterns_of(module) if not any(re.search(pattern, path) for path in ROUTES[module])
        ]
        assert unused == []

    def test_leaves_what_is_unknown_to_one_of_them(self, gateway: Gateway, client: httpx.Client) -> None:
        client.get("/api/v1/nope")
        assert len(gateway.tasks.arrivals) == 1


class TestWhatIsForOrchestrators:
    @pytest.mark.parametrize(
        "path",
        [
            *sorted(OPERATIONS),
            "/metrics/",
            "/livez/x",
            "//metrics",
            "/%6detrics",
            "/docs/../metrics",
            "/api/..%2fmetrics",
            "/metrics?x",
            "/./readyz",
        ],
    )
    def test_is_not_there_for_the_public(self, path: str, gateway: Gateway) -> None:
        with gateway.connect() as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b'"type":"/problems/not-found"' in answer
        assert not gateway.tasks.arrivals


class TestTheRootsOfTheApi:
    @pytest.mark.parametrize(
        "path", [f"/{root}/x" for root in (*API_ROOTS, *API_BRANCHES) if f"/{root}" not in OPERATIONS]
    )
    def test_go_to_the_service_even_for_browsers(self, path: str, gateway: Gateway, client: httpx.Client) -> None:
        client.get(path, headers={"Accept": "text/html"})
        assert len(gateway.tasks.arrivals) + len(gateway.auth.arrivals) == 1

    def test_leave_the_pages_beside_them_alone(self, gateway: Gateway, client: httpx.Client) -> None:
        for path in ("/calendar", "/calendar/", "/docs-of-mine", "/apis"):
            assert client.get(path, headers={"Accept": "text/html"}).headers["Content-Type"].startswith("text/html")
        assert not gateway.tasks.arrivals

    def test_pass_the_path_and_the_query_as_they_came(self, gateway: Gateway, client: httpx.Client) -> None:
        client.get("/api/v1/tasks?q=a%20b%2Fc&label=%C3%A4")
        assert gateway.tasks.arrivals[0].path == "/api/v1/tasks?q=a%20b%2Fc&label=%C3%A4"


class TestAnotherHost:
    def test_is_refused(self, gateway: Gateway, client: httpx.Client) -> None:
        answer = client.get("/api/v1/tasks", headers={"Host": "evil.example"})
        assert assert_problem(answer, 421)["type"] == "/problems/misdirected-request"
        assert not gateway.tasks.arrivals

    def test_is_refused_over_plain_http(self, gateway: Gateway) -> None:
        url = f"http://127.0.0.1:{gateway.nginx.http_port}/"
        assert_problem(httpx.get(url, headers={"Host": "evil.example"}), 421)


class TestPlainHttp:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_is_led_to_https_with_method_and_path(self, method: str, gateway: Gateway) -> None:
        url = f"http://{HOST}:{gateway.nginx.http_port}/api/v1/tasks?limit=2"
        answer = httpx.request(method, url)
        assert answer.status_code == 308
        assert answer.headers["Location"] == f"https://{HOST}:{gateway.nginx.port}/api/v1/tasks?limit=2"


class TestTheStatusPort:
    def test_tells_that_nginx_lives_and_how_busy_it_is(self, gateway: Gateway) -> None:
        url = f"http://127.0.0.1:{gateway.nginx.status_port}"
        assert httpx.get(f"{url}/healthz").text == "ok\n"
        assert httpx.get(f"{url}/status").text.startswith("Active connections: ")
        assert httpx.get(f"{url}/api/v1/tasks").status_code == 404


class TestHttp2:
    def test_is_spoken(self, gateway: Gateway) -> None:
        context = gateway.trust
        context.set_alpn_protocols(["h2", "http/1.1"])
        try:
            with gateway.connect() as connection:
                assert connection.selected_alpn_protocol() == "h2"
                assert connection.version() == "TLSv1.3"
        finally:
            context.set_alpn_protocols(["http/1.1"])

    def test_is_not_spoken_over_an_older_tls(self, gateway: Gateway) -> None:
        old = ssl.create_default_context()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        plain = socket.create_connection((LOOPBACK, gateway.nginx.port), timeout=10)
        with plain, pytest.raises(ssl.SSLError, match="protocol version"):
            old.wrap_socket(plain, server_hostname=HOST)
