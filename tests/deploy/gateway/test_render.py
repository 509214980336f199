"""`nginx/render`: every shape passes Nginx's own check, and what is wrong is refused in one line."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.api.web_app import content_security_policy
from app.embedded.certificate import CertificateFiles
from app.embedded.nginx import TEMPLATES
from tests.architecture.documents import read_document, table_rows
from tests.deploy.gateway.stage import render
from tests.deploy.programs import require_program

SYSTEM_ADDRESSES = "/proc/net/if_inet6"
ONE = {"UPSTREAMS": "127.0.0.1:8000", "SERVER_NAME": "tasks.example.com"}


@pytest.fixture
def nginx() -> str:
    return require_program("nginx", "nginx-light")


def complete(tmp_path: Path, **settings: str) -> dict[str, str]:
    """Return settings that the check of Nginx needs beside those of a test."""
    run = tmp_path / "run"
    run.mkdir(exist_ok=True)
    user = {"USER": "root"} if os.geteuid() == 0 else {}  # Nginx remarks upon one that it cannot become
    return {"RUN_DIRECTORY": str(run), "LOG_DIRECTORY": str(run)} | user | settings


def check(nginx: str, tmp_path: Path, **settings: str) -> str:
    """Render, have Nginx check it, and return everything that was written."""
    result = render(tmp_path / "out", **complete(tmp_path, **settings))
    assert (result.returncode, result.stderr) == (0, "")
    command = [nginx, "-t", "-e", "stderr", "-c", tmp_path / "out" / "nginx.conf"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    return "".join(file.read_text(encoding="utf-8") for file in sorted((tmp_path / "out").iterdir()))


def fake_nginx(directory: Path, version: str, openssl: str = "3.0.19 27 Jan 2026") -> str:
    """Return a program that says to be this Nginx."""
    program = directory / "nginx-of-another-version"
    built = f"nginx version: nginx/{version}\nbuilt with OpenSSL {openssl}"
    program.write_text(f"#!/bin/sh\necho '{built}' >&2\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


class TestAShape:
    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"UPSTREAMS": "localhost:8000 localhost:8001 [::1]:8000 10.0.0.1:8000"},
            {"AUTH_UPSTREAMS": "127.0.0.1:1", "TASKS_UPSTREAMS": "127.0.0.1:2 127.0.0.1:3"},
            {"SERVER_NAME": "tasks.example.com *.example.org localhost 127.0.0.1"},
            {"TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.1 fc00::/7,::1 2600::/12"},
            {"ADDRESS": "127.0.0.1", "HTTP_PORT": "18080", "STATUS_PORT": "18081"},
            {"WORKER_PROCESSES": "2", "WORKER_CONNECTIONS": "512"},
            {"MAX_IMPORT_BYTES": "1000", "REQUEST_RATE": "5", "CONNECTION_LIMIT": "7"},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("shape", ["plain", "secure", "intermediate", "pages"])
    def test_passes_the_check_of_nginx(
        self,
        shape: str,
        settings: dict[str, str],
        nginx: str,
        tmp_path: Path,
        certificate: CertificateFiles,
        web_dist: Path,
    ) -> None:
        secure = {"TLS_CERTIFICATE": str(certificate.certificate), "TLS_KEY": str(certificate.key)}
        more = {
            "plain": {},
            "secure": secure,
            "intermediate": secure | {"TLS_PROFILE": "intermediate"},
            "pages": secure | {"WEB_ROOT": str(web_dist), "WEB_ASSET_ORIGIN": "https://assets.example.com"},
        }
        written = check(nginx, tmp_path, **(ONE | settings | more[shape]))
        assert "{{" not in written
        assert "#if" not in written

    def test_leaves_no_ticket_and_no_old_protocol(
        self, nginx: str, tmp_path: Path, certificate: CertificateFiles
    ) -> None:
        secure = {"TLS_CERTIFICATE": str(certificate.certificate), "TLS_KEY": str(certificate.key)}
        written = check(nginx, tmp_path, **ONE, **secure)
        assert "ssl_protocols TLSv1.3;" in written
        assert "ssl_session_tickets off;" in written
        older = check(nginx, tmp_path, **ONE, **secure, TLS_PROFILE="intermediate")
        assert "ssl_protocols TLSv1.2 TLSv1.3;" in older

    def test_has_the_asset_origin_in_the_policy(self, nginx: str, tmp_path: Path, web_dist: Path) -> None:
        origin = "https://assets.example.com"
        written = check(nginx, tmp_path, **ONE, WEB_ROOT=str(web_dist), WEB_ASSET_ORIGIN=origin)
        assert f'"{content_security_policy(origin)}"' in written


class TestAVersionOfNginx:
    def test_of_1_22_gets_http2_as_an_option(self, tmp_path: Path, certificate: CertificateFiles) -> None:
        secure = {"TLS_CERTIFICATE": str(certificate.certificate), "TLS_KEY": str(certificate.key)}
        render(tmp_path / "out", **ONE, **secure, NGINX=fake_nginx(tmp_path, "1.22.1"), ADDRESS="127.0.0.1")
        written = (tmp_path / "out" / "nginx.conf").read_text(encoding="utf-8")
        assert "listen 127.0.0.1:8443 ssl http2;" in written
        assert "http2 on;" not in written

    def test_of_1_25_gets_it_as_a_directive(self, tmp_path: Path, certificate: CertificateFiles) -> None:
        secure = {"TLS_CERTIFICATE": str(certificate.certificate), "TLS_KEY": str(certificate.key)}
        render(tmp_path / "out", **ONE, **secure, NGINX=fake_nginx(tmp_path, "1.25.1"), ADDRESS="127.0.0.1")
        written = (tmp_path / "out" / "nginx.conf").read_text(encoding="utf-8")
        assert "listen 127.0.0.1:8443 ssl;" in written
        assert "http2 on;" in written

    @pytest.mark.parametrize(
        ("openssl", "groups"),
        [
            ("3.0.22 25 Aug 2026 (running with OpenSSL 3.0.19 27 Jan 2026)", "X25519:prime256v1:secp384r1"),
            (
                "3.0.22 25 Aug 2026 (running with OpenSSL 3.5.1 1 Jul 2026)",
                "X25519MLKEM768:X25519:prime256v1:secp384r1",
            ),
            ("3.6.5 29 Sep 2026", "X25519MLKEM768:X25519:prime256v1:secp384r1"),
        ],
    )
    def test_gets_the_key_exchange_that_its_library_has(
        self, openssl: str, groups: str, tmp_path: Path, certificate: CertificateFiles
    ) -> None:
        secure = {"TLS_CERTIFICATE": str(certificate.certificate), "TLS_KEY": str(certificate.key)}
        render(tmp_path / "out", **ONE, **secure, NGINX=fake_nginx(tmp_path, "1.30.5", openssl))
        written = (tmp_path / "out" / "tls.conf").read_text(encoding="utf-8")
        assert f"ssl_ecdh_curve {groups};" in written

    @pytest.mark.parametrize(("version", "count"), [("1.29.6", 0), ("1.29.7", 6), ("1.30.5", 6)])
    def test_keeps_no_connection_for_what_nobody_may_repeat(self, version: str, count: int, tmp_path: Path) -> None:
        """From 1.29.7 on every group keeps some for a minute unless it is told not to."""
        render(tmp_path / "out", **ONE, NGINX=fake_nginx(tmp_path, version))
        written = (tmp_path / "out" / "upstreams.conf").read_text(encoding="utf-8")
        unkept = re.findall(r"upstream (?:by_hand|all)_\w+ \{[^}]*\n    keepalive 0;\n\}", written)
        assert len(unkept) == written.count("keepalive 0;") == count
        assert written.count("keepalive 64;") == 3

    def test_that_can_looks_names_up_again(self, tmp_path: Path) -> None:
        names = {"SERVER_NAME": "localhost", "UPSTREAMS": "api:8000 10.0.0.1:8000"}
        result = render(tmp_path / "out", **names, RESOLVER="10.0.0.10", NGINX=fake_nginx(tmp_path, "1.29.4"))
        assert result.returncode == 0, result.stderr
        written = (tmp_path / "out" / "upstreams.conf").read_text(encoding="utf-8")
        assert "resolver 10.0.0.10 valid=2s;" in written
        assert "server api:8000 max_fails=1 fail_timeout=1s resolve;" in written
        assert "server 10.0.0.1:8000 max_fails=1 fail_timeout=1s;" in written

    def test_with_brotli_sends_what_the_build_made(self, tmp_path: Path, web_dist: Path) -> None:
        modules = tmp_path / "modules"
        modules.mkdir()
        (modules / "ngx_http_brotli_static_module.so").touch()
        program = Path(fake_nginx(tmp_path, "1.22.1"))
        program.write_text(f"{program.read_text()}echo 'configure arguments: --modules-path={modules} --x' >&2\n")
        result = render(tmp_path / "out", **ONE, WEB_ROOT=str(web_dist), NGINX=str(program))
        assert result.returncode == 0, result.stderr
        assert f'load_module "{modules}/ngx_http' in (tmp_path / "out" / "nginx.conf").read_text()
        assert "brotli_static on;" in (tmp_path / "out" / "page-files.conf").read_text()


class TestASystem:
    """Its list of IPv6 addresses, which is this machine's own, is another file in a copy of the templates."""

    ADDRESSES = "00000000000000000000000000000001 01 80 10 80       lo\n"
    OLD, NEW = "0.0.0.0", "[::]"  # noqa: S104 - looked for in a text

    @pytest.mark.parametrize(
        ("addresses", "sockets"),
        [(ADDRESSES, [OLD, NEW]), ("", [OLD]), (None, [OLD])],
        ids=["with IPv6", "without an address", "without IPv6"],
    )
    def test_is_listened_to_on_what_it_has(
        self, addresses: str | None, sockets: list[str], tmp_path: Path, certificate: CertificateFiles
    ) -> None:
        secure = {"TLS_CERTIFICATE": str(certificate.certificate), "TLS_KEY": str(certificate.key)}
        templates, known = shutil.copytree(TEMPLATES, tmp_path / "nginx"), tmp_path / "if_inet6"
        text = (templates / "render").read_text(encoding="utf-8")
        assert text.count(SYSTEM_ADDRESSES) == 1
        (templates / "render").write_text(text.replace(SYSTEM_ADDRESSES, str(known)), encoding="utf-8")
        if addresses is not None:
            known.write_text(addresses, encoding="ascii")

        result = render(tmp_path / "out", templates, **ONE, **secure, NGINX=fake_nginx(tmp_path, "1.22.1"))

        assert (result.returncode, result.stderr) == (0, "")
        written = (tmp_path / "out" / "nginx.conf").read_text(encoding="utf-8")
        for port in ("8080", "8443 ssl http2", "8081", "8080 default_server", "8443 ssl http2 default_server"):
            assert list(dict.fromkeys(re.findall(rf"listen (\S+):{port};", written))) == sockets

    def test_without_a_size_for_its_list_is_listened_to_nonetheless(self, tmp_path: Path) -> None:
        """As the kernel has it: a file of 0 bytes in which something is to be read."""
        has_any = Path(SYSTEM_ADDRESSES).exists() and bool(Path(SYSTEM_ADDRESSES).read_text(encoding="ascii"))

        render(tmp_path / "out", **ONE, NGINX=fake_nginx(tmp_path, "1.22.1"))

        written = (tmp_path / "out" / "nginx.conf").read_text(encoding="utf-8")
        assert ("listen [::]:8080;" in written) is has_any


class TestABadSetting:
    @pytest.mark.parametrize(
        ("settings", "complaint"),
        [
            ({"UPSTREAMS": ""}, "GATEWAY_UPSTREAMS is missing"),
            ({"UPSTREAMS": "localhost"}, "GATEWAY_UPSTREAMS must be host:port"),
            ({"UPSTREAMS": "localhost:0"}, "the port of 'localhost:0' in GATEWAY_UPSTREAMS"),
            ({"UPSTREAMS": "localhost:99999"}, "must be a whole number from 1 to 65535"),
            ({"UPSTREAMS": "a;b:80"}, "and 'a;b:80' is not"),
            ({"TASKS_UPSTREAMS": "http://x:80"}, "GATEWAY_TASKS_UPSTREAMS must be host:port"),
            ({"SERVER_NAME": ""}, "GATEWAY_SERVER_NAME is missing"),
            ({"SERVER_NAME": "a;b"}, "GATEWAY_SERVER_NAME must be host names"),
            ({"SERVER_NAME": "~.*"}, "GATEWAY_SERVER_NAME must be host names"),
            ({"SERVER_NAME": "good\nevil.example;"}, "'evil.example;' is none"),
            ({"HTTP_PORT": "http"}, "GATEWAY_HTTP_PORT must be a whole number"),
            ({"TLS_KEY": "/key.pem"}, "GATEWAY_TLS_CERTIFICATE and GATEWAY_TLS_KEY go together"),
            ({"TLS_KEY": "/nowhere", "TLS_CERTIFICATE": "/nowhere"}, "/nowhere cannot be read"),
            ({"TLS_PROFILE": "old"}, "GATEWAY_TLS_PROFILE must be intermediate or modern"),
            ({"TRUSTED_PROXIES": "10.0.0.0/33"}, "GATEWAY_TRUSTED_PROXIES must be"),
            ({"TRUSTED_PROXIES": "256.0.0.1"}, "GATEWAY_TRUSTED_PROXIES must be"),
            ({"TRUSTED_PROXIES": "all"}, "'all' is none"),
            ({"TRUSTED_PROXIES": "10.0.0.0/8, 0.0.0.0/0"}, "'0.0.0.0/0' is so large"),
            ({"TRUSTED_PROXIES": "128.0.0.0/1"}, "'128.0.0.0/1' is so large"),
            ({"TRUSTED_PROXIES": "::/0"}, "'::/0' is so large"),
            ({"TLS_CHECK_SECONDS": "0"}, "GATEWAY_TLS_CHECK_SECONDS must be a whole number from 1"),
            ({"WEB_ROOT": "/nowhere"}, "has no index.html"),
            ({"WEB_ROOT": "web"}, "must be an absolute path"),
            ({"WEB_ASSET_ORIGIN": "https://x/y"}, "GATEWAY_WEB_ASSET_ORIGIN must be an origin"),
            ({"RESOLVER": "10.0.0.10"}, "GATEWAY_RESOLVER needs Nginx 1.27.3 or later"),
            ({"RUN_DIRECTORY": '/var/"; evil'}, "GATEWAY_RUN_DIRECTORY must be an absolute path"),
            ({"USER": "root; evil"}, "GATEWAY_USER must be the name of an account"),
            ({"REQUEST_RATE": "0"}, "GATEWAY_REQUEST_RATE must be a whole number from 1"),
            ({"ADDRESS": "localhost"}, "GATEWAY_ADDRESS must be an IP address"),
            ({"UPSTREAM": "x:1"}, "GATEWAY_UPSTREAM is no setting"),
            ({"NGINX": "/nowhere/nginx"}, "'/nowhere/nginx' does not run"),
        ],
        ids=str,
    )
    def test_is_refused_in_one_line(self, settings: dict[str, str], complaint: str, tmp_path: Path) -> None:
        known = {"NGINX": fake_nginx(tmp_path, "1.22.1")}
        result = render(tmp_path / "out", **(ONE | known | settings))
        assert result.returncode == 2
        assert complaint in result.stderr
        assert result.stderr.startswith("nginx/render: ")
        assert result.stderr.count("\n") == 1
        assert not (tmp_path / "out").exists()

    def test_is_not_what_kubernetes_says_of_a_service_named_gateway(self, tmp_path: Path) -> None:
        injected = {"PORT": "tcp://10.0.0.1:80", "SERVICE_HOST": "10.0.0.1", "PORT_80_TCP_ADDR": "10.0.0.1"}
        result = render(tmp_path / "out", **ONE, **injected, NGINX=fake_nginx(tmp_path, "1.22.1"))
        assert (result.returncode, result.stderr) == (0, "")

    def test_of_an_old_nginx(self, tmp_path: Path) -> None:
        result = render(tmp_path / "out", **ONE, NGINX=fake_nginx(tmp_path, "1.18.0"))
        assert result.stderr == "nginx/render: Nginx 1.18.0 is too old: 1.22 or later is needed\n"


class TestTheListOfSettings:
    def test_is_that_of_the_document(self) -> None:
        text = (TEMPLATES / "render").read_text(encoding="utf-8")
        known = {name for line in re.findall(r'^known=["\'](.*)["\']$', text, re.MULTILINE) for name in line.split()}
        rows = list(table_rows(read_document("docs/operations.md")))
        documented = [row[0].strip("`") for row in rows if row[0].startswith("`GATEWAY_")]
        assert sorted(documented) == sorted(known - {"$known"})
        assert len(documented) > 20

    def test_has_the_defaults_of_the_document(self) -> None:
        text = (TEMPLATES / "render").read_text(encoding="utf-8")
        defaults = {name: value for name, value in re.findall(r"\$\{(GATEWAY_[A-Z_]+):-([^}]*)\}", text) if value}
        rows = list(table_rows(read_document("docs/operations.md")))
        documented = {row[0].strip("`"): row[1].strip("`") for row in rows if row[0].startswith("`GATEWAY_")}
        assert {name: value for name, value in documented.items() if value not in {"(none)", "(needed)"}} == defaults
